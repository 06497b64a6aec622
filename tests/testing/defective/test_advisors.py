"""Wrong advisors, each found by the check that is about it."""

import pytest
import torch
from fixtures.kits import assert_found, outcomes

from gpreg import AdvisorSpec
from gpreg.errors import AssumptionViolated
from gpreg.interfaces import Advice, Advisor, ChosenRho
from gpreg.testing import advisor_checks


class Right(Advisor):
    """Refuses small batches."""

    least = 8
    remedy = "take more"

    def advise(self, setup, moment=None):
        size = setup.recipe.training.batch_size
        refusal = AssumptionViolated(f"a batch of {size}", remedy=self.remedy) if size < self.least else None
        return Advice(lines=(f"a batch of {size}",), document={"batch_size": size}, refusal=refusal)

    def choose_rho(self, setup):
        return ChosenRho(rho=1.5, because="it was so before")

    def recall(self, document):
        return "a small batch" if document.get("batch_size", self.least) < self.least else None


class Severe(Right):
    least = 1000


class Words(Right):
    def advise(self, setup, moment=None):
        return "all is well"


class NoJson(Right):
    def advise(self, setup, moment=None):
        return Advice(document={"setup": setup})


class WithoutARemedy(Severe):
    remedy = None


class Infinite(Right):
    def choose_rho(self, setup):
        return ChosenRho(rho=float("inf"), because="the more the better")


class ByChance(Right):
    def choose_rho(self, setup):
        return ChosenRho(rho=1.5, because=" ")


class ComparesWithNumbers(Right):
    def compare(self, setup, chosen_for):
        return 0.5


class Forgives(Severe):
    def recall(self, document):
        return None


class ExpectsItsDocument(Right):
    def recall(self, document):
        return "small" if document["batch_size"] < self.least else None


class Trains(Right):
    def advise(self, setup, moment=None):
        with torch.no_grad():
            next(setup.critic.parameters()).mul_(0.5)
        return super().advise(setup)


class DrawsLatents(Right):
    def choose_rho(self, setup):
        setup.generator.draw_latent(4, setup.latents)
        return super().choose_rho(setup)


class Moody(Right):
    calls = 0

    def advise(self, setup, moment=None):
        type(self).calls += 1
        return Advice(document={"calls": self.calls})


def made(factory):
    return "advisor", AdvisorSpec(name="subject", summary="s", factory=factory), advisor_checks


@pytest.mark.parametrize("factory", [Right, Severe, Advisor])
def test_what_is_right_passes(factory):
    assert outcomes(*made(factory)) == {}


@pytest.mark.parametrize(
    ("factory", "check"),
    [
        (dict, "is_of_its_kind"),
        (Words, "advises_what_a_run_can_keep"),
        (NoJson, "advises_what_a_run_can_keep"),
        (WithoutARemedy, "advises_what_a_run_can_keep"),
        (Infinite, "chooses_a_coefficient_with_a_reason"),
        (ByChance, "chooses_a_coefficient_with_a_reason"),
        (ComparesWithNumbers, "compares_in_words"),
        (Forgives, "recalls_its_own_document"),
        (ExpectsItsDocument, "recalls_its_own_document"),
        (Trains, "leaves_the_run_as_it_was"),
        (DrawsLatents, "leaves_the_run_as_it_was"),
        (Moody, "judges_the_same_again"),
    ],
)
def test_what_is_wrong_is_found(factory, check):
    assert_found(check, *made(factory))
