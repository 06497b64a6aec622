"""Quadrature nodes in the place of random numbers, wherever a sampler draws them."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from gpreg.errors import UsageError
from gpreg_theory.toys.quadrature import CHEBYSHEV, Distribution, Nodes, product

LAWS = {"rand": "uniform", "randn": "normal", "uniform_": "uniform", "normal_": "normal"}
"""The functions of torch whose draws are replaced, and the standard law from which each draws."""

OTHERS = frozenset(
    {"randint", "randperm", "bernoulli", "bernoulli_", "multinomial", "normal", "exponential_", "random_"}
)
"""Other functions of torch that draw, for which there is no quadrature."""

IN_ALL = 1024
"""The most nodes for all random numbers of a sample together."""


class Numbers(TorchFunctionMode):
    """Watches what is drawn from one random generator, and replaces it with given values, if there are any.

    Only numbers of shape ``(rows, ...)`` from U(0, 1) or N(0, 1) can be replaced.

    Args:
        rng: the random generator.
        rows: the length of the batch.
        values: ``(rows, R)``, a column for each number that a row draws, in the order of drawing; ``None`` to watch
            only.

    Attributes:
        laws: ``"uniform"`` or ``"normal"`` for each number that a row has drawn.
    """

    def __init__(self, rng: torch.Generator, rows: int, values: Tensor | None = None) -> None:
        super().__init__()
        self.rng, self.rows, self.values = rng, rows, values
        self.laws: list[str] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Call ``func``, or return the given values in the place of what it would draw.

        Raises:
            UsageError: it draws other than row by row, or not from the random generator.
        """
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        result = func(*args, **kwargs)
        if name not in LAWS and name not in OTHERS:
            return result
        if kwargs.get("generator") is not self.rng:
            raise UsageError(f"the measure draws by torch.{name} from something else than batch.rng")
        if name in OTHERS or result.shape[:1] != (self.rows,):
            what = name if name in OTHERS else f"{name} of shape {tuple(result.shape)}"
            raise UsageError(
                f"the measure draws random numbers by torch.{what}; on a toy, numbers are integrated over that are "
                f"drawn by rand or randn, one row a sample, ({self.rows}, ...)"
            )
        start = len(self.laws)
        self.laws += [LAWS[name]] * (result.numel() // self.rows)
        if self.values is None:
            return result
        standard = self.values[:, start : len(self.laws)].reshape(result.shape).to(result)
        if name.endswith("_"):
            first, second = _parameters(name, args, kwargs)
            standard = first + (second - first if name == "uniform_" else second) * standard
            return result.copy_(standard)
        return standard


def nodes_of(laws: Sequence[str], resolution: int, *, equal: bool) -> Nodes:
    """Nodes ``(n, R)`` and weights ``(n,)`` for R independent random numbers; for R = 0, one empty node.

    Args:
        laws: for each number ``"uniform"``, which is U(0, 1), or ``"normal"``, which is N(0, 1).
        resolution: the number of nodes for one random number, if they are not too many in all.
        equal: whether the weights must be equal.

    Raises:
        UsageError: there are too many numbers for a product rule.
    """
    if not laws:
        return Nodes(torch.zeros(1, 0, dtype=torch.float64), torch.ones(1, dtype=torch.float64))
    counts = CHEBYSHEV if equal else range(resolution, 0, -1)
    n = next(count for count in counts if count ** len(laws) <= IN_ALL)
    if n == 1:
        raise UsageError(f"the measure draws {len(laws)} random numbers a sample; a toy can integrate over 10 at most")
    made = [Distribution.uniform(0.0, 1.0, n) if law == "uniform" else Distribution.normal(1.0, n) for law in laws]
    factors = [law.equal if equal else law.gauss for law in made]
    chosen, weights = product(*factors)
    columns = [nodes.points[index] for nodes, index in zip(factors, chosen, strict=True)]
    return Nodes(torch.cat(columns, dim=1), weights)


def _parameters(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[float, float]:
    """The bounds that were given to ``uniform_``, or the mean and standard deviation given to ``normal_``."""
    names = ("from", "to") if name == "uniform_" else ("mean", "std")
    given = dict(zip(names, args[1:], strict=False)) | kwargs
    return float(given.get(names[0], 0.0)), float(given.get(names[1], 1.0))
