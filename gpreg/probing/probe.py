"""What a probe of a penalty found: its size beside the loss, and what other coefficients would do."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from gpreg.penalties.shown import table
from gpreg.registry.plain import plain

SMALL = 0.05
"""Up to this share of the critic's gradient a penalty hardly acts: without it the gradient moves by as much."""


@dataclass(frozen=True, kw_only=True)
class Norms:
    """The norm of the critic's gradient over the penalty's points.

    Attributes:
        mean, low, median, high: mean, and the quantiles at 10, 50 and 90 %.

    >>> str(Norms(mean=2.0, low=1.0, median=2.0, high=3.0))
    'mean 2, median 2, 80 % of the points between 1 and 3'
    """

    mean: float
    low: float
    median: float
    high: float

    def __str__(self) -> str:
        return (
            f"mean {self.mean:.3g}, median {self.median:.3g}, 80 % of the points between {self.low:.3g} and "
            f"{self.high:.3g}"
        )


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a coefficient does in a few steps of the critic from where it is, always on the same batch.

    Attributes:
        rho: the coefficient.
        ratio, share: as of :class:`Probe`, for this coefficient, before the steps.
        loss: the critic's loss after the steps, without the penalty.
        gap: ``mean D(real) - mean D(fake)`` after the steps.
        gradient_norm: the mean norm of the gradient at the same points after the steps.

    >>> Trial(rho=2.0, ratio=1.0, share=0.5, loss=0.1, gap=0.3, gradient_norm=1.2).share
    0.5
    """

    rho: float
    ratio: float | None
    share: float | None
    loss: float
    gap: float
    gradient_norm: float


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What :func:`gpreg.probe` found. ``print`` says it in words, ``to_dict`` as data.

    With the gradients by the critic's parameters ``g_L`` of its loss and ``g_P`` of the penalty ``(rho/2) E_mu[form]``:

    Attributes:
        penalty: the penalty in words.
        rho: its coefficient.
        every: the penalty is computed in each ``every``-th step; all figures are averages over the steps.
        points: the number of points; 0 for the zero measure.
        gradient_norm: the norm of the critic's gradient at mu; ``None`` without points.
        pushed_down: the fraction of points where the form becomes smaller if the norm does.
        value: the penalty, ``(rho/2) E_mu[form]``.
        loss, loss_name: the critic's loss, and which it is.
        gap: ``mean D(real) - mean D(fake)``.
        ratio: ``|g_P| / |g_L|``, proportional to rho; ``None`` if ``g_L = 0``.
        share: ``|g_P| / (|g_P| + |g_L|)``; ``None`` if both are 0 or the critic has no parameters.
        cosine: of the angle between both; below 0 the penalty works against the loss. ``None`` if one is 0.
        trials: what rho / 10, rho and 10 rho do; empty if there is nothing to compare.
        steps, optimizer: the number of steps of each trial, and what makes them.
        best_rho: the coefficient that the linearised game likes best; ``None`` if there is none.
        because: why, or why there is none.
        critic_steps: the most critic steps that this took, of loss and penalty with their backward pass.
        notes: what else one should know about the figures.

    >>> critic = torch.nn.Linear(2, 1, bias=False)
    >>> _ = torch.nn.init.ones_(critic.weight)
    >>> found = gpreg.probe(gpreg.penalty("pd", rho=1.0), critic, torch.zeros(4, 2), torch.ones(4, 2))
    >>> round(found.ratio, 6), round(found.cosine, 6)  # the loss has gradient (-1, -1), and |w|^2 / 2 has (1, 1)
    (1.0, -1.0)
    """

    penalty: str
    rho: float
    every: int
    points: int
    gradient_norm: Norms | None
    pushed_down: float | None
    value: float
    loss: float
    loss_name: str
    gap: float
    ratio: float | None
    share: float | None
    cosine: float | None
    trials: tuple[Trial, ...]
    steps: int
    optimizer: str
    best_rho: float | None
    because: str
    critic_steps: int
    notes: tuple[str, ...] = ()

    def share_at(self, rho: float) -> float | None:
        """The share with another coefficient, at the critic's present parameters; ``None`` if it is not known."""
        if self.share is None or not self.rho:
            return None if rho else self.share
        return share_of(self.ratio, rho / self.rho) if rho else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as JSON knows it; what is not finite is ``None``."""
        found: dict[str, Any] = plain(asdict(self), infinity="null", nan="null")
        return {"schema": 1, **found}

    def rows(self) -> Iterator[tuple[str, str]]:
        """Heading and text of each finding, in words."""
        yield "penalty", self.penalty
        if self.gradient_norm is not None:
            yield "gradient norm", f"{self.gradient_norm}, at {self.points} points of mu{self._push()}"
        often = f" on average over {self.every} steps" if self.every > 1 else ""
        yield "value", f"penalty {self.value:.4g}{often}; loss {self.loss:.4g} ({self.loss_name}); gap {self.gap:.4g}"
        yield "share", self._share()
        if self.trials:
            steps = f"{self.steps} step{'s' * (self.steps > 1)}"
            yield "trials", f"with each rho {steps} of the critic from here, on this batch; {self.optimizer}"
        for trial in self.trials:
            yield f"rho = {trial.rho:g}", self._trial(trial)
        best = "none: " if self.best_rho is None else f"{self.best_rho:.4g}: "
        yield "best rho of the linearised game", best + self.because
        yield "cost", f"at most {self.critic_steps} critic steps"
        for note in self.notes:
            yield "note", note

    def _push(self) -> str:
        if self.pushed_down is None:
            return ""
        if self.pushed_down in (0.0, 1.0):
            return f"; the form pushes it down at {'every' if self.pushed_down else 'no'} point"
        return f"; the form pushes it down at {self.pushed_down:.0%} of them"

    def _share(self) -> str:
        if self.share is None:
            return "unknown: neither loss nor penalty has a gradient by the critic's parameters"
        told = f"the penalty is {percent(self.share)} of the critic's gradient: {_meaning(self.share)}"
        if self.rho and 0 < self.share < 1:
            tenth, tenfold = (self.share_at(self.rho * factor) or 0.0 for factor in (0.1, 10.0))
            told += f". A tenth of rho would make it {percent(tenth)}, ten times {percent(tenfold)}"
        if self.cosine is not None and self.share:
            against = "against" if self.cosine < 0 else "with"
            told += f". It works {against} the loss (cosine {self.cosine:.2f})"
        return told

    def _trial(self, trial: Trial) -> str:
        before = self.gradient_norm.mean if self.gradient_norm else float("nan")
        share = "" if trial.share is None else f"{percent(trial.share)} of the critic's gradient; "
        return (
            f"{share}after the steps the mean gradient norm is {trial.gradient_norm:.4g} (now {before:.4g}), "
            f"the loss {trial.loss:.4g} (now {self.loss:.4g}) and the gap {trial.gap:.4g} (now {self.gap:.4g})"
        )

    def __str__(self) -> str:
        return "\n".join(f"{heading}: {text}" for heading, text in self.rows())

    def _repr_html_(self) -> str:
        rows: dict[str, str] = {}
        for heading, text in self.rows():
            rows[heading] = f"{rows[heading]}<br>{escape(text)}" if heading in rows else escape(text)
        return table("Probe", rows)


def share_of(ratio: float | None, factor: float = 1.0) -> float:
    """``r / (1 + r)`` for the ratio r times a factor; 1 where the loss has no gradient, for which the ratio is None."""
    return 1.0 if ratio is None else ratio * factor / (1 + ratio * factor)


def percent(share: float) -> str:
    """A share in words, with two digits.

    >>> [percent(share) for share in (0.0004, 0.031, 0.24, 0.998, 1.0)]
    ['0.04 %', '3.1 %', '24 %', 'over 99 %', '100 %']
    """
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _meaning(share: float) -> str:
    if share == 0:
        return "it does not act here"
    if share <= SMALL:
        return "it hardly acts here"
    return "the loss hardly acts beside it" if share >= 1 - SMALL else "both act"
