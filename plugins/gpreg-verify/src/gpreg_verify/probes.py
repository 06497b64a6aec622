"""Critics of known gradient that record where they are called, and the samples that they are shown."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch._C import _functorch as transforms
from torch.nn import functional

from gpreg_verify.roles import names_critic

Answer = Literal["flat", "column", "tuple", "pair", "map", "dict"]
"""It returns ``(B,)``, ``(B, 1)``, ``((B, 1), features)``, ``(features, (B, 1))``, ``(B, 1, 1, 1)`` or a mapping."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of the critic.

    Attributes:
        points: ``(N, *x)``.
        outputs: ``(N,)``.
        tracked: whether the points could be differentiated.
        dtype: of the outputs; half precision under autocast.
    """

    points: Tensor
    outputs: Tensor
    tracked: bool
    dtype: torch.dtype


class ProbeCritic(nn.Module):
    """``D(x) = size * (<w, x> + depth * <v, tanh(W x)>) + b``: linear for depth 0, with gradient ``size * w``.

    Args:
        shape: shape of one sample.
        size: norm of the gradient of the linear part.
        depth: how much the gradient varies with x.
        answer: what a call returns.
        small: two linear layers with weights of 5e-5 instead, whose product 2.5e-9 is 0 in float16.
        packs: whether several rows are one sample, as in PacGAN.
        seed: seed of the weights.

    >>> critic = ProbeCritic((6,), size=2.0)
    >>> critic(torch.zeros(4, 6)).shape, critic.calls[0].points.shape
    (torch.Size([4]), torch.Size([4, 6]))
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        size: float = 1.0,
        depth: float = 0.0,
        answer: Answer = "flat",
        small: bool = False,
        packs: bool = False,
        seed: int = 0,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(1000 + seed)
        d = torch.Size(shape).numel()
        w = torch.randn(d, generator=rng, dtype=torch.float64)
        inner = torch.randn(5, d, generator=rng, dtype=torch.float64) * 2 / d**0.5
        outer = torch.randn(5, generator=rng, dtype=torch.float64)
        self.sample_shape, self.depth, self.answer, self.small = shape, depth, answer, small
        self.packs = packs
        if small:
            inner, outer, depth, size = inner.sign() * 5e-5, outer.sign() * 5e-5, 1.0, 1.0
        self.weight = nn.Parameter((w * (size / w.norm())).to(dtype)[None])
        self.inner = nn.Parameter(inner.to(dtype))
        self.outer = nn.Parameter((outer * size * depth).to(dtype)[None])
        self.bias = nn.Parameter(torch.full((1,), 0.2, dtype=dtype))
        self.calls: list[Call] = []

    def forward(self, *given: Any, **named: Any) -> Any:
        """Answer, and record the points, which are the first floating tensor; conditions do not matter."""
        x = next(each for each in (*given, *named.values()) if isinstance(each, Tensor) and each.is_floating_point())
        out = self.value(x)
        points, outputs = _plain(x), _plain(out)
        wrapped = points is not x
        self.calls.append(
            Call(
                points=points.detach().clone().reshape(-1, *self.sample_shape),
                outputs=outputs.detach().clone().reshape(-1),
                tracked=wrapped or (x.requires_grad and torch.is_grad_enabled()),
                dtype=out.dtype,
            )
        )
        column = out.unsqueeze(-1)
        if self.answer in ("flat", "column"):
            return out if self.answer == "flat" else column
        if self.answer == "map":
            return column[..., None, None]
        if self.answer == "dict":
            return defaultdict(lambda: column)
        features = torch.tanh(column * 0.3).repeat_interleave(3, dim=-1)
        return (column, features) if self.answer == "tuple" else (features, column)

    def __getattr__(self, name: str) -> Any:
        """``model.discriminator``, ``critic.module`` and the like are this critic."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            if not name.startswith("_") and names_critic(name):
                return self
            raise

    def value(self, x: Tensor) -> Tensor:
        """``(*lead, *x) -> (*lead,)``, unrecorded; x may be flattened."""
        ndim = len(self.sample_shape)
        whole = x.shape[x.ndim - ndim :] == self.sample_shape if x.ndim >= ndim else False
        flat = x.flatten(x.ndim - ndim) if whole else x.reshape(-1, self.weight.shape[1]) if self.packs else x
        if self.small:
            hidden = functional.linear(flat, self.inner.to(x.dtype))
            return functional.linear(hidden, self.outer.to(hidden.dtype)).squeeze(-1)
        out = functional.linear(flat, self.weight.to(x.dtype), self.bias.to(x.dtype))
        # a linear critic has outer weights of 0, so that all of its weights are in the graph as in any other network
        hidden = torch.tanh(functional.linear(flat, self.inner.to(x.dtype)))
        return (out + functional.linear(hidden, self.outer.to(x.dtype))).squeeze(-1)

    def gradient(self, points: Tensor, *, squash: bool = False) -> Tensor:
        """``(N, *x)``: the gradient of D, or of its sigmoid, differentiable in the parameters."""
        x = points.to(self.weight.dtype).detach().requires_grad_()
        value = self.value(x)
        (grad,) = torch.autograd.grad((value.sigmoid() if squash else value).sum(), x, create_graph=True)
        return grad


def _plain(x: Tensor) -> Tensor:
    """The tensor inside the wrappers of ``torch.func``, with the axis that is mapped over in front."""
    while transforms.is_functorch_wrapped_tensor(x):
        axis = transforms.maybe_get_bdim(x) if transforms.is_batchedtensor(x) else -1
        x = transforms.get_unwrapped(x)
        x = x.movedim(axis, 0) if axis > 0 else x
    return x


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Samples of one shape, and a critic's traits: what a function is tried on.

    Attributes:
        shape, batch: of the samples, ``(batch, *shape)``.
        answer: what the critic returns.
        dtype: of samples and weights.
        size, depth, critic_seed: of the critic.
        spread: size of the samples.
        generated: whether the fakes carry the generator's graph.
        scene_seed: seed of the samples.
        leaf: whether the samples require a gradient already.
        small: see :class:`ProbeCritic`.
        pack: rows that are one sample, of shape ``(pack * d,)``; the function is given ``(batch * pack, d)``.
        loss_scale: what the penalty is multiplied by for its backward pass, and its gradient divided by after it.
    """

    shape: tuple[int, ...]
    batch: int = 4
    answer: Answer = "flat"
    dtype: torch.dtype = torch.float64
    size: float = 1.0
    depth: float = 0.0
    critic_seed: int = 0
    spread: float = 1.0
    generated: bool = False
    scene_seed: int = 0
    leaf: bool = False
    small: bool = False
    pack: int = 1
    loss_scale: float = 1.0

    def critic(self) -> ProbeCritic:
        """A new critic."""
        return ProbeCritic(
            self.shape,
            size=self.size,
            depth=self.depth,
            answer=self.answer,
            small=self.small,
            packs=self.pack > 1,
            seed=self.critic_seed,
            dtype=self.dtype,
        )

    def samples(self) -> "Samples":
        """The samples, the same each time."""
        rng = torch.Generator().manual_seed(2000 + self.scene_seed)
        d = torch.Size(self.shape).numel()
        real = 0.3 + 0.8 * torch.randn(self.batch, *self.shape, generator=rng, dtype=torch.float64)
        latent = torch.randn(self.batch, 3, generator=rng, dtype=torch.float64).to(self.dtype)
        net = nn.Sequential(nn.Linear(3, d, dtype=torch.float64), nn.Tanh(), nn.Unflatten(1, self.shape))
        with torch.no_grad():
            for weight in net.parameters():
                weight.copy_(torch.randn(weight.shape, generator=rng, dtype=torch.float64))
        net = net.to(self.dtype)
        fake = net(latent) * self.spread
        return Samples(
            real=(real * self.spread).to(self.dtype),
            fake=fake if self.generated else fake.detach(),
            latent=latent,
            net=net,
        )


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Real samples ``(B, *x)``, fake ones, the latent codes ``(B, 3)`` of these, and the generator."""

    real: Tensor
    fake: Tensor
    latent: Tensor
    net: nn.Module

    def copied(self, *, generated: bool, pack: int = 1) -> "Samples":
        """Copies that a function may change, in rows; fakes keep the generator's graph, if they have it."""
        real, fake = self.real.clone(), self.fake if generated else self.fake.clone()
        if pack > 1:
            real, fake = real.reshape(len(real) * pack, -1), fake.reshape(len(fake) * pack, -1)
        return replace(self, real=real, fake=fake)
