"""Statistics of scores over seeds: intervals, paired differences, and what a number of seeds can decide."""
