"""An outcome in words."""

from collections.abc import Mapping
from typing import Any

from gpreg.registry.kinds import FORM, MEASURE
from gpreg.registry.options import describe
from gpreg.registry.place import raised_at
from gpreg.registry.reference import options_of
from gpreg.registry.registry import load_registry
from gpreg_verify.defects.lazy import Laziness
from gpreg_verify.explanation import Attempts, Explanation
from gpreg_verify.verification import Defect, Identified

SIGNATURES = (
    "(critic, real, fake, ...)",
    "(critic, real, ...)",
    "(real, fake, critic, ...)",
    "(outputs, inputs)",
    "(real_logits, real, fake_logits, fake)",
    "(gradients)",
)
"""The signatures that are known, in any order and by the field's names."""


def text(
    name: str,
    known: Identified | None,
    *,
    defects: tuple[Defect, ...],
    found: Explanation | None,
    attempts: Attempts,
    laziness: Laziness,
) -> str:
    """What the function is, how that was found out, and what is wrong with it, one paragraph each."""
    parts = [_identity(name, known, found, laziness)]
    if found is None:
        parts.append(_tried(attempts))
    else:
        parts.append(_how(found, laziness))
    if known is not None and not defects:
        parts.append("No known defect was found.")
    parts += [f"{defect.name}: {defect.evidence}.\n  Write: {defect.remedy}." for defect in defects]
    return "\n".join(part for part in parts if part)


def _identity(name: str, known: Identified | None, found: Explanation | None, laziness: Laziness) -> str:
    if known is None:
        return f"{name} is unlike any penalty that is known."
    registry = load_registry()
    form, measure = registry.get(FORM, known.form), registry.get(MEASURE, known.measure)
    usual = {info.name: info.default for info in describe(options_of(form, FORM.name))}
    of_form = _options({key: known.options.get(key, value) for key, value in usual.items()})
    of_measure = _options({key: value for key, value in known.options.items() if key not in usual})
    squash = " of the critic's sigmoid" if found is not None and found.squash else ""
    lazy = f", once in {laziness.steps} steps" if laziness.steps > 1 else ""
    return (
        f"{name} is {known.rho / 2:.6g} x E[{form.formula}]{squash}, {measure.sampling}: "
        f"measure {known.measure}{of_measure}, form "
        f"{known.form}{of_form}, rho = {known.rho:.6g}{lazy}.\nOthers write {'; '.join(known.conventions)}."
    )


def _options(options: Mapping[str, Any]) -> str:
    told = (f"{key} = {value:g}" if isinstance(value, float) else f"{key} = {value}" for key, value in options.items())
    return f" ({', '.join(told)})" if options else ""


def _how(found: Explanation, laziness: Laziness) -> str:
    plan = found.subject.plan
    told = [f"It was called as {plan.told()} on {found.stage.name}"]
    if plan.invented:
        numbers = ", ".join(f"{name} = {value:g}" for name, value in plan.invented.items())
        told.append(f", with {numbers}, for which it has no default")
    told.append(".")
    if found.sigma is not None:
        told.append(f" The gradient is estimated by differences at a distance of sigma = {found.sigma:g}.")
    if laziness.factor > 1:
        told.append(f" Its value has the factor {laziness.factor:g} of the steps that it leaves out.")
    told += [f" Note: {note}." for note in found.where.notes]
    if found.fit is None:
        values = ", ".join(f"{trial.value:.5g}" for trial in found.trials[:4])
        sizes = ", ".join(f"{trial.scene.size:g}" for trial in found.trials[:4])
        told.append(
            f" For linear critics with |grad D| = {sizes} its value is {values}, which no registered form gives."
        )
    return "".join(told)


def _tried(attempts: Attempts) -> str:
    told = [f"No call gave a penalty. Known signatures are {'; '.join(SIGNATURES)}."]
    seen: dict[str, str] = {}
    for plan, trial in attempts.errors:
        at = raised_at(trial.error, attempts.file) if trial.error and attempts.file else ""
        reason = f"{type(trial.error).__name__}: {str(trial.error).splitlines()[0] if str(trial.error) else ''}"
        reason += f" ({at})" if at else ""
        seen.setdefault(plan.told(), reason)
    told += [f"  called as {call}: {reason}" for call, reason in list(seen.items())[:3]]
    told.append(
        "Give its parameters the field's names, such as critic, real, fake, or wrap it in a function that does."
    )
    return "\n".join(told)
