"""The exact cases of golden.json, by public names alone; O15 is in test_golden_verdicts.py."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

import gpreg_theory as theory

GOLDEN = {case["id"]: case for case in json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))}
ANCHORED = {"measure": "g-anc", "measure_options": {"point": [1.0]}}
MEASURES = {
    "pd": {"measure": "pd"},
    "pg": {"measure": "pg"},
    "gp": {"measure": "gp"},
    "mid": {"measure": "mid"},
    "g_anc_A1": ANCHORED,
}


def case(number):
    own = GOLDEN[number]
    return own["input"], {name: numbers(value) for name, value in own["expected"].items()}, own["tol"]


def numbers(value):
    return [float(item) for item in value] if isinstance(value, list) and isinstance(value[0], float | str) else value


def spectrum(expected):
    return np.sort_complex(np.array(expected["eig_re"]) + 1j * np.array(expected["eig_im"]))


def test_every_case_is_here():
    assert sorted(GOLDEN) == [f"O{number:02}" for number in range(1, 16)]


@pytest.mark.parametrize("measure", ["pd", "pg", "gp", "mid", "g-anc", "box", lambda psi, theta: 1.0])
def test_o01_the_dirac_gans_jacobian_with_any_probability_measure(measure):
    given, expected, tol = case("O01")
    options = {"point": [3.0]} if measure == "g-anc" else None
    system = theory.dirac(measure=measure, measure_options=options, rho=given["rho"])
    game = system.linear()
    assert game.Q[0, 0] == pytest.approx(given["M00"])
    assert system.jacobian([0, 0]) == pytest.approx(np.array(expected["J"]), abs=tol)
    assert game.jacobian == pytest.approx(np.array(expected["J"]), abs=tol)
    assert game.spectrum == pytest.approx(spectrum(expected), abs=tol)


def test_o02_the_uniform_gans_spectrum():
    given, expected, tol = case("O02")
    system = theory.uniform(measure=given["mu"], rho=given["rho"])
    assert system.linear().spectrum == pytest.approx(spectrum(expected), abs=tol)
    assert np.sort_complex(np.linalg.eigvals(system.jacobian([0, 1]))) == pytest.approx(spectrum(expected), abs=tol)


@pytest.mark.parametrize("name", MEASURES)
def test_o03_the_best_rho_of_each_measure_on_the_uniform_gan(name):
    _, expected, tol = case("O03")
    game = theory.uniform(**MEASURES[name]).linear()
    assert game.Q[0, 0] / 4 == pytest.approx(expected["E"][name], abs=tol["E"])
    best = theory.best_rho(game)
    assert best.rho == pytest.approx(expected["rho_crit"][name], abs=tol["rho_crit"])
    assert best.rate == pytest.approx(expected["rate"], abs=tol["rate"])


def test_o04_radii_of_lemma_1():
    _, expected, tol = case("O04")
    masses = [
        lambda psi, theta: 1 + psi,
        lambda psi, theta: torch.exp(-(psi**2)),
        lambda psi, theta: psi**2 + theta**2,
    ]
    assert [theory.basin_radius(mass) for mass in masses] == pytest.approx(expected["R"], abs=tol)


def test_o05_where_lemma_3_ends():
    given, expected, tol = case("O05")
    system = theory.degenerate(measure="gp", rho=given["rho"])
    assert theory.level_of(system).limit(given["z0"]) == pytest.approx(expected["b"], abs=tol)
    end = theory.limit(system, given["z0"])
    assert end.kind == "point"
    assert end.state == pytest.approx([expected["b"], 0], abs=tol)
    assert system.conserved(end.state) == pytest.approx(system.conserved(given["z0"]), abs=1e-6)


@pytest.mark.parametrize("method", ["RK45", "DOP853"])
def test_o06_an_orbit_of_the_dirac_gan(method):
    given, expected, tol = case("O06")
    orbit = theory.trajectory(theory.dirac(measure="pd", rho=given["rho"]), given["z0"], given["T"], method=method)
    assert orbit.end == pytest.approx([expected["psi"], expected["theta"]], abs=tol)


def test_o07_without_a_penalty():
    given, expected, tol = case("O07")
    system, z0, h = theory.dirac(), np.array(given["z0"]), given["h"]
    end = theory.trajectory(system, z0, given["T"]).end
    assert end == pytest.approx([expected["psi"], expected["theta"]], abs=tol)
    assert system.conserved(end) == pytest.approx(expected["norm2"], abs=tol)
    euler, alternating = z0, z0
    for _ in range(given["N"]):
        euler, alternating = system.update(euler, h), system.update(alternating, h, "alternating")
    growth = np.linalg.norm(euler) / np.linalg.norm(z0)
    assert growth == pytest.approx(expected["euler_growth"], abs=tol)
    assert theory.euler_growth(1.0, h) ** given["N"] == pytest.approx(expected["euler_growth"], abs=tol)
    for state in (z0, alternating):
        assert theory.alternating_invariant(*state, h) == pytest.approx(expected["alt_invariant"], abs=tol)


@pytest.mark.parametrize("which", [0, 1])
def test_o08_the_largest_steps_of_one_mode(which):
    given, expected, tol = case("O08")
    a, b = given["a"][which], given["b"]
    assert theory.simultaneous_limit(a, b) == pytest.approx(expected["h_sim"][which], abs=tol)
    assert theory.alternating_limit(a, b) == pytest.approx(expected["h_alt"][which], abs=tol)
    for game in (theory.LinearGame(Q=[[1.0]], R=[[b]], rho=a), theory.dirac(measure="mid", rho=a).linear()):
        assert theory.largest_step(game).step == pytest.approx(expected["h_sim"][which], abs=tol)
        alternating = theory.largest_step(game, scheme="alternating")
        assert alternating.step == pytest.approx(expected["h_alt"][which], abs=tol)


def test_o09_the_limit_cycle_of_the_one_centered_penalty():
    given, expected, tol = case("O09")
    end = theory.limit(theory.dirac(measure="wgan-gp", rho=given["rho"]), [0.0, 1.38], rtol=1e-5, atol=1e-7)
    assert end.kind == "cycle"
    assert end.amplitude[1] == pytest.approx(expected["theta_amp"], abs=tol)


@pytest.mark.parametrize("loss", ["minimax", "non-saturating"])
def test_o10_the_logistic_loss_on_the_uniform_gan(loss):
    given, expected, tol = case("O10")
    system = theory.uniform(loss=loss, rho=given["rho"])
    game = system.linear()
    assert (game.slope, game.curvature) == (given["f1"], given["f2"])
    assert game.spectrum == pytest.approx(spectrum(expected), abs=tol)
    assert np.sort_complex(np.linalg.eigvals(system.jacobian())) == pytest.approx(spectrum(expected), abs=tol)


def test_o11_two_modes():
    given, expected, tol = case("O11")
    toy = theory.two_mode(measure="pd").linear()
    for name, matrix in (("Q", toy.Q), ("R", toy.R)):
        assert matrix == pytest.approx(np.array(given[name]), abs=1e-12)
    for game in (toy, theory.LinearGame(Q=given["Q"], R=given["R"])):
        best = theory.best_rho(game)
        assert (best.rho, best.rate) == pytest.approx((expected["rho"], expected["rate"]), abs=tol)


def test_o12_two_gaussians():
    _, expected, tol = case("O12")
    real, fake = stats.norm(0, 1), stats.norm(1, 1)
    values = theory.optimal_discriminator(real, fake)([0.0, 2.0])
    assert values == pytest.approx([expected["D0"], expected["D2"]], abs=tol)
    assert theory.kl(real, fake) == pytest.approx(expected["KL"], abs=tol)
    assert theory.js(real, fake) == pytest.approx(expected["JSD"], abs=tol)
    assert theory.value_of_game(real, fake) == pytest.approx(expected["C"], abs=tol)


@pytest.mark.parametrize("which", [0, 1])
def test_o13_parallel_lines(which):
    given, expected, tol = case("O13")
    lines = theory.ParallelLines(given["theta"][which])
    assert lines.wasserstein1 == pytest.approx(expected["W1"][which], abs=tol)
    assert lines.js == pytest.approx(expected["JS"][which], abs=tol)
    # One number for both directions.
    assert lines.kl == pytest.approx(expected["KL"][which], abs=tol)
    assert lines.kl == pytest.approx(expected["KL_rev"][which], abs=tol)


def test_o14_the_smallest_memorising_discriminator():
    given, expected, tol = case("O14")
    own = theory.MemorisingDiscriminator(real=given["X"], fake=given["Y"], epsilon=given["eps"], alpha=given["alpha"])
    assert own.k == pytest.approx(expected["k"], abs=tol)
    assert own(given["X"]) == pytest.approx(expected["Dx"], abs=tol)
    assert own(given["Y"]) == pytest.approx(expected["Dy"], abs=tol)
    assert own.parameters == expected["n_params"]
