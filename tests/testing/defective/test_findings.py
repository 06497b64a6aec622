"""Wrong checks of assumptions, each found by the check of the kit that is about it."""

import pytest
import torch
from fixtures.kits import assert_found, outcomes

from gpreg import CheckSpec
from gpreg.interfaces import Finding
from gpreg.testing import check_checks


def finding(**changes):
    return Finding(**{"assumption": "5b", "verdict": "undecided", "basis": "measured", "evidence": "nothing"} | changes)


def right(context):
    size = float(context.batch.real.square().mean())
    yield finding(evidence=f"the data has mean square {size:.3g}", statistics={"size": size})


def nothing(context):
    return None


def words(context):
    return ["5b holds"]


def unheard_of(context):
    yield finding(verdict="perhaps")


def silent(context):
    yield finding(evidence=" ")


def no_json(context):
    yield finding(statistics={"batch": context.batch})


def draws(context):
    yield finding(evidence=f"{torch.rand(()):.6f}")


calls = iter(range(1000))


def counts(context):
    yield finding(evidence=f"call {next(calls)}")


def evaluates(context):
    context.batch.critic.eval()
    yield finding()


def leaves_gradients(context):
    context.batch.critic(context.batch.real).sum().backward()
    yield finding()


def centres(context):
    context.batch.real.sub_(context.batch.real.mean(0))
    yield finding()


def steps(context):
    with torch.no_grad():
        next(context.batch.generator.parameters()).add_(1)
    yield finding()


def made(function):
    return "check", CheckSpec(name="subject", summary="s", factory=function), check_checks


def test_what_is_right_passes():
    assert outcomes(*made(right)) == {}


@pytest.mark.parametrize(
    ("function", "check"),
    [
        (nothing, "finds_what_a_report_can_tell"),
        (words, "finds_what_a_report_can_tell"),
        (unheard_of, "finds_what_a_report_can_tell"),
        (silent, "finds_what_a_report_can_tell"),
        (no_json, "finds_what_a_report_can_tell"),
        (draws, "finds_the_same_again"),
        (counts, "finds_the_same_again"),
        (evaluates, "leaves_what_it_looks_at"),
        (leaves_gradients, "leaves_what_it_looks_at"),
        (centres, "leaves_what_it_looks_at"),
        (steps, "leaves_what_it_looks_at"),
    ],
)
def test_what_is_wrong_is_found(function, check):
    assert_found(check, *made(function))
