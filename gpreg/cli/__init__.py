"""The ``gpreg`` command, one file for each subcommand, which is imported when it runs. Nothing here imports torch."""
