"""What a critic returns, as one number for each sample."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from gpreg.errors import UsageError, did_you_mean

Outputs = Literal["sum", "mean"] | Callable[[Any], Tensor]
"""How a critic's outputs become one number for each sample."""

WAYS: tuple[str, ...] = ("sum", "mean")


def check_outputs(outputs: object) -> None:
    """Refuse what is not among :data:`Outputs`.

    Raises:
        UsageError: it is another word, or cannot be called.
    """
    if outputs is None or callable(outputs) or outputs in WAYS:
        return
    near = did_you_mean(outputs, WAYS) if isinstance(outputs, str) else ""
    raise UsageError(
        f"outputs is {outputs!r}{near}; it must be 'sum', 'mean', or a function from what the critic returns to (B,)"
    )


def one_a_sample(outputs: Any, n: int, how: Outputs | None = None, pack: int = 1) -> Tensor:
    """The critic's outputs as ``(n,)``.

    Args:
        outputs: what the critic returned for ``n`` samples.
        n: number of samples.
        how: ``"sum"`` or ``"mean"`` of all positions of a map ``(n, c, *positions)``; for a list of such maps, the sum
            or the mean of the maps' numbers; or a function; ``None``: there is one number a sample already.
        pack: number of rows that are one sample, for errors.

    Raises:
        UsageError: that does not end in one number for each sample.

    >>> one_a_sample([torch.ones(2, 1, 4, 4), torch.zeros(2, 1, 2, 2)], 2, "mean")
    tensor([0.5000, 0.5000])
    """
    if how is None:
        found = outputs
    elif callable(how):
        found = how(outputs)
    else:
        found = _of_maps(outputs, n, how)
    if isinstance(found, Tensor) and found.shape == (n,):
        return found
    if isinstance(found, Tensor) and found.shape[:1] == (n,) and found.numel() == n:
        return found.reshape(n)
    samples = f"{n} samples" if pack == 1 else f"{n} samples of {pack} rows"
    if how is not None:
        raise UsageError(
            f"the function outputs= gives {_described(found)} for {samples}; it must give ({n},)",
            remedy=_remedy_of_function(found, n),
        )
    raise UsageError(
        f"the critic returned {_described(found)} for {samples}; it must return one number a sample, ({n},)",
        remedy=_remedy(found, n, pack),
    )


def _of_maps(outputs: Any, n: int, how: str) -> Tensor:
    maps = outputs if isinstance(outputs, list | tuple) else [outputs]
    alike = {tuple(one.shape[:2]) if isinstance(one, Tensor) else None for one in maps}
    if len(alike) != 1 or None in alike or maps[0].shape[:1] != (n,):
        raise UsageError(
            f"outputs={how!r} is for one map (B, c, *positions) or several of the same B and c; the critic returned "
            f"{_described(outputs)} for {n} samples",
            remedy="say which of them are the critic's values, as in outputs=lambda out: out[0]",
        )
    rows = [one.reshape(n, -1) for one in maps]
    if how == "sum":
        return torch.stack([row.sum(1) for row in rows]).sum(0)
    return torch.stack([row.mean(1) for row in rows]).mean(0)


def _described(outputs: Any) -> str:
    if isinstance(outputs, Tensor):
        return f"a tensor {tuple(outputs.shape)}"
    if isinstance(outputs, Sequence) and not isinstance(outputs, str):
        return f"a {type(outputs).__name__} of {', '.join(map(_described, outputs)) or 'nothing'}"
    return f"a {type(outputs).__name__}"


def _remedy(outputs: Any, n: int, pack: int) -> str:
    """The argument that makes such a critic work."""
    if isinstance(outputs, Tensor) and outputs.ndim and len(outputs) == n:
        return "average the map of each sample: outputs='mean' (or 'sum')"
    if isinstance(outputs, Tensor) and outputs.numel() and n * pack % outputs.numel() == 0:
        rows = n * pack // outputs.numel()
        if rows == 1:
            return f"the critic judges each row by itself: leave pack={pack} out"
        return f"if the critic judges {rows} rows at once, as PacGAN does: pack={rows}"
    if isinstance(outputs, list) and all(isinstance(one, Tensor) for one in outputs):
        return "if these are maps of several scales: outputs='mean'; else say which counts: outputs=lambda out: out[-1]"
    if isinstance(outputs, Tensor):
        return "return one number for each sample of the batch"
    key = 0 if isinstance(outputs, Sequence) else _likely_key(outputs, n)
    return f"say which of it is the critic's value, as in outputs=lambda out: out[{key!r}]"


def _remedy_of_function(found: Any, n: int) -> str | None:
    if isinstance(found, Tensor) and found.shape[:1] == (n,):
        return "average the map of each sample, as in lambda out: out[-1].flatten(1).mean(1)"
    if isinstance(found, list | tuple) and found and all(isinstance(one, Tensor) for one in found):
        return "add the numbers of the maps, as in lambda out: sum(each.flatten(1).mean(1) for each in out[0])"
    return None


def _likely_key(outputs: Any, n: int) -> Any:
    """The key of a mapping whose value may be the critic's: the last with one floating number a sample, or any."""
    keys = list(outputs.keys()) if hasattr(outputs, "keys") else []
    values = {key: outputs[key] for key in keys}
    likely = [key for key, one in values.items() if isinstance(one, Tensor) and one.is_floating_point()]
    return next((key for key in reversed(likely) if values[key].numel() == n), likely[-1] if likely else 0)
