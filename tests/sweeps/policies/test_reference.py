"""Equal ``rho * trace Q``: by default that of the recipe itself, which therefore keeps its rho."""

import pytest

import gpreg
from gpreg.errors import UsageError
from gpreg.sweeps.policies.fixed import EqualRho, RecipeRho
from gpreg.sweeps.policies.reference import stated
from gpreg.training.damping import damping


@pytest.fixture(scope="module")
def plan(tiny):
    return gpreg.experiment(tiny(choices={"measure": {"name": "pd"}, "penalty.rho": 0.7})).plan


def test_with_its_own_number_the_recipe_has_its_own_rho(plan):
    """And twice the rho is twice the number."""
    trace = damping(plan)
    assert damping(plan.overridden({"penalty.rho_trace": trace})) == trace
    assert damping(plan.overridden({"penalty.rho": 1.4})) == pytest.approx(2 * trace, rel=2e-3)


def test_equal_states_the_number_of_each_column(plan):
    assert stated(EqualRho(), {"8gaussians": plan}) == EqualRho({"8gaussians": damping(plan)})


def test_what_is_stated_or_needs_nothing_stays():
    assert stated(EqualRho(3.0), {}) == EqualRho(3.0)
    assert stated(RecipeRho(), {}) == RecipeRho()


@pytest.mark.parametrize(
    ("choices", "said"), [({"penalty.rho": 0}, "rho is 0"), ({"measure": {"name": "wgan"}}, "no penalty")]
)
def test_a_recipe_without_such_a_number_is_said(tiny, choices, said):
    with pytest.raises(UsageError, match=said) as caught:
        stated(EqualRho(), {"8gaussians": gpreg.experiment(tiny(choices=choices)).plan})
    assert "trace = 10" in caught.value.remedy
