"""The checks of the theorem's assumptions, one group a file."""
