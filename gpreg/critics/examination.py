"""Examine a critic once: whether it mixes samples, and whether it can be differentiated as an estimator needs."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

from gpreg.critics.adapted import AdaptedCritic, underlying
from gpreg.critics.augmented import AugmentedCritic
from gpreg.critics.calls import critic_outputs, preserved_buffers
from gpreg.critics.graph import checkpointed, leaves_of
from gpreg.critics.refusals import not_differentiable, unreached
from gpreg.critics.sharding import reentrant_and_sharded, refuse_sharded, shards
from gpreg.errors import BatchCouplingError

_REMEDY = (
    "Replace the layer by one that treats samples one by one (nn.GroupNorm, nn.LayerNorm, none), or put it in "
    "evaluation mode; allow_batch_coupling=True computes the batch's gradient all the same"
)


class Found(NamedTuple):
    """What is known of a critic that may be penalised.

    Attributes:
        checkpointed: a part of it is checkpointed with ``use_reentrant=True``, whose parameters get gradients only if
            the points require one.
        stateful: its forward pass draws random numbers or changes buffers, as dropout and spectral normalisation do.
        sharded: its parameters are sharded over processes.
    """

    checkpointed: bool = False
    stateful: bool = False
    sharded: bool = False


class Examination:
    """Refuses critics for which a penalty would be wrong or impossible; each is looked at once in each mode.

    The gradient of ``D(x_1) + ... + D(x_B)`` consists of per-sample gradients only if D(x_i) depends on x_i alone: so
    the gradient of the second of two outputs by the first input must be 0. (It is the last output because a recurrent
    critic that takes the batch for the time lets only later ones depend on others.) Where no gradient by the input is
    possible, and none is needed, the first sample is moved instead, and the second output must stay.

    Args:
        derivatives: how often the critic will be differentiated by its input; 2 is double backward.
        coupling: whether to refuse critics that mix samples.
    """

    def __init__(self, *, derivatives: int = 0, coupling: bool = True) -> None:
        self.derivatives, self.coupling = derivatives, coupling
        self._seen: WeakKeyDictionary[Any, dict[tuple[Any, ...], Found]] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        # a copy, in another process perhaps, has seen no critic
        return partial(Examination, derivatives=self.derivatives, coupling=self.coupling), ()

    def again(self) -> "Examination":
        """Another examination, which has seen the same critics."""
        other = Examination(derivatives=self.derivatives, coupling=self.coupling)
        other._seen.update({own: dict(found) for own, found in self._seen.items()})
        return other

    def __call__(self, critic: Any, points: Tensor, labels: Tensor | None, *, shared: bool = False) -> Found:
        """Examine a critic, unless that was done before.

        Args:
            critic: the critic.
            points: ``(B, *x)``.
            labels: ``(B,)`` or ``None``.
            shared: whether the penalty's forward pass is the last one of the step, as :class:`CriticObjective` has it.

        Raises:
            BatchCouplingError: it mixes samples; names the layer if it is known.
            UsageError: it cannot be differentiated by its input, or not twice.
        """
        found = self._known(critic)
        if found is None:
            if not len(points):
                return Found()
            if self.coupling:
                _refuse_batch_norm(underlying(critic))
            found = self._look(critic, points, labels)
            own, mode = _identity(underlying(critic))
            with suppress(TypeError):
                self._seen.setdefault(own, {})[mode] = found
        if found.sharded and self.derivatives == 2:
            refuse_sharded(underlying(critic), shared=shared)
        return found

    def last(self, critic: Any) -> Found:
        """What an examination of a critic in its present mode found; nothing if there was none."""
        return self._known(critic) or Found()

    def _known(self, critic: Any) -> Found | None:
        own, mode = _identity(underlying(critic))
        try:
            return self._seen[own].get(mode)
        except (KeyError, TypeError):  # what cannot be referred to weakly is examined each time
            return None

    def _look(self, critic: Any, points: Tensor, labels: Tensor | None) -> Found:
        """Look at two samples, which is cheap.

        A critic that takes no such batch is examined with all of them, so that only what it says of the user's own
        batch is raised.
        """
        critic = _bare(critic, through_compiled=self.derivatives == 2)
        sharded = bool(shards(underlying(critic)))
        if sharded and len(points) == 1:  # every process must run the critic as often as the others
            points, labels = points.expand(2, *points.shape[1:]), None if labels is None else labels.expand(2)
        few = len(points) if _compiled(underlying(critic)) else 2  # another size of batch would compile it anew
        devices = [points.device] if points.device.type == "cuda" else []
        coupled: bool | None = None
        with torch.enable_grad(), torch.random.fork_rng(devices), preserved_buffers(critic):
            before = _state(critic, devices)
            try:
                x, y = points[:few].detach().clone().requires_grad_(), None if labels is None else labels[:few]
                outputs = critic_outputs(critic, x, y)
            except Exception:
                if len(points) <= few:
                    raise
                x, y = points.detach().clone().requires_grad_(), labels
                outputs = critic_outputs(critic, x, y)
            stateful = _state(critic, devices) != before
            if not sharded and (self.coupling or self.derivatives):
                coupled = self._coupled(outputs, x)
        if coupled is None and self.coupling and len(x) > 1:
            coupled = _follows_others(critic, x.detach(), y, devices)
        if coupled and self.coupling:
            raise BatchCouplingError(
                "the critic's output on one sample depends on the others in the batch, so that a penalty on each "
                "sample's gradient is not defined",
                remedy=_REMEDY,
            )
        reentrant = checkpointed(outputs)
        if reentrant and sharded:
            raise reentrant_and_sharded()
        return Found(reentrant, stateful, sharded)

    def _coupled(self, outputs: Tensor, x: Tensor) -> bool | None:
        """Whether the last output has a gradient by other samples; ``None``: a gradient by the input is impossible.

        Raises:
            UsageError: it is impossible, and needed; or the critic cannot be differentiated twice, which is needed.
        """
        if not outputs.requires_grad:
            if self.derivatives:
                raise unreached()
            return None
        try:
            (grad,) = torch.autograd.grad(outputs[-1], x, create_graph=self.derivatives == 2, allow_unused=True)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if self.derivatives:
                raise not_differentiable(error, self.derivatives) from error
            return None
        if grad is None:
            if self.derivatives:
                raise unreached()
            return None
        if self.derivatives == 2 and grad.requires_grad:
            _differentiate_again(grad)
        # NaN is no evidence of coupling: 0 * infinity is NaN too
        return bool(grad.detach()[:-1].nan_to_num(0, 0, 0).count_nonzero())


def _identity(own: Any) -> tuple[Any, tuple[Any, ...]]:
    """What a critic is known by, and its mode.

    A function that a loop makes anew in each step, such as ``lambda x: critic(x, labels)``, is known by its code, and
    by the modules and functions that it refers to.
    """
    if not isinstance(own, FunctionType):
        return own, (getattr(own, "training", False),)
    try:
        enclosed = [cell.cell_contents for cell in own.__closure__ or ()]
    except ValueError:  # a name that is not defined yet
        return own, ()
    named = [own.__globals__.get(name) for name in own.__code__.co_names]
    called = [each for each in (*enclosed, *named) if isinstance(each, nn.Module | FunctionType)]
    modes = (getattr(each, "training", False) for each in called)
    return own.__code__, (*map(ref, called), *modes)


def _differentiate_again(grad: Tensor) -> None:
    """Differentiate a gradient by every leaf of its graph, as ``backward()`` will, but leave no gradient anywhere."""
    norm = grad.square().sum()
    try:
        torch.autograd.grad(norm, leaves_of(norm), allow_unused=True)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise not_differentiable(error, 2) from error


def _refuse_batch_norm(own: Any) -> None:
    for name, module in own.named_modules() if isinstance(own, nn.Module) else ():
        if isinstance(module, _BatchNorm) and (module.training or not module.track_running_stats):
            raise BatchCouplingError(
                f"the critic's layer {name!r} ({type(module).__name__}) normalises over the batch, so that "
                "a penalty on each sample's gradient is not defined",
                remedy=_REMEDY,
            )


def _bare(critic: Any, *, through_compiled: bool) -> Any:
    """The critic without DistributedDataParallel, whose forward passes expect a backward pass; without augmentations,
    whose random numbers a look must not take; and without torch.compile, unless it is differentiated through that.
    """
    own = bare = underlying(critic)
    while isinstance(bare, DistributedDataParallel | AugmentedCritic) or (_compiled(bare) and not through_compiled):
        if isinstance(bare, AugmentedCritic):
            bare = bare.critic
        else:
            bare = bare.module if isinstance(bare, DistributedDataParallel) else bare._orig_mod
    if bare is own:
        return critic
    return replace(critic, critic=bare) if isinstance(critic, AdaptedCritic) else bare


def _compiled(own: Any) -> bool:
    """Whether a critic is what torch.compile returned; torch's class for that is slow to import."""
    return isinstance(own, nn.Module) and isinstance(getattr(own, "_orig_mod", None), nn.Module)


def _state(critic: Any, devices: list[torch.device]) -> tuple[list[int], list[bytes]]:
    """The versions of a critic's buffers, and torch's random states."""
    own = underlying(critic)
    states = [torch.get_rng_state(), *map(torch.cuda.get_rng_state, devices)]
    versions = [buffer._version for buffer in own.buffers()] if isinstance(own, nn.Module) else []
    return versions, [state.numpy().tobytes() for state in states]


def _follows_others(critic: Any, points: Tensor, labels: Tensor | None, devices: list[torch.device]) -> bool:
    """Whether the last output changes if the other samples do, and the critic repeats itself if nothing does."""
    size = points.abs().amax()
    others = torch.cat([points[:-1] + torch.where(size > 0, size, 1.0), points[-1:]])
    values = []
    for batch in (points, points, others):
        with torch.enable_grad(), torch.random.fork_rng(devices), preserved_buffers(critic):
            # a gradient is not taken, but required, as a checkpointed part asks for
            values.append(critic_outputs(critic, batch.clone().requires_grad_(), labels)[-1].detach().double())
    last, again, moved = values
    roundoff = torch.finfo(points.dtype).eps ** 0.5 * (last.abs() + moved.abs())
    return bool((last == again) & ((last - moved).abs() > roundoff))
