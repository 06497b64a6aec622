"""One of several runs that are trained jointly: its trainer, its random numbers, and what becomes of it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import torch

from gpreg.errors import GpregError
from gpreg.runs.folder import ENVIRONMENT, RunFolder
from gpreg.training.trainer import Trainer


class Member:
    """A run that may fail without the others.

    Args:
        path: of its folder.

    Attributes:
        outcome: its folder once it is complete, or its error; ``None`` while it is trained.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcome: RunFolder | GpregError | None = None
        self._held = ExitStack()
        self._trainer: Trainer | None = None
        self._random = torch.get_rng_state()

    @property
    def trainer(self) -> Trainer:
        """Its trainer, once it is entered."""
        assert self._trainer is not None
        return self._trainer

    @property
    def live(self) -> bool:
        """Whether there is something left to train."""
        return self.outcome is None

    def enter(self, opened: AbstractContextManager[Trainer | None]) -> None:
        """Open the run; one that is complete needs no more."""
        with self.guarded():
            self._trainer = self._held.enter_context(opened)
        if self.live and self._trainer is None:
            self.finish()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """A block with the run's own global random numbers; an error of it ends this run only."""
        outside = torch.get_rng_state()
        torch.set_rng_state(self._random)
        try:
            yield
        except GpregError as error:
            self.fail(error)
        finally:
            self._random = torch.get_rng_state()
            torch.set_rng_state(outside)

    def fail(self, error: GpregError) -> None:
        """Leave with an error; a folder whose run has not begun is as it was before."""
        self.outcome = error
        try:
            self.__exit__(type(error), error, error.__traceback__)
        except GpregError as worse:  # the folder cannot be restored
            self.outcome = worse

    def finish(self) -> None:
        """Leave, complete."""
        self.outcome = RunFolder(self.path)
        self._held.close()

    def begin(self, together: int) -> None:
        """Do what comes before its first step, and write into its folder with how many runs it is trained."""
        with self.guarded():
            trainer, folder = self.trainer, self.trainer.folder
            folder.document(ENVIRONMENT, {**folder.read_document(ENVIRONMENT), "together": together})
            self._held.callback(trainer.close)
            trainer.open()

    def __enter__(self) -> "Member":
        """Nothing is held yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go of the folder."""
        held = self._held.pop_all()
        held.__exit__(kind, error, traceback)
