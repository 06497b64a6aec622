"""Where a function penalises the gradient: the registered measure, from the points that its critic saw."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from gpreg.registry.kinds import FORM
from gpreg.registry.registry import load_registry
from gpreg_verify.groups import groups
from gpreg_verify.laws import DRAWS, Law, Laws, correlation_across_samples
from gpreg_verify.probes import Scene
from gpreg_verify.subject import Subject

_ONE = 0.9
"""Correlation between the moves of a batch's samples from which on one number moves them all."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """The measure of a function.

    Attributes:
        measure: its name; empty if it is none of the registered.
        options: those that differ from the defaults.
        rho: the coefficient.
        shared: evidence that the weights of interpolation are not one a sample; empty if they are.
        frozen: evidence that its random numbers are the same in each call; empty if they are not.
        notes: what else is to be told.
        exact: whether its points follow the measure's law, or only one like it.
    """

    measure: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    rho: float = 0.0
    shared: str = ""
    frozen: str = ""
    notes: tuple[str, ...] = ()
    exact: bool = True


def where(subject: Subject, scene: Scene, coefficients: Mapping[str, float], form: str) -> Where:
    """Name the measure of which the value is ``sum of coefficient * E[form]``, label by label.

    Args:
        subject: the function.
        scene: where its points are recorded.
        coefficients: by label, see :class:`gpreg_verify.groups.Group`.
        form: the name of the form, which decides between measures of the same points.
    """
    laws = Laws(scene)
    series = _series(subject, scene, [label for label in coefficients if label.startswith("x")])
    if len(series) == 1 and len(coefficients) == 1:
        return _elsewhere(laws, next(iter(series.values())), next(iter(coefficients.values())), form)
    if not series and (found := laws.of_fixed(dict(coefficients))):
        law = _fitting(found, form)
        return _at(law, coefficients)
    parts = [
        _elsewhere(laws, series[label], coefficient, form)
        if label in series
        else _single(laws, label, coefficient, form)
        for label, coefficient in coefficients.items()
    ]
    if len(parts) == 1:
        return parts[0]
    if not all(part.measure for part in parts):
        return Where(notes=tuple(note for part in parts for note in part.notes))
    first = parts[0].rho
    if all((part.measure, part.options) == (parts[0].measure, parts[0].options) for part in parts):
        return replace(parts[0], rho=sum(part.rho for part in parts))  # several draws of one law
    return Where(
        measure="mixture",
        options={
            "parts": tuple(part.measure for part in parts),
            "weights": tuple(float(f"{part.rho / first:.3g}") for part in parts),
        },
        rho=first,
        shared=next((part.shared for part in parts if part.shared), ""),
        frozen=next((part.frozen for part in parts if part.frozen), ""),
    )


def _series(subject: Subject, scene: Scene, labels: list[str]) -> dict[str, Tensor]:
    """Points ``(K, B, *x)`` of many calls, by label."""
    drawn: dict[str, list[Tensor]] = {label: [] for label in labels}
    calling = subject.fresh()
    for seed in range(1, DRAWS + 1) if labels else ():
        trial = calling(scene, seed=seed, slope=False)
        found = {group.label: group.points for group in groups(trial) if group.tracked}
        for label in labels:
            if label in found:
                drawn[label].append(found[label])
    return {label: torch.stack(points) for label, points in drawn.items() if points}


def _single(laws: Laws, label: str, coefficient: float, form: str) -> Where:
    found = laws.of_fixed({label: coefficient})
    return _at(_fitting(found, form), {label: coefficient}) if found else Where()


def _at(law: Law, coefficients: Mapping[str, float]) -> Where:
    label, share = next(iter((law.shares or {}).items()))
    return Where(measure=law.measure.name, options=law.measure.options, rho=2 * coefficients[label] / share)


def _elsewhere(laws: Laws, points: Tensor, coefficient: float, form: str) -> Where:
    first = points[0]
    fixed = all(torch.equal(first, other) for other in points[1:])
    if fixed and (found := laws.of_fixed({"x1": coefficient}, first)):
        return _at(_fitting(found, form), {"x1": coefficient})
    weights = _weights_of_segment(points, laws)
    if weights is None and not fixed:
        weights = _weights_of_shuffled(points, laws)
    frozen = shared = ""
    law: Law | None = None
    if weights is not None:
        law = _law_between(laws, form)
        told = weights.flatten(1)
        lengthwise = weights.flatten(2)
        one_a_sample = bool((lengthwise - lengthwise[..., :1]).abs().max() < 1e-4)
        if not one_a_sample:
            spread = float(lengthwise.std(dim=2).mean())
            shared = (
                f"the weight of interpolation differs within a sample (standard deviation {spread:.2f} over its "
                f"coordinates): the points fill the box between real and fake sample instead of the segment"
            )
        elif not fixed and bool((told - told[:, :1]).abs().max() < 1e-4):
            shared = (
                f"in {len(points)} calls all {points.shape[1]} samples of a batch had one weight of interpolation, "
                f"such as {float(told[0, 0]):.3f}"
            )
        if fixed and one_a_sample and bool((told - told[:, :1]).abs().max() < 1e-4):
            a = float(told[0, 0])
            return Where(notes=(f"its points lie at {a:.3g} x_d + {1 - a:.3g} x_g, which no registered measure has",))
    elif not fixed:
        found = laws.of_random(points)
        law = _fitting(found, form) if found else None
    if law is None:
        moved = float((points - laws.real).flatten(2).norm(dim=2).mean())
        return Where(notes=(f"its points, {moved:.3g} from the real samples on average, follow no registered measure",))
    if fixed:
        frozen = f"after {len(points)} different seeds its random points were the same each time"
    if not shared and not fixed and law.random:
        own = correlation_across_samples(points, laws.real)
        usual = correlation_across_samples(law.points, laws.real)
        if own > _ONE > usual + 0.3:
            shared = (
                f"one random number moves all {points.shape[1]} samples of a batch: their moves are correlated by "
                f"{own:.2f}, and by {usual:.2f} if each has its own"
            )
    notes = () if law.exact else (f"its noise is not quite that of {law.measure.name!r}, which is the nearest",)
    return Where(
        measure=law.measure.name,
        options=law.measure.options,
        rho=2 * coefficient,
        shared=shared,
        frozen=frozen,
        notes=notes,
        exact=law.exact,
    )


def _weights_of_segment(points: Tensor, laws: Laws) -> Tensor | None:
    """``a`` of ``x = a x_d + (1 - a) x_g``, element by element, ``(K, B, *x)``; ``None`` if x is not between them."""
    length = laws.real - laws.fake
    clear = (length.abs() > 0.05).expand_as(points)
    a = (points - laws.fake) / torch.where(length.abs() > 0.05, length, torch.ones_like(length))
    inside = (a[clear] > -1e-3) & (a[clear] < 1 + 1e-3)
    if not bool(inside.all()):
        return None
    mean = torch.where(clear, a, torch.zeros_like(a)).flatten(2).sum(2) / clear.flatten(2).sum(2)
    filled = mean.reshape(*mean.shape, *[1] * (a.ndim - 2)).expand_as(a)
    return torch.where(clear, a, filled)


def _weights_of_shuffled(points: Tensor, laws: Laws) -> Tensor | None:
    """``a`` of ``x = a x_d + (1 - a) x_g``, ``(K, B, *1)``, of any real and any fake sample of the batch."""
    flat, real, fake = (x.double().flatten(start) for x, start in ((points, 2), (laws.real, 1), (laws.fake, 1)))
    origin, length = fake[None], real[:, None] - fake[None]
    moved = flat[..., None, None, :] - origin  # (K, B, real, fake, d)
    a = (moved * length).sum(-1) / length.square().sum(-1)
    off = (moved - a[..., None] * length).norm(dim=-1) / length.norm(dim=-1)
    off = torch.where((a > -1e-3) & (a < 1 + 1e-3), off, 1.0).flatten(2)
    nearest, pair = off.min(2)
    if bool((nearest > 1e-4).any()):
        return None
    return a.flatten(2).gather(2, pair[..., None]).reshape(*pair.shape, *[1] * laws.real[0].ndim)


def _law_between(laws: Laws, form: str) -> Law | None:
    """The registered measure of points on the segments between the samples of a pair."""
    rng = torch.Generator().manual_seed(0)
    a = torch.rand(DRAWS, len(laws.real), *[1] * (laws.real.ndim - 1), generator=rng, dtype=laws.real.dtype)
    found = [law for law in laws.of_random(a * laws.real + (1 - a) * laws.fake) if law.exact]
    return _fitting(found, form) if found else None


def _fitting(found: list[Law], form: str) -> Law:
    """Of laws with the same points, the one whose own form it is, or whose form is as simple."""
    registry = load_registry()
    own = [law for law in found if law.measure.spec.form == form]  # type: ignore[attr-defined] # these laws have a measure
    simple = registry.get(FORM, form).simple
    alike = [
        law
        for law in found
        if registry.get(FORM, law.measure.spec.form).simple == simple  # type: ignore[attr-defined] # these laws have a measure
    ]
    return (own or alike or found)[0]
