"""The errors of gpreg: each has a message, a remedy, and the exit code with which it ends a command."""

import math
from collections.abc import Iterable, Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """What a ``gpreg`` command returns to the shell."""

    OK = 0
    FAILED = 1
    """The run failed or diverged, or its data could not be read."""
    USAGE = 2
    """What was asked for does not exist or is out of bounds."""
    PLUGIN = 3
    """A plugin is at fault."""
    ASSUMPTION = 4
    """An assumption of the theorem is violated, and ``--strict`` was given."""
    INTERRUPTED = 130
    """Stopped by the user; state was saved first."""


class GpregError(Exception):
    """Root of everything that gpreg raises on purpose.

    Args:
        message: what was wrong, and what would have been right.
        remedy: what to type or change; printed on a line of its own.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class UsageError(GpregError):
    """The request itself is at fault: a name or key is unknown, or a value is impossible."""

    exit_code = ExitCode.USAGE


class AssumptionViolated(GpregError):  # noqa: N818 -- a finding, not a mistake
    """An assumption of the theorem is violated, or another advisor refuses, and ``--strict`` was given."""

    exit_code = ExitCode.ASSUMPTION


class OptionError(UsageError):
    """An option is unknown, of the wrong type or out of its bounds.

    Attributes:
        problems: what is wrong with each option, by its name; empty if the error is not about single options.
    """

    def __init__(self, message: str, *, remedy: str | None = None, problems: Mapping[str, str] | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.problems = dict(problems or {})


class UnknownNameError(UsageError):
    """No plugin supplies this name.

    Attributes:
        kind: the kind that was searched, e.g. ``"measure"``.
        name: the name that was asked for.
        known: every known name of this kind.
        listing: the command that lists them.
        suspects: plugins that are not loaded and might have supplied the name.
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, listing: str, suspects: Iterable[str] = ()
    ) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        self.listing, self.suspects = listing, tuple(suspects)
        message = f"there is no {kind} named {name!r}{did_you_mean(name, self.known)}"
        remedy = f"`{listing}` lists what is installed"
        if self.suspects:
            message += f"; a plugin that is not loaded might supply it: {', '.join(self.suspects)}"
            remedy = f"`gpreg plugins` says why it is not loaded; {remedy}"
        super().__init__(message, remedy=remedy)


class PluginError(GpregError):
    """A plugin breaks the contract: it fails to import, returns the wrong thing, or claims a taken name."""

    exit_code = ExitCode.PLUGIN


class MeasureError(PluginError):
    """A penalty measure or form returned something that the penalty cannot use (shape, NaN, sign)."""


class BatchCouplingError(UsageError):
    """The critic mixes the samples of a batch, so that per-sample gradients do not exist."""


class DataError(GpregError):
    """A dataset is missing or damaged, or lacks what was asked for, such as labels."""


class NotDownloaded(DataError):  # noqa: N818 -- nothing went wrong yet
    """A dataset that can be downloaded has not been downloaded yet."""


class StorageError(GpregError):
    """The disk is full, or the folder cannot be written."""


class CheckpointError(GpregError):
    """A checkpoint cannot be read, or does not fit the run's recipe."""


class DistributedError(GpregError):
    """The processes of a run have lost their connection."""


class DivergenceError(GpregError):
    """A loss, a gradient or a weight is NaN or infinite.

    Attributes:
        tensor: name of the loss, gradient or weight.
        step: the generator step, counted from 1, in which this happened.
    """

    def __init__(self, tensor: str, value: float, step: int, *, when: str) -> None:
        self.tensor, self.step = tensor, step
        what = "NaN" if math.isnan(value) else "infinite"
        super().__init__(
            f"training diverged: {tensor} became {what} in {when} {step}",
            remedy="the last good checkpoint is kept; try a smaller learning rate, a larger --rho or another --measure",
        )


class InterruptedRun(GpregError):  # noqa: N818 -- the user's wish, not a mistake
    """The run was asked to stop, and has saved its state."""

    exit_code = ExitCode.INTERRUPTED


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'mid'?"`` for the nearest known name, or an empty string when none is near."""
    from difflib import get_close_matches  # needed only when something is wrong

    spelled = {word.lower(): word for word in reversed(tuple(known))}  # of names that differ in case only, the first
    matches = get_close_matches(name.lower(), reversed(spelled), n=1, cutoff=0.5)
    return f"; did you mean {spelled[matches[0]]!r}?" if matches else ""
