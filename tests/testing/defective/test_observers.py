"""Wrong observers, each found by the check that is about it."""

import os
from pathlib import Path

import pytest
import torch
from fixtures.kits import assert_found, outcomes

from gpreg import ObserverSpec
from gpreg.interfaces import Observer
from gpreg.testing import observer_checks


class Right(Observer):
    """Writes what it hears into the run's folder."""

    file = None

    def start(self, folder, recipe, step):
        self.file = (folder / "heard.txt").open("a")

    def scalars(self, step, values):
        print(step, *values, file=self.file)

    def finish(self):
        if self.file is not None:
            self.file.close()


class Rounds(Right):
    def scalars(self, step, values):
        super().scalars(step, {name: round(value) for name, value in values.items()})


class OnlyColours(Right):
    def images(self, step, name, images):
        assert images.shape[1] == 3


class Scales(Right):
    def images(self, step, name, images):
        images.mul_(255)


class Forgets(Right):
    def scalars(self, step, values):
        values.pop("penalty", None)


class Draws(Right):
    def scalars(self, step, values):
        torch.rand(3)


class WritesHere(Right):
    def start(self, folder, recipe, step):
        super().start(folder, recipe, step)
        Path("heard.txt").write_text("here")


class ChangesTheEnvironment(Right):
    def start(self, folder, recipe, step):
        super().start(folder, recipe, step)
        os.environ["GPREG_RUN_OF_A_TEST"] = str(folder)

    def finish(self):
        super().finish()


class OnceOnly(Right):
    def start(self, folder, recipe, step):
        self.file = (folder / "heard.txt").open("x")


class ExpectsAStart(Right):
    def finish(self):
        self.file.close()


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    monkeypatch.setenv("GPREG_RUN_OF_A_TEST", "")


def made(factory):
    return "observer", ObserverSpec(name="subject", summary="s", factory=factory), observer_checks


def test_what_is_right_passes():
    assert outcomes(*made(Right)) == {}


@pytest.mark.parametrize(
    ("factory", "check"),
    [
        (dict, "is_of_its_kind"),
        (Rounds, "watches_a_run"),
        (OnlyColours, "watches_a_run"),
        (Draws, "watches_a_run"),
        (Scales, "leaves_what_it_is_told"),
        (Forgets, "leaves_what_it_is_told"),
        (WritesHere, "keeps_to_its_folder"),
        (ChangesTheEnvironment, "keeps_to_its_folder"),
        (OnceOnly, "goes_on_with_a_run"),
        (ExpectsAStart, "ends_whenever_a_run_does"),
    ],
)
def test_what_is_wrong_is_found(factory, check):
    assert_found(check, *made(factory))
