import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gpreg.errors import UsageError
from gpreg_theory.linear.steps import largest_step
from gpreg_theory.linear.tuning import best_rho
from gpreg_theory.networks.modes import modal_table

ATOMS = 6
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
        table = modal_table(crowded, k=4, accuracy=1e-15, restarts=1)
        assert len(table.modes) < 4
        assert table.verdict == "undecided"
        assert "of the 4 strongest modes converged" in table.notes[0]

    def test_a_second_point_elsewhere(self, point_of, mlp):
        with pytest.raises(UsageError, match="other parameters"):
            modal_table(point_of(), second=point_of(critic=mlp(2, 6, 4, 1, seed=5)))

    def test_no_mode_asked_for(self, point_of):
        with pytest.raises(UsageError, match="k is 0"):
            modal_table(point_of(), k=0)
