"""The known defects, one file a family."""
