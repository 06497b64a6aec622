"""A weighted sum of other measures."""

import torch
from torch import Tensor, nn

from gpreg import load_registry
from gpreg.errors import OptionError, did_you_mean
from gpreg.interfaces import PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.measure import Need
from gpreg.registry.kinds import MEASURE
from gpreg_measures.options import MixtureOptions


class Mixture(PenaltyMeasure):
    """mu = sum_k w_k mu_k for any registered measures mu_k. Mass: the sum of w_k times the mass of mu_k.

    All parts are drawn in every step, so that a mixture has as many points as its parts together.
    """

    needs: frozenset[Need]  # type: ignore[misc] # those of its parts, so of the instance

    def __init__(self, options: MixtureOptions) -> None:
        super().__init__()
        weights = options.weights or (1.0,) * len(options.parts)
        if not options.parts or len(weights) != len(options.parts) or min(weights) < 0:
            raise OptionError(
                f"the mixture has parts {list(options.parts)} and weights {list(weights)}; "
                "it needs one part or more, and one weight >= 0 for each",
                remedy="write for example parts=pd,mid and weights=1,0.5",
            )
        for name in options.options:
            if name not in options.parts:
                raise OptionError(f"the mixture has no part {name!r}{did_you_mean(name, options.parts)}")
        registry = load_registry()
        built = (registry.build(MEASURE, name, options.options.get(name)) for name in options.parts)
        self.parts = nn.ModuleList(built)
        self.weights = weights
        self.needs = frozenset().union(*(part.needs for part in self._measures()))
        self.couples = any(part.couples for part in self._measures())

    def prepare(self, batch: PenaltyBatch) -> None:
        """Prepare each part."""
        for part in self._measures():
            part.prepare(batch)

    def sample(self, batch: PenaltyBatch) -> PenaltySample | None:
        """The points of all parts, concatenated, with weights whose mean over all points gives the weighted sum."""
        drawn = [(weight, part.sample(batch)) for weight, part in zip(self.weights, self._measures(), strict=True)]
        samples = [(weight, sample) for weight, sample in drawn if sample is not None]
        if not samples:
            return None
        at = tuple(sample.at for _, sample in samples)
        labels = [sample.labels for _, sample in samples if sample.labels is not None]
        return PenaltySample(
            points=torch.cat([sample.points for _, sample in samples]),
            weights=_Weights(samples),
            labels=torch.cat(labels) if labels else None,
            at=at[0] if len(at) == 1 else "real+fake" if at == ("real", "fake") else None,
        )

    @torch.no_grad()
    def project(self, critic: nn.Module) -> None:
        """Apply each part's projection in turn."""
        for part in self._measures():
            part.project(critic)

    def auxiliary_loss(self, batch: PenaltyBatch) -> Tensor | None:
        """The sum of the parts' auxiliary losses; ``None`` if no part has one."""
        losses = [loss for part in self._measures() if (loss := part.auxiliary_loss(batch)) is not None]
        return torch.stack(losses).sum() if losses else None

    def _measures(self) -> list[PenaltyMeasure]:
        return [part for part in self.parts if isinstance(part, PenaltyMeasure)]


class _Weights:
    """The parts' weights as one function of the critic's outputs, for parts whose mass depends on the critic."""

    def __init__(self, samples: list[tuple[float, PenaltySample]]) -> None:
        self.samples = samples

    def __call__(self, outputs: Tensor) -> Tensor:
        n, start, weights = len(outputs), 0, []
        for factor, sample in self.samples:
            size = len(sample.points)
            given = sample.weights
            if callable(given):
                given = given(outputs[start : start + size])
            elif given is None:
                given = outputs.new_ones(size)
            weights.append(given * (factor * n / size))
            start += size
        return torch.cat(weights)
