"""Where the runs of a gpreg sweep are carried out: this machine, dask, Slurm."""
