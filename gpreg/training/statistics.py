"""Statistics of the steps between two ticks, kept on the device, read back once per tick, checked for divergence."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gpreg.errors import DivergenceError
from gpreg.runs.expected import check_tensor
from gpreg.training.game import Iteration
from gpreg.training.players import Player


class Statistics:
    """One row for each generator step: each player's losses and terms, and the norm of each parameter's gradient.

    Args:
        players: the players by name.
        tick: number of rows between two readings.
        device: device on which rows are kept.
        gradients: whether a gradient that is not finite counts as divergence; with fp16 the loss scaler handles it.
    """

    def __init__(
        self, players: Mapping[str, Player], *, tick: int, device: torch.device, gradients: bool = True
    ) -> None:
        self._players, self._names, watched = players, list[str](), list[bool]()
        self._values: dict[str, int] = {}
        self._norms: dict[str, slice] = {}
        # In the order of a step, so that the first column of a row that is not finite is the cause of the others.
        for name, player in players.items():
            first = len(self._names)
            self._values |= {column: first + index for index, column in enumerate(player.columns)}
            self._names += [column.replace("_", " ") for column in player.columns]
            end = len(self._names)
            self._names += [
                f"gradient of {name} {key}" for key, p in player.network.named_parameters() if p.requires_grad
            ]
            self._norms[name] = slice(end, len(self._names))
            watched += [player.watched] * (end - first) + [player.watched and gradients] * (len(self._names) - end)
        self._watched = torch.tensor(watched)
        self._rows = torch.zeros(tick, len(self._names), device=device)
        self._count = 0

    def record(self, iteration: Iteration) -> None:
        """Add a row for a generator step; nothing is read back from the device."""
        row: list[Tensor] = []
        for name, player in self._players.items():
            row += [iteration.values[column] for column in player.columns]
            row += iteration.norms[name]
        torch.stack([value.float() for value in row], out=self._rows[self._count])
        self._count += 1

    def add(self, rows: Tensor) -> None:
        """Add the rows ``(n, columns)`` of several steps, in the order of :meth:`record`."""
        self._rows[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def read(self, step: int) -> dict[str, float]:
        """The means since the last reading; this is the only transfer to the host.

        Args:
            step: number of generator steps done.

        Raises:
            DivergenceError: a number of some step is not finite; the first one is named.
        """
        try:
            rows = self.checked(step).double()
        finally:
            self._count = 0
        means = {name: float(rows[:, column].mean()) for name, column in self._values.items()}
        norms = {f"{name}_gradient": rows[:, of].square().sum(1).sqrt() for name, of in self._norms.items()}
        return means | {name: float(of.mean()) for name, of in norms.items()}

    def checked(self, step: int) -> Tensor:
        """The rows since the last reading, ``(n, columns)``, on the host, without counting as a reading.

        Raises:
            DivergenceError: see :meth:`read`.
        """
        rows = self._rows[: self._count].cpu().clone()
        self._check_rows(rows.double(), step - self._count + 1)
        self._check_weights(step)
        return rows

    def restore(self, rows: Tensor) -> None:
        """Continue after saved rows that have not been read.

        Raises:
            MismatchError, CheckpointError: the rows belong to other networks, or are not finite.
        """
        before = self._values.get("measure_loss", len(self._names))  # where the rows of earlier versions end
        if rows.dim() == 2 and rows.shape[1] == before and rows.is_floating_point():
            rows = nn.functional.pad(rows, (0, len(self._names) - before), value=math.nan)
        count = len(rows) if rows.dim() else 0
        expected = torch.zeros(count, len(self._names)).masked_fill(~self._watched, math.inf)
        check_tensor(rows, expected, "the statistics of a tick")
        self._rows = torch.cat([rows.to(self._rows.device), torch.zeros_like(self._rows)])
        self._count = count

    def _check_rows(self, rows: Tensor, first: int) -> None:
        broken = ~rows.isfinite() & self._watched
        if broken.any():
            row = int(broken.any(dim=1).nonzero()[0])
            column = int(broken[row].nonzero()[0])
            raise DivergenceError(self._names[column], float(rows[row, column]), first + row, when="generator step")

    def _check_weights(self, step: int) -> None:
        for player in self._players.values():
            if not player.watched:
                continue
            tensors = player.network.state_dict().items()
            named = [(name, tensor) for name, tensor in tensors if tensor.is_floating_point()]
            norms = torch.stack(torch._foreach_norm([tensor.float() for _, tensor in named])).cpu()
            for (name, _), norm in zip(named, norms.tolist(), strict=True):
                if not math.isfinite(norm):
                    raise DivergenceError(
                        f"weight {name} of {player.name}", norm, step, when="or before generator step"
                    )
