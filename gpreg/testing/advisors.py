"""Checks that every advisor must pass, on a small set-up that is not trained."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from gpreg.errors import UsageError
from gpreg.interfaces import Advice, Advisor, ChosenRho
from gpreg.interfaces.advisor import fault
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.scenes import small_setup
from gpreg.testing.things import thing_checks
from gpreg.training.setup import Setup


@dataclass(frozen=True)
class AdvisorCase(Case):
    """A registered advisor."""

    kind = "advisor"
    kept: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def advice(self) -> Advice | None:
        """What it says of a set-up before the first step, asked once."""
        if "advice" not in self.kept:
            advisor: Advisor = self.build()
            self.kept["advice"] = advisor.advise(small_setup())
        return self.kept["advice"]  # type: ignore[no-any-return]

    def choice(self, setup: Setup | None = None) -> ChosenRho | None:
        """The coefficient that it chooses; ``None`` if it chooses none, or says why there is no best one."""
        advisor: Advisor = self.build()
        try:
            return advisor.choose_rho(setup or small_setup())
        except UsageError as error:
            expect(error.message.strip(), "refuses to choose rho without a reason")
            return None


def advises_what_a_run_can_keep(case: AdvisorCase) -> None:
    """Its advice has lines, a document that is JSON, and perhaps a refusal that says what to do; or it is ``None``."""
    advice = case.advice()
    problem = fault(advice)
    expect(not problem, problem)
    if advice is not None and advice.refusal is not None:
        expect(advice.refusal.remedy, f"refuses without a remedy: {advice.refusal.message}")


def chooses_a_coefficient_with_a_reason(case: AdvisorCase) -> None:
    """The rho that it chooses is a finite number of at least 0, with a reason and a document; or it chooses none."""
    choice = case.choice()
    problem = fault(choice, ChosenRho)
    expect(not problem, problem)
    expect(choice is None or choice.because.strip(), "chooses rho without a reason")


def compares_in_words(case: AdvisorCase) -> None:
    """Of a rho that was chosen for another recipe it says something in words, or nothing."""
    setup = small_setup()
    note = case.build().compare(setup, setup.recipe)
    expect(isinstance(note, str), f"compares with a {type(note).__name__}, which is no text")


def recalls_its_own_document(case: AdvisorCase) -> None:
    """From its document, read back from JSON, it says why a strict run must not go on, or ``None``.

    It does so if and only if it had refused, and takes a document with nothing in it, which a tick may have left.
    """
    advisor, advice = case.build(), case.advice()
    for document in ({}, {} if advice is None else json.loads(json.dumps(dict(advice.document)))):
        reason = advisor.recall({**document, "step": 0, "later": [], "tuning": []})
        told = reason is None or (isinstance(reason, str) and reason.strip())
        expect(told, f"recalls {reason!r}, which is no reason")
    if advice is not None:
        refused = advice.refusal is not None
        expect(refused == (reason is not None), "recalls another judgement than the one that it had written down")


def leaves_the_run_as_it_was(case: AdvisorCase) -> None:
    """Neither weights nor random states of a run move, nor the global ones, while it advises and chooses."""
    advisor: Advisor = case.build()
    for ask in (advisor.advise, case.choice):
        setup = small_setup()
        before = _state(setup)
        with global_randomness(1):
            ask(setup)
        for name, value in _state(setup).items():
            expect(torch.equal(value, before[name]), f"moves {name} of the run")


def judges_the_same_again(case: AdvisorCase) -> None:
    """Equal set-ups get equal advice and an equal rho."""
    first, second = case.advice(), case.build().advise(small_setup())
    same = (first is None) == (second is None)
    if first is not None and second is not None:
        same = json.dumps(dict(first.document), default=str) == json.dumps(dict(second.document), default=str)
    expect(same, "advises something else on an equal set-up")
    choices = [None if (found := case.choice()) is None else found.rho for _ in range(2)]
    expect(choices[0] == choices[1], f"chooses rho = {choices[0]} and then {choices[1]} for equal set-ups")


def _state(setup: Setup) -> dict[str, torch.Tensor]:
    """Weights and random states of a set-up, by name."""
    networks = {"the critic": setup.critic, "the generator": setup.generator, "the penalty": setup.penalty}
    found = {
        f"{key} of {name}": value.clone()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
        if isinstance(value, torch.Tensor)
    }
    random: dict[str, Callable[[], torch.Tensor]] = {
        name: getattr(setup, name).get_state for name in ("latents", "draws", "noise")
    }
    return found | {f"the random state of {name}": state() for name, state in random.items()}


ADVISOR_CHECKS = (
    advises_what_a_run_can_keep,
    chooses_a_coefficient_with_a_reason,
    compares_in_words,
    recalls_its_own_document,
    leaves_the_run_as_it_was,
    judges_the_same_again,
)


def advisor_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered advisor.

    >>> print(advisor_checks("theory")[-1])
    theory-judges_the_same_again
    """
    case = AdvisorCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in ADVISOR_CHECKS]
