"""A penalty that is computed in some steps only: with the factor that makes up for the others, or without it."""

from dataclasses import dataclass

from gpreg_verify.explanation import Explanation
from gpreg_verify.periods import Period, period, with_period
from gpreg_verify.roles import roles_of
from gpreg_verify.subject import Subject
from gpreg_verify.verification import Defect


@dataclass(frozen=True, kw_only=True)
class Laziness:
    """What is known of a function's period.

    Attributes:
        steps: it computes the penalty in each ``steps``-th step; 1: always.
        factor: what its value is multiplied by on that account.
        defect: the factor is missing.
    """

    steps: int = 1
    factor: float = 1.0
    defect: Defect | None = None


def laziness(found: Explanation, every: int | None) -> Laziness:
    """Find the period, change it, and see whether the value changes as much.

    Args:
        found: the function.
        every: the period of the loop that calls it, if the loop decides.
    """
    subject, scene = found.subject, found.scene
    plan = subject.plan
    names = [*plan.names("every"), *(name for name in plan.defaults if roles_of(name)[0] == "every")]
    own = {**plan.defaults, **plan.invented}
    usual = period(subject, scene) if subject.skips > 1 or names else Period(steps=1, value=0.0)
    for name in names:
        if isinstance(own.get(name), int | float) and not isinstance(own.get(name), bool):
            k = int(own[name]) or 1
            new = 2 * k if k > 1 else 4
            other = period(subject.fresh(**{name: new}), scene)
            if judged := _judged(usual, other, k, new, told=(f"{name}={k}", f"{name}={new}"), name=name):
                return judged
    if usual.steps > 1:
        k = usual.steps
        for function in with_period(subject.function, k, 2 * k):
            changed = Subject(function, plan, subject.numbers, pick=subject.pick, on_cpu=subject.on_cpu)
            other = period(changed, scene)
            if other.steps == 2 * k and (
                judged := _judged(usual, other, k, 2 * k, told=(f"a period of {k}", f"one of {2 * k}"), name=str(k))
            ):
                return judged
    steps = every if every and every > 1 else usual.steps
    return _by_coefficient(found, steps) if steps > 1 else Laziness()


def _judged(a: Period, b: Period, old: int, new: int, *, told: tuple[str, str], name: str) -> Laziness | None:
    if not a.value or not b.value:
        return None
    ratio, wanted = b.value / a.value, new / old
    if abs(ratio / wanted - 1) < 0.02:
        return Laziness(steps=max(old, a.steps), factor=old)
    if abs(ratio - 1) > 0.02 or a.steps == b.steps or b.steps <= 1:
        return None
    return Laziness(
        steps=old,
        defect=_missing(
            name,
            f"with {told[0]} the penalty is computed once in {a.steps or 1} steps, value {a.value:.6g}; with {told[1]} "
            f"once in {b.steps} steps, value {b.value:.6g}: on average over the steps it is {wanted:g} times weaker",
        ),
    )


def _by_coefficient(found: Explanation, steps: int) -> Laziness:
    """Without a way to change the period: compare the coefficient with the number that the function was given."""
    weight = found.subject.plan.number("weight")
    if weight is None:
        owner = getattr(found.subject.function, "__self__", found.subject.function)
        held = [
            value
            for name, value in getattr(owner, "__dict__", {}).items()
            if roles_of(name)[0] == "weight" and isinstance(value, int | float)
        ]
        weight = held[0] if held else None
    if not weight:
        return Laziness(steps=steps)
    ratio = found.where.rho / 2 / weight
    if any(abs(ratio / (part * steps) - 1) < 0.01 for part in (0.5, 1.0)):
        return Laziness(steps=steps, factor=steps)
    if any(abs(ratio / part - 1) < 0.01 for part in (0.5, 1.0)):
        return Laziness(
            steps=steps,
            defect=_missing(
                str(steps),
                f"the penalty is computed once in {steps} steps, with the coefficient {ratio * weight:g} of "
                f"E[...] that the number {weight:g} means in every step: on average it is {steps} times weaker",
            ),
        )
    return Laziness(steps=steps)


def _missing(name: str, evidence: str) -> Defect:
    return Defect(
        name="lazy-without-factor",
        evidence=evidence,
        remedy=f"multiply by the period where the penalty is computed: return {name} * penalty (StyleGAN2, section "
        "on lazy regularization), or say that the coefficient is that much smaller",
    )
