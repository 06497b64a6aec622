"""Add the terms of a player to its objective."""

from collections.abc import Mapping

import torch
from torch import Tensor

from gpreg.interfaces import Term, TermBatch
from gpreg.penalties.contract import check_shape


def add_terms(total: Tensor, terms: Mapping[str, Term], batch: TermBatch) -> tuple[Tensor, dict[str, Tensor]]:
    """A player's objective with its terms, and the value of each term, 0 in updates that a lazy term skips.

    Args:
        total: the objective without the terms, a scalar.
        terms: the terms by name.
        batch: the batch of this update.

    Raises:
        MeasureError: a term returned something that is no scalar; names the term.
    """
    values: dict[str, Tensor] = {}
    for name, term in terms.items():
        if batch.step % term.every:
            values[name] = torch.zeros((), device=total.device)
            continue
        value = term(batch)
        check_shape("term", repr(name), (), value)
        value = value * term.every if term.every > 1 else value
        total, values[name] = total + value, value.detach()
    return total, values
