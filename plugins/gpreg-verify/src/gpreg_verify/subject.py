"""A function under examination, with the way to call it: one call on one scene gives one trial."""

import copy
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from gpreg_verify.arguments import arguments
from gpreg_verify.chance import Chance, seed_all
from gpreg_verify.cpu import OnCpu
from gpreg_verify.plans import Plan
from gpreg_verify.probes import Call, ProbeCritic, Scene
from gpreg_verify.results import value_of
from gpreg_verify.watch import Watch

SKIPS = 130
"""Calls after which a lazy function must have computed its penalty once."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one call did.

    Attributes:
        scene: where it was made.
        critic: the critic that was given, for what the penalty should have been.
        real, fake: the samples that were given, ``(B, *x)``.
        value: the penalty; NaN if there was none.
        slope: the gradient of the penalty by the critic's parameters, flattened; ``None`` if there is no graph.
        reached: norm of the gradient that arrives in the generator.
        calls: the critic's calls.
        error: what the function raised.
        result: what it returned.
        chance: what it did to the global random states.
        differentiates: whether it called :func:`torch.autograd.grad`.
        by_weights: whether it differentiated by the critic's weights and by nothing else.
    """

    scene: Scene
    critic: ProbeCritic
    real: Tensor
    fake: Tensor
    value: float = float("nan")
    slope: Tensor | None = None
    reached: float = 0.0
    calls: tuple[Call, ...] = ()
    error: BaseException | None = None
    result: Any = None
    chance: Chance = field(default_factory=Chance)
    differentiates: bool = False
    by_weights: bool = False

    @property
    def computed(self) -> bool:
        """Whether a penalty was computed, rather than skipped in a lazy step."""
        if self.error is not None or self.value != self.value:
            return False
        return self.value != 0 or bool(self.slope is not None and self.slope.any())


@dataclass
class Subject:
    """A function and a plan to call it.

    Attributes:
        function: somebody's penalty.
        plan: which argument is given for each parameter.
        numbers: values for parameters instead of the plan's.
        step: the step of the next call, for functions that take one.
        pick: which of several scalars that the function returns is the penalty.
        on_cpu: whether what asks for a CUDA device is given the CPU.
        skips: calls after which a lazy function must have computed its penalty once; 1: it is not lazy.
    """

    function: Callable[..., Any]
    plan: Plan
    numbers: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    pick: int = 0
    skips: int = SKIPS
    on_cpu: bool = False

    def fresh(self, **numbers: Any) -> "Subject":
        """The same function as if it had not been called yet; functions that keep state elsewhere are as they are."""
        return Subject(
            renewed(self.function),
            self.plan,
            {**self.numbers, **numbers},
            pick=self.pick,
            skips=self.skips,
            on_cpu=self.on_cpu,
        )

    def __call__(self, scene: Scene, *, seed: int = 0, slope: bool = True) -> Trial:
        """Call it, again and again where it is lazy, until it computes the penalty."""
        for skipped in range(self.skips):  # other seeds, for what is lazy at random
            trial = self.once(scene, seed=seed + 1009 * skipped, slope=slope)
            nothing = bool(trial.calls) and trial.value != trial.value
            if trial.computed or trial.error is not None or nothing:
                break
        return trial

    def once(self, scene: Scene, *, seed: int = 0, slope: bool = True) -> Trial:
        """One call after seeding every global random state."""
        seed_all(seed)
        critic = scene.critic()
        samples = scene.samples()
        given = samples.copied(generated=scene.generated, pack=scene.pack)
        value, gradient, reached, error, result = float("nan"), None, 0.0, None, None
        step, self.step = self.step, self.step + 1
        if self.plan.owned:
            setattr(getattr(self.function, "__self__", self.function), self.plan.owned, critic)
        seed_all(seed)
        with Chance() as chance, Watch() as watch, OnCpu() if self.on_cpu else nullcontext():
            try:
                positional, named = arguments(
                    self.plan, scene, critic, given, numbers=self.numbers, step=step, seed=seed
                )
                seed_all(seed)
                result = self.function(*positional, **named)
            except (Exception, SystemExit) as caught:  # whatever somebody's function raises is told
                error = caught
        if error is None:
            try:
                value, gradient, reached = _differentiated(
                    value_of(result, self.pick), critic, samples.net, slope=slope, scale=scene.loss_scale
                )
            except Exception as caught:  # what is returned, and its backward pass, are the function's, too
                error = caught
        if error is not None and not self.on_cpu and re.search("cuda|nvidia", str(error), re.IGNORECASE):
            self.on_cpu = True
            return self.once(scene, seed=seed, slope=slope)
        return Trial(
            scene=scene,
            critic=critic,
            real=samples.real,
            fake=samples.fake.detach(),
            value=value,
            slope=gradient,
            reached=reached,
            calls=tuple(critic.calls),
            error=error,
            result=result,
            chance=chance,
            differentiates=bool(watch.inputs),
            by_weights=watch.only(critic.parameters()),
        )


def renewed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of an instance, or of the instance of a bound method; what cannot be copied is returned as it is."""
    try:
        owner = getattr(function, "__self__", None)
        if owner is not None and not isinstance(owner, type):
            return getattr(copy.deepcopy(owner), function.__name__)  # type: ignore[no-any-return] # a method
        return copy.deepcopy(function)
    except Exception:
        return function


def _differentiated(
    penalty: Tensor | float | None, critic: ProbeCritic, net: Any, *, slope: bool, scale: float
) -> tuple[float, Tensor | None, float]:
    parameters = list(critic.parameters())
    if penalty is None or not isinstance(penalty, Tensor):
        own = [weight.grad for weight in parameters]
        flat = None if all(grad is None for grad in own) else flattened(own, parameters)
        return (float("nan") if penalty is None and flat is None else float(penalty or 0.0)), flat, 0.0
    value = float(penalty.detach())
    if not slope or not penalty.requires_grad:
        own = [weight.grad for weight in parameters]
        return value, None if all(grad is None for grad in own) else flattened(own, parameters), 0.0
    others = list(net.parameters())
    grads = torch.autograd.grad(penalty * scale, [*parameters, *others], allow_unused=True)
    reached = sum(float(grad.norm()) ** 2 for grad in grads[len(parameters) :] if grad is not None) ** 0.5
    own = [None if grad is None else grad / scale for grad in grads[: len(parameters)]]
    return value, None if all(grad is None for grad in own) else flattened(own, parameters), reached


def flattened(grads: Any, like: list[Any]) -> Tensor:
    """Gradients by several parameters as one vector in float64; those that are ``None`` are 0."""
    parts = [torch.zeros_like(x) if grad is None else grad for grad, x in zip(grads, like, strict=True)]
    return torch.cat([part.detach().flatten().double() for part in parts])
