import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.registry.registry import load_registry
from gpreg_theory import TOYS, degenerate, dirac, find_toy, mass_transfer, ring, two_mode, uniform
from gpreg_theory.linear.steps import largest_step

NAMES = [spec.name for spec in load_registry().list("measure")]
OPTIONS = {"g-anc": {"point": "1"}}
SMALL = {"dirac": dirac, "uniform": uniform, "two-mode": two_mode, "mass-transfer": mass_transfer}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("build", [dirac, uniform], ids=["dirac", "uniform"])
def test_every_registered_measure(build, name):
    system = build(measure=name, measure_options=OPTIONS.get(name))
    z = np.array([[0.3, 0.7], [-0.5, 1.2], [0.0, 0.4]])
    field = system.field(z)
    assert np.isfinite(field).all()
    assert np.stack([system.field(state) for state in z]) == pytest.approx(field, abs=1e-12)
    if load_registry().get("measure", name).form == "squared":
        assert system.jacobian() == pytest.approx(system.linear().jacobian, abs=1e-8)
        assert np.isfinite(system.jacobian(z[1])).all()
        return
    assert system.equilibria()[0].kind == "not smooth"
    with pytest.raises(UsageError, match="not smooth"):
        system.jacobian()
    with pytest.raises(UsageError, match="kink at 0"):
        system.linear()


@pytest.mark.parametrize("name", ["pd+pg", "gp", "mid", "js", "box"])
@pytest.mark.parametrize("toy", TOYS)
def test_the_jacobian_is_the_linear_games(toy, name):
    system = find_toy(toy).builder(measure=name, rho=0.7)
    assert system.jacobian() == pytest.approx(system.linear().jacobian, abs=1e-8)


@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "least-squares", "hinge"])
@pytest.mark.parametrize("toy", SMALL)
def test_the_jacobian_with_a_concave_loss(toy, loss):
    system = SMALL[toy](measure="mid", loss=loss, rho=0.7)
    assert system.jacobian() == pytest.approx(system.linear().jacobian, abs=1e-8)


@pytest.mark.parametrize(("form", "factor"), [("one-sided", 0), ("power", 0), ("squared", 1)])
def test_q_is_scaled_by_the_forms_curvature(form, factor):
    squared = uniform(measure="pd").linear().Q
    system = uniform(measure="pd", form=form)
    np.testing.assert_allclose(system.linear().Q, factor * squared, atol=1e-12)
    assert system.jacobian() == pytest.approx(system.linear().jacobian, abs=1e-8)


def test_a_relativistic_loss_has_a_field_but_no_qrk():
    system = uniform(measure="pd", loss="relativistic", rho=0.0)
    J = system.jacobian()
    assert J[0, 1] == pytest.approx(-J[1, 0])
    assert J[1, 0] == pytest.approx(1 / 3)  # softplus'(0) = 1/2
    assert J[0, 0] == pytest.approx(-(1 / 5 - 1 / 9) / 2)  # -Var(x^2) softplus''(0) * 2
    with pytest.raises(UsageError, match="has not the form"):
        system.linear()


def test_a_generator_that_pulls_harder_than_the_critic_has_no_qrk():
    loss = load_registry().build("loss", "concave-f", {"f": "logistic", "generator": "linear"})
    system = uniform(measure="pd", loss=loss)
    assert system.jacobian()[1, 0] == pytest.approx(2 / 3)
    assert system.jacobian()[0, 1] == pytest.approx(-1 / 3)
    with pytest.raises(UsageError, match="same pull"):
        system.linear()


STATES = st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)), min_size=1, max_size=4)


@settings(max_examples=25)
@given(STATES, st.sampled_from(["pd", "gp", "js", "g-anc"]), st.sampled_from([dirac, uniform, degenerate]))
def test_a_field_of_many_is_that_of_each(states, name, build):
    system = build(measure=name, measure_options=OPTIONS.get(name))
    z = np.array(states)
    assert system.field(z) == pytest.approx(np.stack([system.field(state) for state in z]), abs=1e-12)
    assert system.field(z[None, :, None]).shape == (1, len(z), 1, 2)


def test_states_in_several_chunks():
    system = uniform(measure="gp")
    z = np.random.default_rng(0).normal(size=(2500, 2))
    assert system._chunk < len(z)
    assert system.field(z)[[0, 1999, 2499]] == pytest.approx(system.field(z[[0, 1999, 2499]]), abs=1e-12)


@pytest.mark.parametrize("scheme", ["simultaneous", "alternating"])
@pytest.mark.parametrize("toy", ["dirac", "uniform", "two-mode"])
def test_the_largest_step_divides_convergence_from_divergence(toy, scheme):
    system = SMALL[toy](measure="pd", rho=0.8)
    limit = largest_step(system.linear(), scheme=scheme).step
    start = system.equilibrium + 1e-4 * np.cos(1 + np.arange(len(system.equilibrium)))
    ends = []
    for factor in (0.98, 1.02):
        z, distances = start, []
        while len(distances) < 300 and (not distances or distances[-1] < 1):
            z = system.update(z, factor * limit, scheme)
            distances.append(float(np.linalg.norm(z - system.equilibrium)))
        ends.append(np.mean(distances[-20:]) / np.mean(distances[:20]))
    assert ends[0] < 0.6
    assert ends[1] > 1.5


def test_critic_steps_and_rates():
    system = dirac(measure="pd", rho=1.0)
    psi, theta, h, rate = 0.5, 0.3, 0.1, 0.02
    once = psi + h * (-theta - psi)
    twice = once + h * (-theta - once)
    moved = system.update([psi, theta], h, "alternating", critic_steps=2, generator_rate=rate)
    assert moved == pytest.approx([twice, theta + rate * twice])
    assert system.update([psi, theta], h) == pytest.approx([once, theta + h * psi])
    with pytest.raises(UsageError, match="alternating"):
        system.update([psi, theta], h, critic_steps=2)


def test_clipping_holds_psi():
    system = dirac(measure="wgan", measure_options={"clip": 0.2})
    assert system.regularizer.bounds == (-0.2, 0.2)
    assert system.field([[0.2, -1.0], [0.2, 1.0], [0.5, -1.0]]).tolist() == [[0, 0.2], [-1, 0.2], [0, 0.2]]
    assert system.update([0.15, -1.0], 0.1, "alternating")[0] == 0.2
    assert system.conserved is None
    assert system.linear().Q.item() == 0


def test_a_state_of_another_toy_is_refused():
    with pytest.raises(UsageError, match="4 coordinates"):
        two_mode().field([1.0, 2.0])


def test_names_and_aliases():
    assert [find_toy(f"lemma-{i}").name for i in (1, 2, 3)] == ["dirac", "uniform", "degenerate"]
    for name, toy in TOYS.items():
        system = toy.builder()
        assert system.name == name
        assert system.title
        assert len(system.coordinates) == len(system.equilibrium) == system.p + system.q
        assert not np.abs(system.field(system.equilibrium)).max() > 1e-12
    assert ring(modes=3).title == "ring of 3 atoms, local features"
    with pytest.raises(UsageError, match="did you mean 'uniform'"):
        find_toy("unifrom")
