"""The user's critic: how it is called and wrapped, read as a function of points, and examined."""
