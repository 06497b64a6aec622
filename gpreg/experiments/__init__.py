"""The front door: what a Python user and the command line both call. ``gpreg.experiment`` and ``gpreg.open_run``."""
