"""The arguments of one call: what each role is given."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from gpreg_verify.plans import Plan
from gpreg_verify.probes import ProbeCritic, Samples, Scene
from gpreg_verify.roles import DEFAULTS, names_critic, roles_of


def arguments(
    plan: Plan, scene: Scene, critic: ProbeCritic, samples: Samples, *, numbers: Mapping[str, Any], step: int, seed: int
) -> tuple[list[Any], dict[str, Any]]:
    """The positional and the named arguments of a call.

    Args:
        plan: the role of each parameter.
        scene: whether the samples require a gradient already.
        critic: the critic, which is called here where the function takes outputs.
        samples: copies that the function may change.
        numbers: values of parameters that go before the plan's.
        step: of a function that takes one.
        seed: of the generators that are given.
    """
    real, fake = samples.real, samples.fake
    mixed = None
    if plan.has("mixed"):
        a = torch.rand(len(real), *[1] * (real.ndim - 1), dtype=real.dtype)
        mixed = a * real + (1 - a) * fake
    if plan.has("logits", "fake-logits", "gradients") or scene.leaf:
        real.requires_grad_()
        if not scene.generated:
            fake.requires_grad_()
        mixed = None if mixed is None else mixed.detach().requires_grad_()
    given: dict[str, Any] = {
        "critic": critic,
        "real": real,
        "fake": fake,
        "mixed": mixed,
        "latent": samples.latent,
        "network": samples.net,
        "device": real.device,
        "dtype": real.dtype,
        "size": len(real),
        "labels": torch.zeros(len(real), dtype=torch.long),
        "settings": Settings(critic),
        "rng": torch.Generator().manual_seed(seed),
        "numpy-rng": np.random.default_rng(seed),
        "scaler": torch.amp.GradScaler("cpu", init_scale=1.0),
        "step": step,
    }
    if plan.has("optimizer"):  # making the first one takes a second
        given["optimizer"] = torch.optim.SGD(critic.parameters(), lr=0.0)
    if plan.has("logits"):
        given["logits"] = critic(real if mixed is None or plan.has("real") else mixed)
    if plan.has("fake-logits"):
        given["fake-logits"] = critic(fake)
    if plan.has("gradients"):
        given["gradients"] = torch.autograd.grad(critic(real).sum(), real, create_graph=True)[0]
    named = {name: given.get(role, DEFAULTS.get(role)) for name, role in plan.roles.items()}
    named.update((name, value) for name, value in numbers.items() if name in named or name in plan.defaults)
    return [named.pop(name) for name in plan.positional if name in named], named


class Settings:
    """The ``args``, ``cfg`` or ``self`` of a training script: any number and the critic, by the usual names.

    >>> Settings().lambda_gp, Settings()["device"]
    (10.0, 'cpu')
    """

    def __init__(self, critic: Any = None) -> None:
        self._critic = critic

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if names_critic(name):
            return self._critic
        role = roles_of(name)[0]
        return "cpu" if role == "device" else DEFAULTS.get(role, 10.0)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """The critic's answer, where the function is the critic's own method."""
        return self._critic(*given, **named)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def get(self, name: str, default: Any = None) -> Any:
        """As of a mapping; the default is the function's own choice."""
        return getattr(self, name) if default is None else default
