"""The ``gpreg`` command. Nothing here imports torch; one file a command, each imported when it runs."""
