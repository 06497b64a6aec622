"""What happens between two ticks, kept on the device; read back once a tick, and searched for divergence."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from gpreg.errors import GpregError
from gpreg.runs.expected import check_tensor
from gpreg.training.game import Iteration


class DivergenceError(GpregError):
    """A loss, a gradient or a weight is NaN or infinite.

    Attributes:
        tensor: which.
        step: the generator step, counted from 1, in which it became so.
    """

    def __init__(self, tensor: str, value: float, step: int, *, when: str) -> None:
        self.tensor, self.step = tensor, step
        what = "NaN" if math.isnan(value) else "infinite"
        super().__init__(
            f"training diverged: {tensor} became {what} in {when} {step}",
            remedy="the last good checkpoint is kept; try a smaller learning rate, a larger --rho or another --measure",
        )


class Statistics:
    """One row a generator step: the losses, and the norm of each parameter's gradient.

    Args:
        networks: ``critic`` and ``generator``.
        tick: rows that fit.
        device: where they are kept.
        gradients: whether a gradient that is not finite is divergence; with fp16 it is the scaler's business.
    """

    def __init__(
        self, networks: Mapping[str, nn.Module], *, tick: int, device: torch.device, gradients: bool = True
    ) -> None:
        self._networks = networks
        trained = {
            player: [name for name, p in net.named_parameters() if p.requires_grad] for player, net in networks.items()
        }
        critic, generator = trained["critic"], trained["generator"]
        # In the order of a step, so that the first column of a row that is not finite is the cause of the others.
        self._names = ["critic loss", "penalty", *(f"gradient of critic {name}" for name in critic)]
        self._names += ["generator loss", *(f"gradient of generator {name}" for name in generator)]
        end = 2 + len(critic)
        self._columns: dict[str, int | slice] = {
            "critic_loss": 0,
            "penalty": 1,
            "critic": slice(2, end),
            "generator_loss": end,
            "generator": slice(end + 1, None),
        }
        self._rows = torch.zeros(tick, len(self._names), device=device)
        self._watched = torch.ones(len(self._names), dtype=torch.bool)
        if not gradients:
            self._watched[2:] = False
            self._watched[end] = True
        self._count = 0

    def record(self, iteration: Iteration) -> None:
        """Keep one generator step's numbers; nothing is read back."""
        values = [iteration.critic_loss, iteration.penalty, *iteration.critic_norms]
        values += [iteration.generator_loss, *iteration.generator_norms]
        torch.stack([value.float() for value in values], out=self._rows[self._count])
        self._count += 1

    def read(self, step: int) -> dict[str, float]:
        """The means since the last reading; the only transfer to the host.

        Args:
            step: generator steps done.

        Raises:
            DivergenceError: a number of some step is not finite; the first one is named.
        """
        of = self._columns
        try:
            rows = self.checked(step).double()
        finally:
            self._count = 0
        return {
            "critic_loss": float(rows[:, of["critic_loss"]].mean()),
            "penalty": float(rows[:, of["penalty"]].mean()),
            "generator_loss": float(rows[:, of["generator_loss"]].mean()),
            "critic_gradient": float(rows[:, of["critic"]].square().sum(1).sqrt().mean()),
            "generator_gradient": float(rows[:, of["generator"]].square().sum(1).sqrt().mean()),
        }

    def checked(self, step: int) -> Tensor:
        """The rows since the last reading, ``(n, columns)``, on the host; they stay to be read.

        Raises:
            DivergenceError: as :meth:`read` does.
        """
        rows = self._rows[: self._count].cpu().clone()
        self._check_rows(rows.double(), step - self._count + 1)
        self._check_weights(step)
        return rows

    def restore(self, rows: Tensor) -> None:
        """Go on after rows that were not read.

        Raises:
            MismatchError, CheckpointError: they are not of these networks, or not finite.
        """
        count = len(rows) if rows.dim() else 0
        check_tensor(rows, self._rows[:0].new_zeros(count, len(self._names), device="cpu"), "the statistics of a tick")
        self._rows = torch.cat([rows.to(self._rows.device), torch.zeros_like(self._rows)])
        self._count = count

    def _check_rows(self, rows: Tensor, first: int) -> None:
        broken = ~rows.isfinite() & self._watched
        if broken.any():
            row = int(broken.any(dim=1).nonzero()[0])
            column = int(broken[row].nonzero()[0])
            raise DivergenceError(self._names[column], float(rows[row, column]), first + row, when="generator step")

    def _check_weights(self, step: int) -> None:
        for player, network in self._networks.items():
            named = [(name, tensor) for name, tensor in network.state_dict().items() if tensor.is_floating_point()]
            norms = torch.stack(torch._foreach_norm([tensor.float() for _, tensor in named])).cpu()
            for (name, _), norm in zip(named, norms.tolist(), strict=True):
                if not math.isfinite(norm):
                    raise DivergenceError(f"weight {name} of {player}", norm, step, when="or before generator step")
