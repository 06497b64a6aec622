"""Which registered measure draws points like these."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from gpreg.errors import GpregError
from gpreg.interfaces import PenaltyBatch
from gpreg_verify.groups import same
from gpreg_verify.probes import Scene
from gpreg_verify.variants import Variant, variants

DRAWS = 80
_NEAR = 0.05
"""Energy distance, in units of the law's own spread, up to which two samples of ``DRAWS`` draws count as one law."""
_FAR = 0.6


@dataclass(frozen=True, kw_only=True)
class Law:
    """A registered measure on one scene.

    Attributes:
        measure: with its options.
        points: draws ``(K, N, *x)``; one draw if it is not random.
        shares: of the value at the real, the fake and other points, where the weights are fixed: ``{"real": 1.0}``.
        exact: whether the function's points follow this law, or only one like it.
    """

    measure: Variant
    points: Tensor
    shares: dict[str, float] | None
    exact: bool = True

    @property
    def random(self) -> bool:
        """Whether the points differ from draw to draw."""
        return len(self.points) > 1


class Laws:
    """The laws of all registered measures that need no more than samples and a critic.

    >>> laws = Laws(Scene(shape=(6,)))
    >>> laws.of_fixed({"real": 1.0, "fake": 1.0})[0].measure.name
    'pd+pg'
    """

    def __init__(self, scene: Scene) -> None:
        self.critic = scene.critic()
        samples = scene.samples()
        self.real, self.fake = samples.real, samples.fake.detach()

    @cached_property
    def all(self) -> list[Law]:
        """Every law, drawn."""
        drawn = (self.draw(variant) for variant in variants("measure"))
        return [law for law in drawn if law is not None]

    def draw(self, variant: Variant) -> Law | None:
        """A measure's law; ``None`` if it cannot be had here: it needs a generator, or has no points."""
        try:
            measure = variant.build()
            if not measure.needs <= {"real", "fake", "critic"}:
                return None
            batches = [self._batch(seed) for seed in range(DRAWS)]
            measure.prepare(batches[0])
            with torch.no_grad():
                first, second = measure.sample(batches[0]), measure.sample(batches[1])
                if first is None:
                    return None
                fixed = torch.equal(first.points, second.points)
                points = [first.points] if fixed else [measure.sample(batch).points for batch in batches]
        except (GpregError, RuntimeError, ValueError, TypeError):  # not for samples of this shape
            return None
        shares: dict[str, float] | None = None
        if not callable(first.weights):
            n = len(first.points)
            weights = torch.ones(n) if first.weights is None else first.weights
            shares = {}
            for start in range(0, n, len(self.real)):
                rows = slice(start, start + len(self.real))
                at = first.points[rows]
                label = "real" if same(at, self.real) else "fake" if same(at, self.fake) else "x1"
                shares[label] = shares.get(label, 0.0) + float(weights[rows].sum()) / n
        return Law(measure=variant, points=torch.stack(points), shares=shares)

    def of_fixed(self, coefficients: dict[str, float], points: Tensor | None = None) -> list[Law]:
        """The laws whose value is divided among the labels as these coefficients are."""
        found = []
        for law in self.all:
            if law.random or law.shares is None or set(law.shares) != set(coefficients):
                continue
            if "x1" in law.shares and (points is None or not same(law.points[0], points)):
                continue
            ratios = [coefficients[label] / share for label, share in law.shares.items() if share]
            if ratios and max(ratios) - min(ratios) < 0.01 * max(ratios):
                found.append(law)
        return found

    def of_random(self, points: Tensor) -> list[Law]:
        """The laws that draw like ``points``, ``(K, B, *x)``; else the nearest one, if it is of the same kind."""
        scored = []
        for law in self.all:
            if law.random and law.points.shape[1:] == points.shape[1:]:
                fitted = self._fitted(law, points)
                scored.append((energy_distance(points, fitted.points), fitted))
        if near := [law for distance, law in scored if distance < _NEAR]:
            return near
        around = [(distance, law) for distance, law in scored if law.measure.build().needs == {"real"}]
        if around and min(around, key=lambda pair: pair[0])[0] < _FAR:
            return [replace(min(around, key=lambda pair: pair[0])[1], exact=False)]
        return []

    def _fitted(self, law: Law, points: Tensor) -> Law:
        """The same law with its only number fitted, by the mean distance from the real samples."""
        if len(law.measure.free) != 1:
            return law
        (name, value), wanted = next(iter(law.measure.free.items())), self._reach(points)
        if abs(self._reach(law.points) / wanted - 1) < 0.12:
            return law
        fitted: Law | None = law
        for _ in range(4):
            if fitted is None:
                return law
            value *= wanted / max(self._reach(fitted.points), 1e-12)
            fitted = self.draw(law.measure.with_options(**{name: value}))
        return self.draw(law.measure.with_options(**{name: _rounded(value)})) or law

    def _reach(self, points: Tensor) -> float:
        return float((points - self.real).flatten(2).norm(dim=2).mean())

    def _batch(self, seed: int) -> PenaltyBatch:
        rng = torch.Generator().manual_seed(seed)
        return PenaltyBatch(real=self.real, fake=self.fake, critic=self.critic.value, rng=rng)


def energy_distance(a: Tensor, b: Tensor) -> float:
    """The energy distance of two samples ``(K, B, *x)`` and ``(L, B, *x)``, averaged over B, relative to b's spread.

    ``(2 E|a - b| - E|a - a'| - E|b - b'|) / E|b - b'|`` (Székely and Rizzo 2013), without bias.
    """
    a, b = (x.double().flatten(2).transpose(0, 1) for x in (a, b))

    def within(x: Tensor) -> Tensor:
        n = x.shape[1]
        return torch.cdist(x, x).sum((1, 2)) / (n * (n - 1))

    between = torch.cdist(a, b).mean((1, 2))
    spread = within(b)
    return float(((2 * between - within(a) - spread) / spread).mean())


def correlation_across_samples(points: Tensor, origin: Tensor) -> float:
    """Mean correlation, over draws, of how far the samples of one batch are moved: 1 if one number moves all."""
    reach = (points - origin).double().flatten(2).norm(dim=2)
    reach = reach - reach.mean(0)
    reach = reach / reach.norm(dim=0).clamp_min(1e-12)
    matrix = reach.T @ reach
    n = len(matrix)
    return float((matrix.sum() - matrix.trace()) / (n * (n - 1))) if n > 1 else 0.0


def _rounded(value: float) -> float:
    """With one digit where that is as near as the estimate allows, else with two."""
    one = float(f"{value:.1g}")
    return one if abs(one / value - 1) < 0.1 else float(f"{value:.2g}")
