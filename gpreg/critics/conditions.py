"""What belongs to a sample besides the coordinates that are differentiated: its condition, a nest's other leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from gpreg.critics.layout import length, packed
from gpreg.critics.nests import leaves
from gpreg.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What belongs to the samples of one batch.

    Attributes:
        others: the leaves of the critic's input that are not differentiated, by path.
        condition: the leaves of its condition, by path.
        numbers: ``(N,)``, the number of each sample in the table; those of the fake batch follow those of the real one.
    """

    others: Mapping[str, Any]
    condition: Mapping[str, Any]
    numbers: Tensor


@dataclass(kw_only=True)
class Table:
    """The rows of both batches. A measure carries their numbers along, as it does labels.

    Attributes:
        sides: the rows of the real and the fake batch, or of one of them.
        pack: number of rows that are one sample.
    """

    sides: tuple[Rows, ...]
    pack: int
    _both: dict[tuple[str, str], Tensor] = field(default_factory=dict)

    def at(self, numbers: Tensor) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The other leaves, and the leaves of the condition, of the samples with these numbers.

        A whole batch is taken as it is; for other numbers the rows are copied.
        """
        for side in self.sides:
            if numbers is side.numbers:
                return side.others, side.condition
        others, condition = ({path: self._select(kind, path, numbers) for path in found} for kind, found in self._kinds)
        return others, condition

    @property
    def _kinds(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        first = self.sides[0]
        return ("others", first.others), ("condition", first.condition)

    def _select(self, kind: str, path: str, numbers: Tensor) -> Any:
        each = [getattr(side, kind)[path] for side in self.sides]
        if not isinstance(each[0], Tensor) or not each[0].ndim:
            return each[0]
        if (kind, path) not in self._both:
            try:
                self._both[kind, path] = packed(each[0] if len(each) == 1 else torch.cat(each), self.pack)
            except (RuntimeError, TypeError) as error:
                raise UsageError(
                    f"what belongs to the real and the fake samples differs, at {path!r}: {error}",
                    remedy="give both batches leaves and conditions of one shape",
                ) from error
        chosen = self._both[kind, path].index_select(0, numbers)
        return chosen if self.pack == 1 else chosen.flatten(0, 1)


def rows(name: str, found: Mapping[str, Any], others: Mapping[str, Any], condition: Any, numbers: Tensor) -> Rows:
    """The rows of one batch; everything is detached.

    Args:
        name: ``"real"`` or ``"fake"``.
        found: all leaves of the batch.
        others: those of them that are not differentiated.
        condition: the batch's condition, a nest.
        numbers: numbers of its samples in the table.

    Raises:
        UsageError: leaves and condition are not of one length.
    """
    count = length(found, name)
    of_condition = leaves(condition, f"the condition of the {name} samples")
    length(of_condition, f"the condition of the {name} samples", count)
    return Rows(
        others={path: _detached(leaf) for path, leaf in others.items()},
        condition={path: _detached(leaf) for path, leaf in of_condition.items()},
        numbers=numbers,
    )


def _detached(leaf: Any) -> Any:
    return leaf.detach() if isinstance(leaf, Tensor) else leaf
