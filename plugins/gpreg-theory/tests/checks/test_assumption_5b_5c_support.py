from dataclasses import replace

import pytest
import torch

from gpreg.interfaces import PenaltySample
from gpreg_theory.checks.assumption_5b_5c_support import check


def test_data_covers_itself_and_stays(constructions, verdicts):
    game = constructions.Game()
    assert verdicts(check, "5b", "pd", game)["holds"] == 20
    assert verdicts(check, "5c", "pd", game)["holds"] == 20


@pytest.mark.parametrize("point", ["construction", "equilibrium"])
def test_half_the_modes_do_not_cover_the_data(constructions, verdicts, point):
    found = verdicts(check, "5b", constructions.Half(), constructions.Game(point=point))
    assert found["holds"] == 0
    assert found["violated"] >= 18


def test_midpoints_on_the_ring_leave_the_data(constructions, verdicts):
    assert verdicts(check, "5c", "mid", constructions.Game())["violated"] == 20
    findings = {f.assumption: f for f in check(constructions.Game(n=512).context("mid"))}
    assert findings["5c"].statistics["outside"] == pytest.approx([7 / 8, 7 / 8], abs=0.06)


@pytest.mark.parametrize("measure", ["gp", "mid", "g-anc", "dragan"])
def test_interpolated_points_cover_the_data_and_are_never_said_not_to(constructions, verdicts, measure):
    assert verdicts(check, "5b", measure, constructions.Game(), 5)["violated"] == 0


def test_a_copy_of_the_data_is_seen_to_cover_it(constructions):
    class Copy(type(constructions.Half())):
        def sample(self, batch):
            return PenaltySample(points=batch.real.clone())

    findings = {f.assumption: f for f in check(constructions.Game(n=512, point="training").context(Copy()))}
    assert (findings["5b"].verdict, findings["5b"].basis) == ("holds", "measured")
    assert (findings["5c"].verdict, findings["5c"].basis) == ("holds", "proved")


def test_what_picks_real_samples_stays_with_them_and_what_moves_them_is_not_taken_for_it(constructions):
    class Picks(type(constructions.Half())):
        def sample(self, batch):
            return PenaltySample(points=batch.real[batch.real[:, 0] > 0])

    class Rounds(type(constructions.Half())):
        def sample(self, batch):
            return PenaltySample(points=batch.real.round(decimals=1))

    def stays(measure):
        findings = {f.assumption: f for f in check(constructions.Game(n=512, point="training").context(measure))}
        return findings["5c"].verdict, findings["5c"].basis

    assert stays(Picks()) == ("holds", "proved")
    assert stays(Rounds()) != ("holds", "proved")


def test_fakes_tend_to_data(constructions):
    findings = {f.assumption: (f.verdict, f.basis) for f in check(constructions.Game(point="training").context("pg"))}
    assert findings == {"5b": ("holds", "proved"), "5c": ("undecided", "proved")}


def test_the_zero_measure_covers_nothing(constructions):
    findings = {f.assumption: (f.verdict, f.basis) for f in check(constructions.Game().context("wgan"))}
    assert findings == {"5b": ("violated", "proved"), "5c": ("undecided", "proved")}


def test_a_mass_that_vanishes_covers_nothing(constructions):
    measure = constructions.Weighted(lambda psi: psi * psi)
    findings = {f.assumption: f.verdict for f in check(constructions.Game().context(measure))}
    assert findings["5b"] == "violated"


def test_many_dimensions_are_not_trusted(constructions):
    def images(n, rng):
        return torch.randn(n, 1, 8, 8, generator=rng)

    game = constructions.Game(
        data=images, critic=constructions.Flat(64), generator=constructions.Shifted((1, 8, 8)), n=64
    )
    for finding in check(game.context("mid")):
        assert finding.verdict == "undecided"
        assert finding.statistics == {"dimensions": 64}
    assert {f.verdict for f in check(game.context("pd"))} == {"holds"}


def test_measures_that_use_the_generator_have_no_limit_before_it_has(constructions):
    for point, expected in (("training", "not yet come to"), ("equilibrium", "S is taken")):
        context = constructions.Game(point=point).context("latent-path")
        assert all(expected in finding.evidence for finding in check(context))


def test_classes_are_paired_within_themselves(constructions):
    context = constructions.Game(point="training").context("mid")
    labels = [batch.real[:, 0] > 0.1 for batch in (context.batch, context.second_batch)]
    halves = [
        replace(batch, real=batch.real * 0 + own.float().unsqueeze(1), labels=own.long())
        for batch, own in zip((context.batch, context.second_batch), labels, strict=True)
    ]
    findings = {f.assumption: f for f in check(replace(context, batch=halves[0], second_batch=halves[1]))}
    assert findings["5c"].statistics["outside"] == [0.0, 0.0]  # a pair of two classes would have its midpoint at 1/2


@pytest.mark.parametrize("measure", ["gp", "g-anc", "dragan"])
def test_a_measure_that_is_thin_about_atoms_covers_them(constructions, verdicts, measure):
    def atoms(n, rng):
        return constructions.ring(n, rng, std=0.0)

    assert verdicts(check, "5b", measure, constructions.Game(data=atoms), 5)["violated"] == 0


@pytest.mark.parametrize("n", [64, 512])
def test_noise_about_a_curve_in_ten_dimensions_covers_it(constructions, verdicts, n):
    def curve(n, rng):
        t = 6 * torch.rand(n, 1, generator=rng)
        return torch.cat([(t * k).cos() for k in range(1, 11)], 1)

    game = constructions.Game(
        data=curve, critic=constructions.Flat(10), generator=constructions.Shifted((10,)), n=n, point="construction"
    )
    assert verdicts(check, "5b", "dragan", game, 2)["violated"] == 0


def test_the_evidence_on_atoms_tells_the_data_that_was_counted(constructions):
    def atoms(n, rng):
        return constructions.ring(n, rng, std=0.0)

    findings = {f.assumption: f for f in check(constructions.Game(data=atoms, n=512).context(constructions.Half()))}
    shares = findings["5b"].statistics["share_of_data"]
    assert findings["5b"].verdict == "violated"
    assert shares == pytest.approx([1 / 8, 1 / 8], abs=0.05)  # a ball of radius 0 holds the whole atom
    assert findings["5b"].evidence.startswith(f"{shares[0]:.0%} and {shares[1]:.0%} of the data")
