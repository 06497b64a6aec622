"""Checks that every observer must pass, by what it does in a run that never was."""

import copy
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from gpreg.interfaces import Observer
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks

RECIPE: Mapping[str, Any] = {
    "summary": "a run that never was",
    "measure": {"name": "pd"},
    "training": {"steps": 20, "batch_size": 16},
    "critic_optimizer": {"name": "Adam", "betas": (0.0, 0.9)},
}
"""What a run tells of its recipe."""


@dataclass(frozen=True)
class ObserverCase(Case):
    """A registered observer with its options.

    Args:
        name: name of the observer.
        options: its options.
        seen: what came of a run that it has watched.
    """

    kind = "observer"
    seen: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @contextmanager
    def watched(self) -> Iterator[Observer]:
        """An observer, built anew, that is told of the end."""
        observer: Observer = self.build()
        try:
            yield observer
        finally:
            observer.finish()

    def first(self) -> dict[str, Any]:
        """What it has changed in a run from the beginning to the end, which it watches once."""
        if not self.seen:
            with _folders() as (run, elsewhere):
                (run / "recipe.toml").write_text("rho = 1\n", encoding="utf-8")
                told, before = _Told(), dict(os.environ)
                with global_randomness(1), self.watched() as observer:
                    told.to(observer, run, 0)
                self.seen["elsewhere"] = sorted(path.name for path in elsewhere.iterdir())
                self.seen["environment"] = dict(os.environ) == before
                self.seen["file"] = (run / "recipe.toml").read_text(encoding="utf-8") == "rho = 1\n"
                self.seen["changed"] = told.changed()
        return self.seen


class _Told:
    """What a run tells its observers: numbers, some of them not finite, and pictures of one channel and of three."""

    def __init__(self) -> None:
        self.recipe = copy.deepcopy(dict(RECIPE))
        self.values = {"penalty": 0.5, "modes/modes": 8, "d_real": float("inf"), "wasserstein/w1": float("nan")}
        rng = torch.Generator().manual_seed(0)
        self.images = {name: torch.rand(9, n, 8, 8, generator=rng) for name, n in (("samples", 3), ("grey", 1))}
        self._given = repr(self.recipe), repr(self.values), {name: each.clone() for name, each in self.images.items()}

    def to(self, observer: Observer, folder: Path, step: int) -> None:
        """Tell an observer of a run that begins, or goes on, at a step."""
        observer.start(folder, self.recipe, step)
        observer.scalars(step + 5, {"penalty": 0.25})
        observer.scalars(step + 10, self.values)
        for name, images in self.images.items():
            observer.images(step + 10, name, images)

    def changed(self) -> list[str]:
        """What is not as it was given."""
        recipe, values, images = self._given
        same = {
            "the recipe": repr(self.recipe) == recipe,
            "the numbers": repr(self.values) == values,
            "the pictures": all(torch.equal(each, images[name]) for name, each in self.images.items()),
        }
        return [name for name, kept in same.items() if not kept]


@contextmanager
def _folders() -> Iterator[tuple[Path, Path]]:
    """The folder of a run, and another one, which is the current one inside the block."""
    with tempfile.TemporaryDirectory(prefix="gpreg-") as place:
        run, elsewhere = Path(place) / "run", Path(place) / "elsewhere"
        run.mkdir()
        elsewhere.mkdir()
        with chdir(elsewhere):
            yield run, elsewhere


def watches_a_run(case: ObserverCase) -> None:
    """It takes what a run tells: numbers that need not be finite, pictures of one channel or three; then the end.

    No global random state moves, so that a run that is watched is the run that it would be alone.
    """
    case.first()


def leaves_what_it_is_told(case: ObserverCase) -> None:
    """Recipe, numbers and pictures are not changed: other observers, and the run's own files, get the same ones."""
    changed = case.first()["changed"]
    expect(not changed, f"changes {' and '.join(changed)} that it is told")


def keeps_to_its_folder(case: ObserverCase) -> None:
    """It writes nothing into the current folder, and leaves the run's own files and the environment alone."""
    seen = case.first()
    expect(not seen["elsewhere"], f"writes {', '.join(seen['elsewhere'])} into the current folder")
    expect(seen["file"], "writes on a file of the run")
    expect(seen["environment"], "changes the environment of the process")


def goes_on_with_a_run(case: ObserverCase) -> None:
    """A run that is resumed is watched by an observer built anew, in the same folder, from an earlier step on."""
    with _folders() as (run, _):
        for step in (0, 5):
            with case.watched() as observer:
                _Told().to(observer, run, step)


def ends_whenever_a_run_does(case: ObserverCase) -> None:
    """A run may fail before its first number, and even before it starts: the observer is told of the end all the same.

    It then raises nothing, which would hide why the run failed.
    """
    with _folders() as (run, _):
        with case.watched() as observer:
            observer.start(run, dict(RECIPE), 0)
        with case.watched():
            pass


OBSERVER_CHECKS = (
    watches_a_run,
    leaves_what_it_is_told,
    keeps_to_its_folder,
    goes_on_with_a_run,
    ends_whenever_a_run_does,
)


def observer_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered observer.

    >>> print(observer_checks("tensorboard")[-1])
    tensorboard-ends_whenever_a_run_does
    """
    case = ObserverCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in OBSERVER_CHECKS]
