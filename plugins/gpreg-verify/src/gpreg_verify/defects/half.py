"""Inner gradients in float16 that are not scaled, or not divided by the scale."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from gpreg_verify.explanation import Explanation, slope_of
from gpreg_verify.roles import roles_of
from gpreg_verify.subject import Subject
from gpreg_verify.verification import Defect

_NAME = "unscaled-fp16"
_SCALE = 2.0**12
"""Large enough for gradients of 1e-8, and small enough for float16 to hold it."""


def unscaled(found: Explanation) -> Defect | None:
    """Only functions that deal with float16 themselves, by a scaler or by autocast, are judged."""
    return _left_in_the_value(found) or _underflows(found)


def _left_in_the_value(found: Explanation) -> Defect | None:
    one, many = (_scaled(found.subject, scale) for scale in (1.0, _SCALE))
    if one is None or many is None:
        return None
    a, b = (subject(replace(found.scene, dtype=torch.float32)) for subject in (one, many))
    if a.error or b.error or not a.value or abs(b.value / a.value - 1) < 1e-2:
        return None
    return Defect(
        name=_NAME,
        evidence=f"with a loss scale of {_SCALE:g} the value is {b.value:.4g}, and {a.value:.4g} with a scale of 1: "
        "the inner gradient keeps the scale",
        remedy="divide the inner gradient by the scale before its norm is taken: grad = grad / scaler.get_scale()",
    )


def _underflows(found: Explanation) -> Defect | None:
    """Try a critic whose gradient is the product of two small numbers, so that float16 makes it 0."""
    if found.fit is None:
        return None
    subject = _scaled(found.subject, _SCALE) or found.subject.fresh()
    small = replace(found.scene, dtype=torch.float32, depth=0.0, small=True)
    # the trainer scales the loss for its own backward pass; the best scale counts
    slopes = [0.0]
    with _half_precision_on_cpu(), _Halves() as halves:
        trials = [subject(replace(small, loss_scale=scale)) for scale in (1.0, 2.0**12, 2.0**24, 2.0**36)]
    trial = trials[0]
    in_critic = any(call.dtype == torch.float16 for call in trial.calls)
    if trial.error is not None or not (in_critic or halves.seen):
        return None
    for trial in trials:
        if trial.slope is not None and bool(trial.slope.isfinite().all()):
            slopes.append(float(trial.slope.norm()))
    wanted, right = float(found.fit.predict(trial)), float(slope_of(trial, found.fit).norm())
    slope = min(slopes, key=lambda slope: abs(slope - right))
    if abs(slope - right) < 0.5 * right and abs(trial.value - wanted) < 0.5 * wanted:
        return None
    return Defect(
        name=_NAME,
        evidence=f"it {'runs the critic' if in_critic else 'computes with the gradient'} in float16, where entries of "
        f"1e-8 are 0: the value is {trial.value:.3g} instead of {wanted:.3g}, and its gradient by the weights has "
        f"norm {slope:.3g}, not {right:.3g}",
        remedy="scale the outputs before torch.autograd.grad and divide the gradient by the scale in float32, or "
        "compute the penalty under torch.autocast(device_type, enabled=False)",
    )


def _scaled(subject: Subject, scale: float) -> Subject | None:
    """The function with another loss scale; ``None`` if it has none."""
    plan = subject.plan
    scaler = torch.amp.GradScaler("cpu", init_scale=scale)
    given = [*plan.roles, *plan.defaults]
    numbers: dict[str, Any] = {}
    for name in given:
        role = plan.roles.get(name) or roles_of(name)[0]
        if role == "scaler":
            numbers[name] = scaler
        elif role == "loss-scale" and plan.defaults.get(name, 1.0) is not None:
            numbers[name] = scale
    changed = subject.fresh(**numbers)
    owner = getattr(changed.function, "__self__", changed.function)
    held = [name for name, value in getattr(owner, "__dict__", {}).items() if isinstance(value, torch.amp.GradScaler)]
    for name in held:
        setattr(owner, name, scaler)
    return changed if numbers or held else None


class _Halves(TorchDispatchMode):
    """Sees whether anything is computed in float16."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # torch's class has no annotations
        self.seen = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Look at what an operation returns."""
        result = func(*args, **(kwargs or {}))
        self.seen = self.seen or (isinstance(result, Tensor) and result.dtype == torch.float16)
        return result


@contextmanager
def _half_precision_on_cpu() -> Iterator[None]:
    """Autocast for CUDA casts to float16 on the CPU."""
    autocast: Any = torch.amp.autocast_mode.autocast
    original = autocast.__init__

    def redirected(self: Any, device_type: str, dtype: Any = None, enabled: bool = True, **rest: Any) -> None:
        if device_type.startswith("cuda"):
            device_type, dtype = "cpu", dtype or torch.float16
        original(self, device_type, dtype, enabled, **rest)

    autocast.__init__ = redirected
    try:
        yield
    finally:
        autocast.__init__ = original
