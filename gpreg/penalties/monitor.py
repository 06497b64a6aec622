"""Watch a penalty during training: its figures are collected on the device, and read back when somebody asks."""

from collections import deque
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from gpreg.critics.learnt import gradients, parameters_behind
from gpreg.errors import UsageError
from gpreg.penalties.autocast import at_least_float32
from gpreg.penalties.figures import QUANTILES, angles, norms_of

if TYPE_CHECKING:
    from gpreg.penalties.objective import ObjectiveTerms
    from gpreg.penalties.penalty import Penalty
    from gpreg.penalties.terms import PenaltyTerms

NORMS = ("mean", *QUANTILES)

_BEFORE = "call monitor.share(loss, value, critic) before backward()"


class Monitor:
    """What a penalty did in the last steps; ``penalty.monitor()`` makes it.

    Steps that a lazy penalty skips do not count. Nothing waits for the device until :meth:`read`. A penalty has one
    monitor at most, which its copies do not have; without one, a step costs a look at an attribute. Of several
    processes, each sees its own part of the batch.

    Args:
        penalty: whose steps are watched.
        window: how many steps are remembered.
        share_every: n, where the penalty's share of the critic's gradient is measured in each n-th step of a
            :class:`CriticObjective`, by two further backward passes; ``None``: never. A compiled objective has one
            graph for both parts, so that it has no share.

    Raises:
        UsageError: ``window`` or ``share_every`` is no whole number >= 1.

    >>> critic, penalty = torch.nn.Linear(2, 1), gpreg.penalty("gp", rho=2.0)
    >>> with penalty.monitor() as monitor:
    ...     for _ in range(3):
    ...         _ = penalty(critic, torch.zeros(4, 2), torch.ones(4, 2))
    >>> monitor.read()["steps"], monitor.read()["gradient_norm"]["mean"] > 0
    (3, True)
    """

    def __init__(self, penalty: "Penalty", *, window: int = 100, share_every: int | None = None) -> None:
        for name, value in (("window", window), ("share_every", share_every)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise UsageError(f"{name} is {value!r}; it must be a whole number >= 1")
        self._penalty, self._share_every = penalty, share_every
        self._steps = 0
        self._figures, self._shares = deque[Tensor](maxlen=window), deque[Tensor](maxlen=window)

    def collect(self, penalty: "Penalty", terms: "PenaltyTerms | None") -> None:
        """Remember one step; the penalty itself calls this."""
        if terms is None or penalty is not self._penalty:
            return
        norms = norms_of(terms.gradients)
        value = at_least_float32(terms.values.detach()).mean() * (0.5 * penalty.rho)
        self._figures.append(torch.stack([*(norms[name] for name in NORMS), value]))
        self._steps += 1

    def collect_objective(self, penalty: "Penalty", found: "ObjectiveTerms", critic: Any) -> None:
        """Remember one step of an objective; the objective itself calls this."""
        due = self._share_every and self._steps % self._share_every == 0
        self.collect(penalty, found.terms)
        if due and found.terms is not None and found.loss.requires_grad and penalty is self._penalty:
            self.share(found.loss, found.penalty, critic)

    def share(self, loss: Tensor, value: Tensor, critic: Any) -> None:
        """Measure the penalty's share of the critic's gradient in a loop of one's own, before its ``backward``.

        It takes two backward passes; the graph stays, and no parameter's ``grad`` changes.

        Args:
            loss: the critic's loss, a scalar with its graph.
            value: what the penalty returned for this step.
            critic: as given to the penalty.

        Raises:
            UsageError: the loss has no graph, or none any more.

        >>> critic, penalty = torch.nn.Linear(2, 1), gpreg.penalty("pd", rho=2.0)
        >>> real, fake = torch.zeros(4, 2), torch.ones(4, 2)
        >>> monitor = penalty.monitor()
        >>> loss, value = critic(fake).mean() - critic(real).mean(), penalty(critic, real, fake)
        >>> monitor.share(loss, value, critic)
        >>> 0 < monitor.read()["share"] < 1
        True
        """
        if not value.requires_grad:  # a step that a lazy penalty skips, or no penalty at all
            return
        if not loss.requires_grad:
            raise UsageError("the loss has no graph, so that it has no gradient", remedy=_BEFORE)
        found = parameters_behind(critic, loss, value)
        parameters: list[Tensor] = [own for own in found if isinstance(own, nn.Parameter)]  # points are leaves, too
        if parameters:
            scale = self._penalty.gradient_scale
            factor = 1.0 if scale is None else scale
            try:
                parts = [gradients(part, parameters, factor) for part in (loss, value / self._penalty.every)]
            except RuntimeError as error:
                if "second time" not in str(error):
                    raise
                raise UsageError("the graph of loss or penalty has been used up", remedy=_BEFORE) from error
            self._shares.append(torch.stack(list(angles(*parts).values())))

    def read(self) -> dict[str, Any]:
        """The figures, averages over the window; this waits for the device.

        Returns:
            ``steps`` in all, ``window``: those that are averaged; ``gradient_norm``: ``mean``, and the quantiles
            ``low`` (10 %), ``median`` and ``high`` (90 %); ``value``: ``(rho/2) E_mu[form]``; ``share``, ``ratio`` and
            ``cosine`` as of :class:`gpreg.Probe`, from ``share_steps`` steps. What there is none of is ``None``.
        """
        rows, shares = _read(self._figures, self._shares)
        averages = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        ratios = [(penalty / loss) ** 0.5 for loss, _, penalty in shares if loss]
        cosines = [product / (loss * penalty) ** 0.5 for loss, product, penalty in shares if loss * penalty]
        known = [1.0 if not loss else _share(loss, penalty) for loss, _, penalty in shares if loss or penalty]
        return {
            "steps": self._steps,
            "window": len(rows),
            "gradient_norm": dict(zip(NORMS, averages, strict=False)) or None,
            "value": averages[-1] if averages else None,
            "share": _mean(known),
            "ratio": _mean(ratios),
            "cosine": _mean(cosines),
            "share_steps": len(shares),
        }

    def close(self) -> None:
        """Stop watching; what was collected can still be read."""
        if self._penalty._monitor is self:
            self._penalty._monitor = None

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()  # a copy of the penalty is not watched


def begin(penalty: "Penalty", *, window: int = 100, share_every: int | None = None) -> Monitor:
    """Watch the penalty from now on, without waiting for the device; see :class:`gpreg.penalties.monitor.Monitor`.

    Args:
        penalty: whose steps are watched. A monitor that it had stops.
        window: how many steps are remembered.
        share_every: n, where the share of the critic's gradient is measured in each n-th step of an objective.

    >>> penalty = gpreg.penalty("pd", rho=2.0)
    >>> monitor = penalty.monitor()
    >>> penalty(lambda x: 3 * x[:, 0], torch.ones(4, 2)).item(), monitor.read()["value"]
    (9.0, 9.0)
    """
    penalty._monitor = Monitor(penalty, window=window, share_every=share_every)
    return penalty._monitor


def _read(*kinds: Collection[Tensor]) -> list[list[list[float]]]:
    """The rows of each kind as numbers; the host waits once."""
    rows = [row for kind in kinds for row in kind]
    if not rows:
        return [[] for _ in kinds]
    numbers = iter(torch.cat([row.to(rows[0].device) for row in rows]).tolist())
    return [[list(islice(numbers, len(row))) for row in kind] for kind in kinds]


def _share(loss_squared: float, penalty_squared: float) -> float:
    ratio: float = (penalty_squared / loss_squared) ** 0.5
    return ratio / (1 + ratio)


def _mean(numbers: list[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None
