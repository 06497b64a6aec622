import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpreg.recipe import load, override
from gpreg.runs.plan import Supply
from gpreg.sweeps.joint import WIDEST, joint_key, largest


@pytest.fixture(scope="module")
def key(registry):
    def of(choices, base="plane"):
        small = {"training.batch_size": 64, **choices}
        return joint_key(Supply(registry=registry).plan(override(load(base, registry), small, registry)[0]))

    return of


FREE = st.fixed_dictionaries(
    {},
    optional={
        "measure": st.sampled_from([{"name": name} for name in ("mid", "pd", "wgan-gp", "wgan", "js")]),
        "dataset": st.sampled_from([{"name": name} for name in ("8gaussians", "25gaussians", "swissroll")]),
        "penalty.rho": st.floats(0, 100),
        "training.seed": st.integers(0, 2**64),
        "metrics": st.sampled_from(["none", "modes"]),
    },
)
BOUND = st.sampled_from(
    [
        {"training.steps": 7},
        {"training.batch_size": 32},
        {"training.critic_steps": 2},
        {"loss": {"name": "hinge"}},
        {"architecture": {"width": 32}},
        {"optimizer": {"name": "SGD"}},
        {"penalty.every": 4},
        {"report.tick": 50},
        {"average.halflife_kimg": 1.0},
        {"schedule.final": 0.5},
        {"compute.device": "cpu"},
    ]
)


@given(one=FREE, other=FREE, bound=BOUND)
@settings(max_examples=25)
def test_what_may_differ_and_what_may_not(key, one, other, bound):
    assert key(one) == key(other) is not None
    assert key({**one, **bound}) == key({**other, **bound}) != key(one)


@pytest.mark.parametrize(
    ("choices", "base"),
    [
        ({"architecture": {"width": WIDEST + 1}}, "plane"),
        ({"training.batch_size": 256}, "plane"),
        ({"training.accumulate": 2}, "plane"),
        ({"penalty.estimator": "finite-difference"}, "plane"),
        ({"penalty.rho": "auto", "penalty.retune_ticks": 2}, "plane"),
        ({"report.check_ticks": 2}, "plane"),
        ({"compute.precision": "bf16"}, "plane"),
        ({"compute.compile": True}, "plane"),
        ({"observers": "tensorboard"}, "plane"),
        ({"optimizer": {"name": "Adafactor"}}, "plane"),
        ({}, "digits"),
    ],
)
def test_what_is_trained_by_itself(key, choices, base):
    assert key(choices, base) is None


@given(st.dictionaries(st.text(max_size=3), st.one_of(st.integers(), st.booleans(), st.lists(st.integers()))))
def test_the_largest_option_bounds_all(options):
    numbers = [n for value in options.values() for n in (value if isinstance(value, list) else [value])]
    assert largest(options) == max((abs(n) for n in numbers if not isinstance(n, bool)), default=0)
