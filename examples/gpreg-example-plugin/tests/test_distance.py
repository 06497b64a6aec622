import runpy
from pathlib import Path

import pytest
import torch

import gpreg

SCRIPT = runpy.run_path(str(Path(__file__).parents[1] / "distance.py"))


def test_the_radius_falling_and_rising_by_turns_finds_the_distance():
    centres = SCRIPT["MODES"].centres

    def critic(x):
        outside = torch.cdist(x, centres).argmin(1) % 2 == 0  # the modes beside which fake points are farther out
        return torch.where(outside, -1, 1) * (x.norm(dim=1) - centres[0].norm())

    share, on_plan, elsewhere = SCRIPT["examine"](critic)
    assert 0.8 < share < 1  # the two batches differ by chance, which adds to the distance of the points
    assert on_plan == pytest.approx(1, abs=1e-5)
    assert elsewhere == pytest.approx(1, abs=1e-5)


def test_training_draws_the_norm_to_one_on_the_plan(monkeypatch):
    for name, fewer in (("STEPS", 40), ("FRESH", 200)):
        monkeypatch.setitem(SCRIPT["train"].__globals__, name, fewer)
    share, on_plan, _ = SCRIPT["examine"](SCRIPT["train"](gpreg.penalty("ot-chords", rho=20.0, seed=0), 0))
    assert share > 0.01
    assert on_plan == pytest.approx(1, abs=0.1)
