"""What the theory says about an experiment before its first step, while it trains, and when it is asked."""
