"""Reports: one self-contained page about runs or a sweep. ``gpreg.report`` writes it."""
