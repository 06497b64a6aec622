"""Checks that every check of assumptions must pass, on small networks at each point of parameter space."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, get_args

import torch
from torch import Tensor, nn

from gpreg.interfaces import CheckContext, Finding
from gpreg.interfaces.finding import Basis, Point
from gpreg.registry.assumptions import Verdict
from gpreg.registry.kinds import CHECK
from gpreg.registry.plain import plain
from gpreg.registry.reference import factory_of
from gpreg.registry.registry import load_registry
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.scenes import Scene
from gpreg.testing.things import thing_checks


@dataclass(frozen=True)
class CheckCase(Case):
    """A registered check of assumptions, at a point of parameter space.

    Args:
        name: name of the check.
        options: a check has none.
        point: where the networks are.
        seen: what it found when it was asked first, and what it left of what it looked at.
    """

    kind = "check"
    point: Point = "training"
    seen: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name}-{self.point}"

    def find(self, context: CheckContext) -> list[Finding]:
        """What the check finds in a context."""
        found = factory_of(load_registry().get(CHECK, self.name), self.kind)(context)
        expect(not isinstance(found, str | Finding) and found is not None, f"returns {found!r}, which are no findings")
        return list(found)

    def first(self) -> tuple[list[Finding], list[str]]:
        """What it finds, and what it changes meanwhile; it is asked once."""
        if not self.seen:
            context = Scene(self.point).context()
            before = _state(context)
            self.seen["findings"] = self.find(context)
            after = _state(context)
            self.seen["changed"] = [
                name for name in before | after if not torch.equal(before.get(name, _NONE), after.get(name, _NONE))
            ]
        return self.seen["findings"], self.seen["changed"]


_NONE = torch.empty(0)


def _state(context: CheckContext) -> dict[str, Tensor]:
    """All that a check must leave as it is, by name."""
    found: dict[str, Tensor] = {}
    for name in ("critic", "generator"):
        network: nn.Module = getattr(context.batch, name)
        found |= {f"{key} of the {name}": value.clone() for key, value in network.state_dict().items()}
        found |= {f"the gradient of {key}": p.grad for key, p in network.named_parameters() if p.grad is not None}
        found[f"which parameters of the {name} are trained"] = torch.tensor(
            [parameter.requires_grad for parameter in network.parameters()]
        )
        found[f"the mode of the {name}"] = torch.tensor([module.training for module in network.modules()])
        found[f"the hooks of the {name}"] = torch.tensor(
            [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in network.modules()]
        )
    for which, batch in (("first", context.batch), ("second", context.second_batch)):
        for each in fields(batch):
            if isinstance(value := getattr(batch, each.name), Tensor):
                found[f"{each.name} of the {which} batch"] = value.clone()
    return found


def finds_what_a_report_can_tell(case: CheckCase) -> None:
    """It returns findings, each with a known verdict and basis, evidence in words, and statistics that are JSON."""
    for finding in case.first()[0]:
        expect(isinstance(finding, Finding), f"finds a {type(finding).__name__}, which is no gpreg.interfaces.Finding")
        expect(finding.verdict in get_args(Verdict), f"has the verdict {finding.verdict!r}")
        expect(finding.basis in get_args(Basis), f"has the basis {finding.basis!r}")
        expect(finding.evidence.strip(), f"says nothing of why assumption {finding.assumption} {finding.verdict}")
        try:
            json.dumps(plain(finding.statistics, infinity="text", nan="null"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise AssertionError(f"has statistics that are no JSON data: {error}") from error


def finds_the_same_again(case: CheckCase) -> None:
    """On equal networks and batches it finds the same, whatever the global random states are; it leaves these alone."""
    with global_randomness(1):
        again = case.find(Scene(case.point).context())
    told = [[(one.assumption, one.verdict, one.evidence) for one in each] for each in (case.first()[0], again)]
    expect(told[0] == told[1], "finds something else when it is asked again on equal networks")


def leaves_what_it_looks_at(case: CheckCase) -> None:
    """Weights, gradients, modes, hooks and batches are what they were."""
    changed = case.first()[1]
    expect(not changed, f"changes {', '.join(changed)}")


CHECK_CHECKS = (finds_what_a_report_can_tell, finds_the_same_again, leaves_what_it_looks_at)


def check_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered check of assumptions, at each point of parameter space.

    >>> print(check_checks("declared")[-1])
    declared-training-leaves_what_it_looks_at
    """
    cases = [CheckCase(name, options or {}, point) for point in get_args(Point)]
    own = [Check(check, case) for case in cases for check in CHECK_CHECKS]
    return thing_checks(CheckCase.kind, name, options) + own
