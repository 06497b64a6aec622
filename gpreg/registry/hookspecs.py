"""Every extension point of gpreg, on one screen.

A package declares ``[project.entry-points.gpreg]  NAME = "package.plugin"``; that module implements any of the hooks
below, each marked with ``@gpreg.hookimpl``. All take no arguments and return an iterable of specs. They are called
once, when plugins are discovered, and must neither import torch nor do any work: name the class to build as
``"module:attribute"``.
"""

from collections.abc import Iterable

import pluggy

from gpreg.registry.specs import (
    ArchitectureSpec,
    CheckSpec,
    CommandSpec,
    DatasetSpec,
    ExecutorSpec,
    FormSpec,
    LossSpec,
    MeasureSpec,
    MetricSpec,
    ObserverSpec,
    RecipeSpec,
)

hookspec = pluggy.HookspecMarker("gpreg")
hookimpl = pluggy.HookimplMarker("gpreg")


@hookspec
def gpreg_measures() -> Iterable[MeasureSpec]:
    """Penalty measures; each factory builds a :class:`gpreg.interfaces.PenaltyMeasure`."""


@hookspec
def gpreg_forms() -> Iterable[FormSpec]:
    """Gradient forms; each factory builds a :class:`gpreg.interfaces.GradientForm`."""


@hookspec
def gpreg_losses() -> Iterable[LossSpec]:
    """Losses of the two players; each factory builds a :class:`gpreg.interfaces.GANLoss`."""


@hookspec
def gpreg_architectures() -> Iterable[ArchitectureSpec]:
    """Generators with their critics; each factory builds a :class:`gpreg.interfaces.Architecture`."""


@hookspec
def gpreg_datasets() -> Iterable[DatasetSpec]:
    """Data distributions; each factory builds a :class:`gpreg.interfaces.DatasetSource`."""


@hookspec
def gpreg_metrics() -> Iterable[MetricSpec]:
    """Scores of samples; each factory builds a :class:`gpreg.interfaces.Metric`."""


@hookspec
def gpreg_observers() -> Iterable[ObserverSpec]:
    """Watchers of a run; each factory builds a :class:`gpreg.interfaces.Observer`."""


@hookspec
def gpreg_executors() -> Iterable[ExecutorSpec]:
    """Places to carry out a sweep; each factory builds a :class:`concurrent.futures.Executor`."""


@hookspec
def gpreg_recipes() -> Iterable[RecipeSpec]:
    """Experiments; each factory returns the TOML text of one."""


@hookspec
def gpreg_commands() -> Iterable[CommandSpec]:
    """Further subcommands of ``gpreg``; each factory is, or returns, a :class:`click.Command`."""


@hookspec
def gpreg_checks() -> Iterable[CheckSpec]:
    """Further checks of assumptions; each factory takes a check's context and returns findings."""
