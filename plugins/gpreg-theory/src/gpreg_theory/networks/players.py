"""A network at one point of its parameter space: how its outputs change with its parameters and its inputs.

Everything is computed by one backward pass, or by a backward pass through another. For a scalar S of parameters and
samples, ``<grad_psi S, v>`` is differentiated once more by the samples or by the parameters. Second derivatives
commute, so that this is exact, and each operation only has to be twice differentiable by torch, as for the gradient
penalty itself. Forward-mode differentiation, which fewer operations support, is not used.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gpreg.critics.calls import critic_outputs
from gpreg.errors import UsageError, did_you_mean
from gpreg.penalties.autocast import outside_autocast


def gradient(of: Tensor, by: Sequence[Tensor], *, graph: bool = False) -> tuple[Tensor, ...]:
    """The gradient of a scalar by each tensor; zeros for a tensor on which it does not depend."""
    if not (of.requires_grad and by):
        return tuple(map(torch.zeros_like, by))
    return torch.autograd.grad(of, by, create_graph=graph, retain_graph=True, allow_unused=True, materialize_grads=True)


class Player:
    """A copy of a network whose chosen parameters form one vector; the network itself is left as it is.

    The copy is in evaluation mode, without dropout or power iteration. Batch normalisation that was in training mode,
    or tracks no running statistics, normalises by the batch, as it does in training.

    Args:
        network: the network to be copied.
        parameters: names of the parameters in the vector, as ``network.named_parameters()`` has them; by default all
            that require a gradient.
        chunk: how many samples are differentiated at a time; it changes values only by roundoff.

    Attributes:
        size: p, the number of parameters.

    Raises:
        UsageError: there is no such parameter, the network is no module, or it is in half precision.
    """

    def __init__(self, network: nn.Module, parameters: Iterable[str] | None = None, *, chunk: int = 64) -> None:
        if not isinstance(network, nn.Module):
            raise UsageError(f"a player is an nn.Module, not a {type(network).__name__}: its parameters are asked for")
        available = dict(network.named_parameters())
        names = (
            [name for name, parameter in available.items() if parameter.requires_grad]
            if parameters is None
            else list(dict.fromkeys(parameters))
        )
        for name in names:
            if name not in available:
                raise UsageError(f"the network has no parameter {name!r}{did_you_mean(name, available)}")
        self.names = tuple(names)
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self.couples = _use_batch_statistics(network, self.network)
        self.chunk = chunk
        own = dict(self.network.named_parameters())
        self.parameters = tuple(own[name].requires_grad_() for name in names)
        self.size = sum(parameter.numel() for parameter in self.parameters)
        reference = next(iter(own.values()), torch.zeros(()))
        self.device, self.dtype = reference.device, reference.dtype
        if self.dtype not in (torch.float32, torch.float64):
            raise UsageError(
                f"the network is in {self.dtype}, in which derivatives are too coarse",
                remedy="convert it with .float() or .double()",
            )

    @property
    def vector(self) -> Tensor:
        """``(p,)``, the parameters."""
        return self.join(parameter.detach() for parameter in self.parameters)

    def join(self, tensors: Iterable[Tensor]) -> Tensor:
        """Join one tensor for each parameter to ``(p,)``."""
        flat = [tensor.reshape(-1) for tensor in tensors]
        return torch.cat(flat) if flat else self.zeros()

    @contextmanager
    def placed(self, vector: Tensor) -> Iterator[None]:
        """Move the player to other parameters, ``(p,)``, inside the block."""
        before = self.vector
        nn.utils.vector_to_parameters(vector, self.parameters)
        try:
            yield
        finally:
            nn.utils.vector_to_parameters(before, self.parameters)

    def zeros(self) -> Tensor:
        """The zero vector, ``(p,)``."""
        return torch.zeros(self.size, device=self.device, dtype=self.dtype)

    def along(self, scalar: Tensor, v: Tensor) -> Tensor:
        """``<grad_psi scalar, v>``, with its graph; v is ``(p,)``."""
        pieces = v.split([parameter.numel() for parameter in self.parameters])
        gradients = gradient(scalar, self.parameters, graph=True)
        terms = [(g * piece.view_as(g)).sum() for g, piece in zip(gradients, pieces, strict=True)]
        return torch.stack(terms).sum() if terms else torch.zeros((), device=self.device, dtype=self.dtype)

    def slope(self, scalar: Tensor) -> Tensor:
        """``(p,)``, ``grad_psi scalar``, without a graph."""
        return self.join(gradient(scalar, self.parameters))

    def convert(self, tensor: Tensor) -> Tensor:
        """Move a tensor to the network's device, and a floating-point one to its dtype."""
        tensor = tensor.detach()
        return tensor.to(self.device, self.dtype) if tensor.is_floating_point() else tensor.to(self.device)

    def chunks(self, *tensors: Tensor | None, size: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the tensors' rows, a chunk (or ``size`` rows) at a time; ``None`` stays ``None``.

        Raises:
            UsageError: the tensors have different numbers of rows.
        """
        if len({len(tensor) for tensor in tensors if tensor is not None}) > 1:
            shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors if tensor is not None)
            raise UsageError(f"samples, labels or weights of one batch differ in number: {shapes}")
        cuts = (repeat(None) if tensor is None else tensor.split(size or self.chunk) for tensor in tensors)
        return zip(*cuts, strict=False)

    def leaves(self, points: Tensor, *others: Tensor | None, size: int | None = None) -> Iterator[tuple[Any, ...]]:
        """As :meth:`chunks`, with points that require a gradient."""
        return ((x.detach().requires_grad_(), *rest) for x, *rest in self.chunks(points, *others, size=size))


class CriticPlayer(Player):
    """The critic D, ``(B, *x) [, (B,)] -> (B,)``, with ``B(x) = d^2 D / dx dpsi``."""

    def outputs(self, points: Tensor, labels: Tensor | None) -> Tensor:
        """``(B,)``, with the graph."""
        with outside_autocast(self.device.type):
            return critic_outputs(self.network, points, labels)

    def values(self, points: Tensor, labels: Tensor | None) -> Tensor:
        """``(N,)``, D at the points."""
        with torch.no_grad():
            return torch.cat([self.outputs(x, y) for x, y in self.chunks(points, labels)])

    @torch.enable_grad()
    def mixed(self, points: Tensor, labels: Tensor | None, v: Tensor) -> Tensor:
        """``(N, *x)``, ``B(x_i) v``: the derivative of ``grad_x D`` at each point along v."""
        moved: list[Tensor] = []
        for x, y in self.leaves(points, labels):
            moved += gradient(self.along(self.outputs(x, y).sum(), v), [x])
        return torch.cat(moved)

    @torch.enable_grad()
    def mixed_adjoint(self, points: Tensor, labels: Tensor | None, c: Tensor) -> Tensor:
        """``(p,)``, ``sum_i B(x_i)^T c_i`` for c of ``(N, *x)``."""
        total = self.zeros()
        for x, y, direction in self.leaves(points, labels, c):
            (grad,) = gradient(self.outputs(x, y).sum(), [x], graph=True)
            total += self.slope((grad * direction).sum())
        return total

    @torch.enable_grad()
    def moved(self, points: Tensor, labels: Tensor | None, v: Tensor) -> Tensor:
        """``(N,)``, ``<grad_psi D(x_i), v>``: the derivative of the outputs along v."""
        rates: list[Tensor] = []
        for x, y in self.chunks(points, labels):
            pick = torch.ones(len(x), device=self.device, dtype=self.dtype, requires_grad=True)
            rates += gradient(self.along((self.outputs(x, y) * pick).sum(), v), [pick])
        return torch.cat(rates)

    @torch.enable_grad()
    def moved_adjoint(self, points: Tensor, labels: Tensor | None, c: Tensor) -> Tensor:
        """``(p,)``, ``sum_i c_i grad_psi D(x_i)`` for c of ``(N,)``."""
        total = self.zeros()
        for x, y, weight in self.chunks(points, labels, c):
            total += self.slope((self.outputs(x, y) * weight).sum())
        return total


class GeneratorPlayer(Player):
    """The generator G, ``(B, z) [, (B,)] -> (B, *x)``. One that normalises over its batch is never cut into chunks."""

    def samples(self, latent: Tensor, labels: Tensor | None) -> Tensor:
        """``(n, *x)``, G at the codes, without a graph."""
        with torch.no_grad():
            return torch.cat([self._run(z, y) for z, y in self._chunks(latent, labels)])

    @torch.enable_grad()
    def tangent(self, latent: Tensor, labels: Tensor | None, w: Tensor) -> Tensor:
        """``(n, *x)``, ``dG(z_i)/dtheta w``: the derivative of the samples along w."""
        moved: list[Tensor] = []
        for z, y in self._chunks(latent, labels):
            samples = self._run(z, y)
            pick = torch.ones_like(samples, requires_grad=True)
            moved += gradient(self.along((samples * pick).sum(), w), [pick])
        return torch.cat(moved)

    @torch.enable_grad()
    def adjoint(self, latent: Tensor, labels: Tensor | None, c: Tensor) -> Tensor:
        """``(q,)``, ``sum_i (dG(z_i)/dtheta)^T c_i`` for c of ``(n, *x)``."""
        total = self.zeros()
        for z, y, direction in self._chunks(latent, labels, c):
            total += self.slope((self._run(z, y) * direction).sum())
        return total

    @torch.enable_grad()
    def bend(self, latent: Tensor, labels: Tensor | None, c: Tensor, w: Tensor) -> Tensor:
        """``(q,)``, the derivative of :meth:`adjoint` along w, for a fixed c."""
        total = self.zeros()
        for z, y, direction in self._chunks(latent, labels, c):
            total += self.slope(self.along((self._run(z, y) * direction).sum(), w))
        return total

    def _run(self, latent: Tensor, labels: Tensor | None) -> Tensor:
        with outside_autocast(self.device.type):
            samples: Tensor = self.network(latent) if labels is None else self.network(latent, labels)
        return samples

    def _chunks(self, latent: Tensor, *others: Tensor | None) -> Iterator[tuple[Any, ...]]:
        return self.chunks(latent, *others, size=len(latent) if self.couples else None)


def _use_batch_statistics(original: nn.Module, twin: nn.Module) -> bool:
    """Let the copy normalise by the batch wherever the original does; return whether it does so anywhere."""
    couples = False
    for module, copied in zip(original.modules(), twin.modules(), strict=True):
        if isinstance(module, _BatchNorm) and (module.training or not module.track_running_stats):
            copied.register_buffer("running_mean", None)  # without them, evaluation mode falls back on the batch's own
            copied.register_buffer("running_var", None)
            couples = True
    return couples


def refuse_unusable(tensors: Mapping[str, Tensor | None]) -> None:
    """Refuse tensors that are not finite, and batches without samples.

    Raises:
        UsageError: there is one; names it.
    """
    for name, tensor in tensors.items():
        if tensor is not None and not tensor.isfinite().all():
            raise UsageError(f"{name} are not all finite", remedy="look for NaN and infinity in networks and data")
        if tensor is not None and tensor.ndim > 1 and not len(tensor):
            raise UsageError(f"{name} are none", remedy="give a batch of two or more")
