"""The hook that registers the executors."""

from collections.abc import Iterable

import gpreg
from gpreg import ExecutorSpec


@gpreg.hookimpl
def gpreg_executors() -> Iterable[ExecutorSpec]:
    """The executors ``local``, ``dask`` and ``slurm``."""
    return [
        ExecutorSpec(
            name="local",
            factory="gpreg_executors.local:LocalExecutor",
            options="gpreg_executors.local:LocalOptions",
            summary="shares this machine's cores and GPUs out in slots",
        ),
        ExecutorSpec(
            name="dask",
            factory="gpreg_executors.daskcluster:DaskExecutor",
            options="gpreg_executors.daskcluster:DaskOptions",
            summary="asks the workers of a dask scheduler, or of a cluster of its own on this machine",
        ),
        ExecutorSpec(
            name="slurm",
            factory="gpreg_executors.slurm:SlurmExecutor",
            options="gpreg_executors.slurm:SlurmOptions",
            summary="submits job arrays to Slurm, and again what exceeds its time",
        ),
    ]
