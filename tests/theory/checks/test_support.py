from dataclasses import replace

import numpy as np
import pytest
import torch

from gpreg.interfaces import PenaltySample
from gpreg.theory.checks.support import check, emptiest, gap, nearest, outside


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


def test_outside_counts_what_is_beyond_the_data():
    rng = np.random.default_rng(1)
    data, held_out = rng.random((400, 2)), rng.random((400, 2))
    points = np.concatenate([rng.random((90, 2)), 5 + rng.random((10, 2))])
    own = outside(points, data, held_out)
    assert own.share == pytest.approx(0.1, abs=0.011)
    assert own.lower < own.share
    assert own.significant
    assert min(own.witness) >= 5
    assert not outside(points[:90], data, held_out).significant


def test_few_held_out_points_excuse_more():
    data = np.random.default_rng(1).random((400, 2))
    assert outside(data, data, data[:16]).excused == pytest.approx(0.25, abs=0.01)


def test_the_emptiest_ball_is_the_hole():
    rng = np.random.default_rng(2)
    data, fresh = rng.random((2, 300, 2))
    points = rng.random((3000, 2))
    hole = emptiest(points[points[:, 0] > 0.5], data, fresh)
    assert hole.inside == 0
    assert hole.centre[0] < 0.3
    covered = emptiest(points, data, fresh)
    assert covered.lower > 0.1
    assert covered.lower < covered.ratio


def test_neighbours_of_one_law_are_as_near_as_its_own():
    rng = np.random.default_rng(4)
    data, fresh, points = rng.standard_normal((3, 300, 2))
    ratio, low, high = nearest(points, data, fresh)
    assert low < 1 < high
    assert low < ratio < high
    assert nearest(points + 3, data, fresh)[1] > 2


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


def test_a_gap_is_a_hole_only_beyond_the_spacing_of_what_is_around_it():
    rng = np.random.default_rng(5)
    data, fresh = 0.01 * rng.standard_normal((2, 200, 2))
    ring = rng.standard_normal((2000, 2))
    ring /= np.linalg.norm(ring, axis=1, keepdims=True)
    assert gap(emptiest(ring, data, fresh), ring).opens
    assert not gap(emptiest(ring[:12], data, fresh), ring[:12]).opens
