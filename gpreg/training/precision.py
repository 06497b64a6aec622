"""The precision of a run: float32, TF32, or half precision with the loss scaling that gradient penalties need."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any, Literal, Self, get_args

import torch
from torch import Tensor
from torch.amp import GradScaler
from torch.optim import Optimizer

from gpreg.errors import UsageError, did_you_mean

PrecisionName = Literal["fp32", "tf32", "bf16", "fp16"]

_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}
_NO_AUTOCAST = nullcontext()
_FOR_CUDA = {
    "tf32": ("only CUDA devices round products to TF32, so that it would change nothing", "fp32"),
    "fp16": ("scaled losses are for CUDA devices; elsewhere bfloat16 is as fast and needs no scale", "bf16"),
}


class Precision:
    """The precision in which the players' steps are computed; use it as a context manager around the run::

        with Precision("fp16", device) as precision:
            ...
            objective.penalty.gradient_scale = precision.gradient_scale("critic")
            with precision.autocast():
                terms = objective(critic, real, fake)
            precision.backward(terms.total, "critic")
            precision.unscale(optimizer, "critic")  # only if gradients are looked at before the step
            precision.step(optimizer, "critic")

    - ``fp32``: everything in float32; on a CUDA device its products, too, are not rounded to TF32.
    - ``tf32``: products of float32 matrices and convolutions are rounded to TF32.
    - ``bf16``, ``fp16``: autocast; parameters, the penalty's reduction and optimisers stay in float32.

    With ``fp16`` each player's loss is scaled, so that its gradients do not underflow, and a step whose gradients are
    not finite is skipped. A gradient penalty needs the same for the gradient inside it (:meth:`gradient_scale`; the
    recipe of PyTorch's notes on automatic mixed precision, "Working with Scaled Gradients: Gradient penalty"). Where
    gradients are averaged over processes, average them before :meth:`unscale` and :meth:`step`: an infinity then
    reaches all of them, and all skip the step. A fused optimiser skips it without reading anything back.

    Args:
        name: one of ``fp32``, ``tf32``, ``bf16``, ``fp16``.
        device: what the run computes on.

    Raises:
        UsageError: there is no such precision, or not on this device.
    """

    def __init__(self, name: str, device: torch.device | str) -> None:
        known = get_args(PrecisionName)
        if name not in known:
            raise UsageError(
                f"there is no precision {name!r}{did_you_mean(name, known)}", remedy=f"known are {', '.join(known)}"
            )
        self.name, self.device = name, torch.device(device)
        check_device(name, self.device)
        self._dtype = _HALF.get(name)
        self._scalers: dict[str, GradScaler] = {}
        self._one = torch.ones((), device=self.device)
        self._before: tuple[str, bool] | None = None

    def __enter__(self) -> Self:
        """On a CUDA device, set whether float32 products are rounded to TF32.

        Torch has newer flags for each backend, but torch.compile still reads these two, and fails if others are set.
        """
        if self.device.type == "cuda":
            self._before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
            torch.set_float32_matmul_precision("high" if self.name == "tf32" else "highest")
            torch.backends.cudnn.allow_tf32 = self.name == "tf32"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Restore the settings from before."""
        if self._before is not None:
            matmul, torch.backends.cudnn.allow_tf32 = self._before
            torch.set_float32_matmul_precision(matmul)

    def autocast(self) -> AbstractContextManager[object]:
        """A region whose forward passes run in half precision, if the run does; else it costs nothing."""
        return _NO_AUTOCAST if self._dtype is None else torch.autocast(self.device.type, self._dtype)

    def gradient_scale(self, player: str) -> Tensor | None:
        """A scalar for :attr:`gpreg.Penalty.gradient_scale`: the loss scale in ``fp16``, else ``None``."""
        return self._scaler(player).scale(self._one) if self.name == "fp16" else None

    def backward(self, loss: Tensor, player: str, parameters: Sequence[Tensor] | None = None) -> None:
        """Add the loss's gradient, scaled with ``fp16``, to the ``grad`` of the given, or else of all, parameters."""
        (self._scaler(player).scale(loss) if self.name == "fp16" else loss).backward(inputs=parameters)

    def unscale(self, optimizer: Optimizer, player: str) -> None:
        """Divide the gradients by the loss scale, once per step, if something reads them before :meth:`step`."""
        if self.name == "fp16":
            self._scaler(player).unscale_(optimizer)

    def step(self, optimizer: Optimizer, player: str) -> None:
        """Unscale (if not done yet) and step; with ``fp16`` only if gradients are finite, and adapt the scale."""
        if self.name != "fp16":
            optimizer.step()
            return
        scaler = self._scaler(player)
        scaler.step(optimizer)
        scaler.update()

    def state_dict(self) -> dict[str, Any]:
        """The loss scales by player, as numbers; empty except with ``fp16``."""
        return {player: scaler.state_dict() for player, scaler in self._scalers.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the loss scales of :meth:`state_dict`; those of a run in another precision are ignored."""
        if self.name == "fp16":
            for player, scale in state.items():
                self._scaler(player).load_state_dict(scale)

    def _scaler(self, player: str) -> GradScaler:
        return self._scalers.setdefault(player, GradScaler(self.device.type))


def check_device(name: str, device: torch.device) -> None:
    """Refuse a precision that is useless on a device.

    Raises:
        UsageError: it is; names the precision to use instead.
    """
    if name in _FOR_CUDA and device.type != "cuda":
        because, instead = _FOR_CUDA[name]
        raise UsageError(
            f"precision {name!r} does not go with the device {device}: {because}", remedy=f"use --precision {instead}"
        )
