"""Take scores of a generator or a critic, and record the conditions that must be equal for scores to be comparable."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.critics.calls import evaluating, preserved_buffers
from gpreg.errors import PluginError, UsageError
from gpreg.evaluation.sampler import Sampler
from gpreg.interfaces import CriticMetric, Data, MetricResult
from gpreg.recipe import Choice
from gpreg.registry.kinds import METRIC
from gpreg.registry.plain import plain
from gpreg.registry.reference import supplied
from gpreg.registry.registry import Registry
from gpreg.registry.wording import type_name

Watcher = Callable[[int], None]
"""A function that is called with the number of samples generated so far."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The conditions of a score.

    Attributes:
        step: number of generator steps done.
        samples: number of samples to generate.
        split: the split of the data that they are compared with.
        generator: ``"average"`` or ``"raw"``.
        seed: seed of the generated samples.
    """

    step: int
    samples: int
    split: str
    generator: str
    seed: int


def take_score(
    choice: Choice,
    registry: Registry,
    sampler: Sampler,
    data: Data,
    conditions: Conditions,
    *,
    device: torch.device,
    critic: nn.Module | None = None,
    watch: Watcher | None = None,
) -> dict[str, Any]:
    """One metric of one generator, or of its critic: a line of ``metrics.jsonl``.

    Samples are generated while the metric consumes them; with one seed, all metrics get the same samples. A metric of
    critics gets the critic, and no samples.

    Raises:
        UsageError: the metric cannot score such data, more samples are asked for than the data has, or it scores
            critics and there is none.
        GpregError: the metric fails, for instance because its weights are missing.
    """
    metric = registry.build(METRIC, choice.name, choice.options)
    spec = registry.get(METRIC, choice.name)
    if conditions.samples < 2:
        raise UsageError(f"{conditions.samples} samples are too few for a score", remedy="ask for at least 2 with -n")
    started, law = time.perf_counter(), sampler.labels
    if isinstance(metric, CriticMetric):
        result, generated = _judged(metric, choice.name, critic, data), 0
    else:
        rng = torch.Generator(device).manual_seed(conditions.seed)
        result, generated = metric(_watched(sampler.draw(conditions.samples, rng), watch), data), conditions.samples
    if not isinstance(result, MetricResult):
        raise PluginError(
            f"{supplied(spec, 'metric')} returned a {type_name(result)}",
            remedy="return gpreg.interfaces.MetricResult(values={'score': 0.5}, provenance={})",
        )
    return {
        "step": conditions.step,
        "metric": choice.name,
        "values": {name: float(value) for name, value in result.values.items()},
        "better": dict(spec.values),
        "provenance": {
            "package": f"{spec.package} {spec.version}",
            "split": conditions.split,
            "generator": conditions.generator,
            "generated": generated,
            "seed": conditions.seed,
            "torch": torch.__version__,
            **({} if law is None or law.weights is None else {"label_weights": list(law.weights)}),
            "options": plain(dict(choice.options)),
            **plain(dict(result.provenance)),
        },
        "seconds": round(time.perf_counter() - started, 3),
    }


@torch.no_grad()
def _judged(metric: CriticMetric, name: str, critic: nn.Module | None, data: Data) -> MetricResult:
    if critic is None:
        raise UsageError(f"metric {name!r} scores critics, and there is none here", remedy="score samples by another")
    with evaluating(critic), preserved_buffers(critic):
        return metric.judge(critic, data)


def _watched(batches: Iterator[Tensor], watch: Watcher | None) -> Iterator[Tensor]:
    done = 0
    for batch in batches:
        done += len(batch)
        yield batch
        if watch:
            watch(done)
