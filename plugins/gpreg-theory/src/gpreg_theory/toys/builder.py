"""A toy is built from its players and a choice of measure, form, loss and rho."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from gpreg_theory.toys.objective import WASSERSTEIN, is_wasserstein, loss_of
from gpreg_theory.toys.players import Players
from gpreg_theory.toys.quantity import Quantity
from gpreg_theory.toys.regularizer import Choices, Regularizer
from gpreg_theory.toys.system import ToySystem


def built(
    name: str,
    title: str,
    players: Players,
    equilibrium: Sequence[float],
    choices: Choices,
    *,
    coordinates: tuple[str, ...] = ("psi", "theta"),
    energy: Callable[[Regularizer], Quantity | None] = lambda regularizer: None,
    **more: Any,
) -> ToySystem:
    """Build a toy with the regularizer and the loss that were chosen.

    Args:
        name, title, players, equilibrium, coordinates: as in :class:`ToySystem`.
        choices: measure, form, loss and rho.
        energy: how the energy that the Wasserstein loss alone conserves changes with a regularizer.
        more: other fields of :class:`ToySystem`, namely ``candidates``.

    Raises:
        UsageError: the measure cannot be used here.
    """
    at = torch.tensor(equilibrium, dtype=torch.float64)
    regularizer = Regularizer.of(players, at[: players.p], at[players.p :], choices)
    loss = loss_of(choices.get("loss", WASSERSTEIN))
    return ToySystem(
        name=name,
        title=title,
        players=players,
        regularizer=regularizer,
        loss=loss,
        coordinates=coordinates,
        equilibrium=at.numpy(),
        energy=energy(regularizer) if is_wasserstein(loss) else None,
        **more,
    )
