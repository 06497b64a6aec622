"""A run opened by its folder, with the plugins and objects that it was trained with."""

import os
from typing import Any

from gpreg.experiments.arguments import checkpoint, optional_path
from gpreg.experiments.arguments import path as place
from gpreg.experiments.run import Run
from gpreg.experiments.things import Files, given_again, with_files
from gpreg.registry.registry import Registry, load_registry
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.runs.plan import Supply


def open_run(
    path: str | os.PathLike[str],
    *,
    step: int | str | None = None,
    data_root: str | os.PathLike[str] | None = None,
    download: bool = False,
    registry: Registry | None = None,
    plugins: Files = (),
    changed_plugins: bool = False,
    **things: Any,
) -> Run:
    """Open a run by its folder.

    >>> import gpreg
    >>> gpreg.experiment("plane", steps=3, metrics=[]).train("runs/mine", progress=False)
    Run('runs/mine', step 3 of 3)
    >>> gpreg.open_run("runs/mine").sample(5).shape
    torch.Size([5, 2])

    Args:
        path: the run's folder.
        step: the step of the checkpoint that is looked at; ``"best"``: by score; ``None``: the newest.
        data_root: where data is kept; ``None``: ``$GPREG_DATA``, else the user's cache folder.
        download: whether data that is not there may be fetched.
        registry: has what the run's recipe names; ``None``: all plugins that are installed.
        plugins: the Python files that the run was trained with.
        changed_plugins: whether these files may have changed since.
        things: objects that the experiment was given, by the same keywords: ``architecture=(generator, critic)``.

    Raises:
        UsageError: there is no run, or a file that it was trained with is not given. A thing that it was trained with
            is missed only where it is used: a run can be sampled without its data.
    """
    folder = RunFolder.open(place(path, "the path"))
    root = optional_path(data_root, "data_root")
    known = with_files(registry or load_registry(), plugins, any_version=changed_plugins)
    known = given_again(folder.read_document(ENVIRONMENT), known, things, run=folder.path)
    supply = Supply(registry=known, data_root=root, download=download)
    return Run(path=folder.path, supply=folder.supplied(supply), at=checkpoint(step))
