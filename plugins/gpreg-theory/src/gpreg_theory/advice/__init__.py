"""What theory says of an experiment: before its first step, while it trains, and when it is asked."""
