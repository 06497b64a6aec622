import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from gpreg.errors import UsageError
from gpreg.interfaces import PenaltySample
from gpreg.theory.linear.steps import largest_step
from gpreg.theory.linear.tuning import best_rho
from gpreg.theory.networks.extreme import extreme_eigenvalues, jacobian
from gpreg.theory.networks.modes import modal_table
from gpreg.theory.networks.singular import leading_triplets
from gpreg.theory.networks.trace import equal_trace_rho, outer_trace, trace

ATOMS = 6


class Bumps(nn.Module):
    """A local feature about each integer, and a linear last layer; at zero, an equilibrium."""

    def __init__(self):
        super().__init__()
        self.register_buffer("centres", torch.arange(ATOMS, dtype=torch.float64))
        self.last = nn.Linear(ATOMS, 1, bias=False, dtype=torch.float64)
        nn.init.zeros_(self.last.weight)

    def forward(self, x):
        return self.last(torch.exp(-(x - self.centres).square() / (2 * 0.05**2)))


@pytest.fixture
def planted(point_of):
    """A generator that moves an atom with each of its parameters; the penalty is at the first few atoms only."""

    def make(penalised, offsets, spread=0.0, copies=12, **given):
        atoms = torch.arange(ATOMS, dtype=torch.float64) + offsets
        generator = nn.Linear(ATOMS, 1, bias=False, dtype=torch.float64)
        with torch.no_grad():
            generator.weight.copy_(atoms)
        real = atoms[:, None].repeat(copies, 1)
        shift = spread * torch.linspace(-1, 1, copies, dtype=torch.float64).repeat_interleave(penalised)
        points = atoms[:penalised, None].repeat(copies, 1) + shift[:, None]
        latent = torch.eye(ATOMS, dtype=torch.float64).repeat(copies, 1)
        sample = PenaltySample(points=points)
        return point_of(
            critic=Bumps(), generator=generator, real=real, latent=latent, sample=sample, chunk=128, **given
        )

    return make


class Stretched(nn.Module):
    """``G(z) = s W z``, so that the singular values of R for D(x) = <a, x> are proportional to s."""

    def __init__(self, stretch):
        super().__init__()
        self.register_buffer("stretch", stretch)
        self.linear = nn.Linear(2, len(stretch), bias=False, dtype=torch.float64)

    def forward(self, z):
        return self.stretch * self.linear(z)


@pytest.fixture
def stretched(point_of, draw):
    def make(stretch):
        n = len(stretch)
        return point_of(
            critic=nn.Linear(n, 1, bias=False, dtype=torch.float64),
            generator=Stretched(stretch),
            real=draw(6, n, seed=2),
            latent=draw(6, 2, seed=3),
            sample=PenaltySample(points=draw(5, n, seed=4)),
        )

    return make


@pytest.fixture
def crowded(stretched):
    """Forty singular values, close to each other."""
    return stretched(torch.linspace(1, 1.001, 40, dtype=torch.float64))


DISTINCT = torch.linspace(0.02, 0.05, ATOMS, dtype=torch.float64)
EQUAL = torch.full((ATOMS,), 0.04, dtype=torch.float64)


class TestAgainstDenseAlgebra:
    def test_singular_values_and_damping(self, large):
        point, Q, R, _ = large
        U, sigma, _ = np.linalg.svd(R.numpy())
        table = modal_table(point, k=6, accuracy=1e-12)
        np.testing.assert_allclose([mode.frequency for mode in table.modes], sigma[:6], rtol=1e-6)
        expected = [u @ Q.numpy() @ u for u in U.T[:6]]
        np.testing.assert_allclose([mode.curvature for mode in table.modes], expected, rtol=1e-6)
        np.testing.assert_allclose(np.abs(np.einsum("pk,pk->k", table.critic, U[:, :6])), 1, atol=1e-6)
        assert all(mode.residual < 1e-6 for mode in table.modes)

    @pytest.mark.parametrize("loss", ["wasserstein", "minimax"])
    @pytest.mark.parametrize("penalised", [3, ATOMS])
    def test_the_restricted_game_is_the_game_where_nothing_is_left_out(self, planted, loss_of, loss, penalised):
        point = planted(penalised, DISTINCT, loss=loss_of(loss))
        table, game = modal_table(point, k=ATOMS), point.dense()
        np.testing.assert_allclose(np.sort(abs(table.game.moving)), np.sort(abs(game.moving)), rtol=1e-6)
        assert table.game.abscissa == pytest.approx(game.abscissa, rel=1e-6)
        assert table.best.rate == pytest.approx(best_rho(game).rate, rel=1e-4)
        assert table.simultaneous.step == pytest.approx(largest_step(game).step, rel=1e-6)
        assert table.alternating.step == pytest.approx(largest_step(game, scheme="alternating").step, rel=1e-6)
        ratios = sorted(mode.ratio for mode in game.modes)
        assert sorted(mode.ratio for mode in table.modes) == pytest.approx(ratios, rel=1e-6, abs=1e-12)


class TestVerdicts:
    @pytest.mark.parametrize("offsets", [DISTINCT, EQUAL], ids=["distinct", "degenerate"])
    @pytest.mark.parametrize("penalised", [1, 3, 5])
    def test_a_planted_undamped_mode_is_found(self, planted, offsets, penalised):
        first, second = planted(penalised, offsets), planted(penalised, offsets, spread=0.001)
        table = modal_table(first, second=second, k=ATOMS)
        assert len(table.undamped) == ATOMS - penalised == len(first.dense().undamped)
        assert table.verdict == "undamped"
        assert "has an undamped mode" in table.claim

    def test_all_damped(self, planted):
        table = modal_table(planted(ATOMS, EQUAL), second=planted(ATOMS, EQUAL, spread=0.001), k=ATOMS)
        assert table.verdict == "damped"
        assert [mode.multiplicity for mode in table.modes] == [ATOMS] * ATOMS
        assert "has no undamped mode" in table.claim
        assert "independent sample of 72 points" in table.claim

    def test_a_sample_that_disagrees_leaves_it_undecided(self, planted):
        table = modal_table(planted(ATOMS, DISTINCT), second=planted(ATOMS - 1, DISTINCT), k=ATOMS)
        assert sorted(mode.verdict for mode in table.modes) == ["damped"] * (ATOMS - 1) + ["undecided"]
        assert table.verdict == "undecided"

    def test_a_curved_loss_damps_what_the_penalty_does_not(self, planted, loss_of):
        table = modal_table(planted(1, DISTINCT, loss=loss_of("minimax"), rho=0.01), k=ATOMS)
        assert table.verdict == "damped"
        assert all(mode.loss_damping > 0 for mode in table.modes)

    def test_without_a_penalty_nothing_is_damped(self, planted):
        point = planted(ATOMS, DISTINCT)
        assert {mode.verdict for mode in modal_table(point, rho=0.0).modes} == {"undamped"}
        assert {mode.verdict for mode in modal_table(replace(point, sample=None)).modes} == {"undamped"}

    def test_the_interval_contains_the_mean_about_as_often_as_it_says(self, planted):
        first, missed = planted(1, DISTINCT), 0
        slope = DISTINCT[0] + 0.01 * torch.linspace(-6, 6, 2001, dtype=torch.float64)
        law = torch.exp(-torch.linspace(-6, 6, 2001, dtype=torch.float64).square() / 2)
        terms = (slope / 0.05**2 * torch.exp(-slope.square() / (2 * 0.05**2))).square()
        truth = float((law * terms).sum() / law.sum())
        for seed in range(20):
            noise = 0.01 * torch.randn(50, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
            sample = PenaltySample(points=DISTINCT[:1] + noise)
            table = modal_table(first, second=replace(first, sample=sample), probes=1)
            mode = max(table.modes, key=lambda mode: mode.curvature)
            missed += not mode.interval[0] <= truth <= mode.interval[1]
        assert missed <= 2


class TestTable:
    def test_plain_data(self, planted):
        told = []
        table = modal_table(planted(3, DISTINCT), k=2, tell=lambda *words: told.append(words))
        plain = json.loads(json.dumps(table.to_dict(), allow_nan=False))
        assert len(plain["modes"]) == 2
        assert plain["claim"] == table.claim
        assert "without an independent one" in table.claim
        assert ("damping", 2, 2) in told

    def test_no_modes(self, point_of, draw):
        point = point_of(generator=None, latent=None, fake=draw(6, 2, seed=9))
        table = modal_table(point)
        assert table.modes == ()
        assert table.verdict == "damped"
        assert "no mode to damp" in table.claim
        json.dumps(table.to_dict(), allow_nan=False)

    def test_what_did_not_converge_is_said(self, crowded):
        table = modal_table(crowded, k=12, accuracy=1e-15, restarts=1)
        assert len(table.modes) < 12
        assert table.verdict == "undecided"
        assert "of the 12 strongest modes converged" in table.notes[0]

    def test_a_second_point_elsewhere(self, point_of, mlp):
        with pytest.raises(UsageError, match="other parameters"):
            modal_table(point_of(), second=point_of(critic=mlp(2, 6, 4, 1, seed=5)))

    def test_no_mode_asked_for(self, point_of):
        with pytest.raises(UsageError, match="k is 0"):
            modal_table(point_of(), k=0)


class TestTriplets:
    @pytest.mark.parametrize("transposed", [False, True])
    def test_the_smaller_side_is_iterated(self, point_of, mlp, transposed):
        sizes = (mlp(2, 20, 1), mlp(3, 12, 2, seed=1))
        critic, generator = (mlp(2, 10, 1), mlp(3, 20, 2)) if transposed else sizes
        point = point_of(critic=critic, generator=generator)
        assert (point.p < point.q) == transposed
        found = leading_triplets(point, 3, tolerance=1e-12)
        U, sigma, _ = np.linalg.svd(point.dense().R)
        np.testing.assert_allclose(found.sigma, sigma[:3], rtol=1e-9)
        np.testing.assert_allclose(found.gram, found.left * found.sigma**2, atol=1e-9 * sigma[0] ** 2)
        np.testing.assert_allclose(np.abs(np.einsum("pk,pk->k", found.left, U[:, :3])), 1, atol=1e-6)

    def test_multiple_singular_values_are_found_as_often_as_they_are(self, stretched):
        stretch = torch.cat([torch.full((5,), 3.0), torch.full((3,), 2.5), torch.linspace(0.1, 1, 32)]).double()
        found = leading_triplets(stretched(stretch), 8, tolerance=1e-6)
        np.testing.assert_allclose(found.sigma / found.sigma[-1], [1.2] * 5 + [1.0] * 3, rtol=1e-6)
        np.testing.assert_allclose(found.left.T @ found.left, np.eye(8), atol=1e-9)

    def test_nothing_there(self, stretched):
        assert leading_triplets(stretched(torch.zeros(40, dtype=torch.float64)), 3).sigma.shape == (0,)


class TestTrace:
    def test_it_is_the_trace(self, point_of):
        point = point_of()
        game = point_of(loss=point.loss).dense()
        found = trace(point, probes=400)
        assert abs(found.value - np.trace(game.Q)) < 5 * found.standard_error
        assert trace(replace(point, sample=None)).value == 0

    def test_outer(self, point_of, loss_of):
        point = point_of(loss=loss_of("minimax"))
        found = outer_trace(point, probes=400)
        assert abs(found.value - np.trace(point.dense().K)) < 5 * found.standard_error

    def test_equal_trace(self):
        assert equal_trace_rho(2.0, 3.0, 1.5) == 4.0
        with pytest.raises(UsageError, match="without curvature"):
            equal_trace_rho(2.0, 3.0, 0.0)


class TestExtreme:
    @pytest.mark.parametrize("loss", ["wasserstein", "minimax"])
    def test_jacobian(self, planted, loss_of, draw, loss):
        point = planted(3, DISTINCT, loss=loss_of(loss))
        vector = draw(point.p + point.q, seed=0).numpy()
        np.testing.assert_allclose(jacobian(point) @ vector, point.dense().jacobian @ vector, atol=1e-12)

    def test_the_fastest_undamped_mode(self, planted):
        point = planted(3, DISTINCT)
        found = extreme_eigenvalues(point, "fastest", k=2, rho=0.1)
        assert found.converged
        spectrum = point.dense().at(0.1).spectrum
        fastest = spectrum[np.abs(spectrum.imag).argmax()]
        assert np.abs(found.values.imag).max() == pytest.approx(abs(fastest.imag), rel=1e-4)

    def test_the_step(self, planted):
        point = planted(ATOMS, DISTINCT)
        found = extreme_eigenvalues(point, "largest", k=8)
        assert found.step >= largest_step(point.dense()).step * (1 - 1e-6)

    def test_not_converged(self, crowded):
        found = extreme_eigenvalues(crowded, "fastest", k=6, tolerance=1e-15, restarts=1)
        assert not found.converged
        assert "of 6 converged" in found.note

    def test_too_many(self, planted):
        with pytest.raises(UsageError, match="of 12 eigenvalues"):
            extreme_eigenvalues(planted(3, DISTINCT), k=11)
