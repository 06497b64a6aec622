"""Compare what is read from a checkpoint with what the run itself would have saved, before anything uses it.

A checkpoint may agree with its manifest and yet come from a stranger: it may have a tensor of another size, which an
optimiser would read past its end, a text in place of a number, or a NaN. Here all of that is refused by name.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.errors import CheckpointError
from gpreg.registry.wording import shown


class MismatchError(CheckpointError):
    """A part of a checkpoint does not fit the run's recipe: it is missing, superfluous, or of another shape or type."""


def check_tensors(found: object, expected: Mapping[str, Tensor], what: str) -> Mapping[str, Tensor]:
    """Check that named tensors are complete and finite, with the expected shapes and dtypes, and return them.

    Args:
        found: tensors from a checkpoint.
        expected: the run's tensors by name. Where they are not finite, those in the checkpoint need not be either.
        what: what the tensors belong to, for errors, such as ``"generator"``.

    Raises:
        MismatchError: a tensor is missing, superfluous, or of another shape or dtype; names the first.
        CheckpointError: a tensor is not finite.
    """
    if not isinstance(found, Mapping):
        raise MismatchError(f"the checkpoint has no tensors of {what}")
    for name in [*expected, *found]:
        if name not in found:
            raise MismatchError(f"{what} has a tensor {name!r} that the checkpoint lacks")
        if name not in expected:
            raise MismatchError(f"the checkpoint has a tensor {shown(name)} that {what} lacks")
        check_tensor(found[name], expected[name], f"{name} of {what}")
    return found


def load_weights(network: nn.Module, found: object, what: str) -> None:
    """Load the weights of a checkpoint into a network, after checking that they fit.

    Raises:
        MismatchError, CheckpointError: see :func:`check_tensors`.
    """
    network.load_state_dict(check_tensors(found, network.state_dict(), what))


def check_tensor(found: object, expected: Tensor, what: str, *, least: float = -math.inf) -> Tensor:
    """Check that a tensor has the expected shape and dtype, and is finite and at least ``least``; and return it.

    Raises:
        MismatchError, CheckpointError: see :func:`check_tensors`.
    """
    if not isinstance(found, Tensor) or found.layout is not torch.strided or found.device.type == "meta":
        raise MismatchError(f"{what} is no tensor of plain numbers in the checkpoint")
    if found.shape != expected.shape:
        raise MismatchError(f"{what} has the shape {tuple(expected.shape)}, and {_shape(found)} in the checkpoint")
    if found.dtype != expected.dtype:
        raise MismatchError(f"{what} is of {expected.dtype}, and of {found.dtype} in the checkpoint")
    if found.is_floating_point():
        strange = ~found.isfinite()
        if strange.any() and not expected.isfinite().all():  # a buffer may be infinite on purpose, such as a bound
            strange &= expected.isfinite().to(strange.device)
        if strange.any():
            raise CheckpointError(f"{what} is NaN or infinite in the checkpoint", remedy=_DIVERGED)
    if least > -math.inf and found.numel() and not bool((found >= least).all()):
        raise CheckpointError(f"{what} is below {least:g} in the checkpoint")
    return found


def check_like(found: Any, expected: Any, what: str) -> None:
    """Refuse a value that differs in kind from the one that the run itself would save.

    Tables must have the same keys; numbers must have the same type, be finite, and not be negative; tensors must have
    the same shape and dtype, and be finite. ``None`` is accepted in place of anything, and a list may have any length.

    Args:
        found: the value from a checkpoint.
        expected: the run's value.
        what: what errors call the value.

    Raises:
        MismatchError: the value is of another kind.
        CheckpointError: a number is not finite, or negative.
    """
    if found is None or expected is None:
        if found is None or isinstance(found, Tensor | int | float | str | dict | list | tuple):
            return
        raise MismatchError(f"{what} is a {type(found).__name__} in the checkpoint")
    if isinstance(expected, Tensor):
        check_tensor(found, expected, what)
    elif isinstance(expected, Mapping):
        if not isinstance(found, Mapping) or found.keys() != expected.keys():
            raise MismatchError(f"{what} has other parts in the checkpoint")
        for key, value in expected.items():
            check_like(found[key], value, f"{key} of {what}")
    elif type(found) is not type(expected):
        raise MismatchError(f"{what} is a {type(expected).__name__}, and a {type(found).__name__} in the checkpoint")
    elif isinstance(expected, list | tuple):
        for item in found if expected else ():
            check_like(item, expected[0], f"a part of {what}")
    elif isinstance(expected, int | float) and not isinstance(expected, bool):
        check_number(found, what)


def check_number(found: object, what: str) -> float:
    """Check that a value is a finite number of at least 0, and return it.

    Raises:
        MismatchError: it is no number.
        CheckpointError: it is out of bounds.
    """
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise MismatchError(f"{what} is no number in the checkpoint")
    if not 0 <= found < math.inf:
        raise CheckpointError(f"{what} is out of its bounds in the checkpoint")
    return found


_DIVERGED = (
    "the run had diverged, or the file was changed: remove this checkpoint's folder, and `gpreg resume` goes on from "
    "the one before"
)


def _shape(tensor: Tensor) -> str:
    shape = tuple(tensor.shape)
    return str(shape) if len(shape) <= 8 else f"{len(shape)} dimensions"
