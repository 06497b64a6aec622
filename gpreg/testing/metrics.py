"""Checks that every metric must pass, on data that the kit makes. What needs weights that are not there is skipped."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest import SkipTest

import torch
from torch import Tensor

from gpreg.errors import DataError, GpregError, UsageError
from gpreg.interfaces import MetricResult
from gpreg.registry.kinds import METRIC
from gpreg.registry.registry import load_registry
from gpreg.registry.specs import MetricSpec
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.scored import SCORED, Scored
from gpreg.testing.things import thing_checks

CLOSE = 1e-3
"""Relative error between batches of different sizes, in which networks round differently."""


@dataclass(frozen=True)
class MetricCase(Case):
    """A registered metric with its options.

    Args:
        name: name of the metric.
        options: its options.
        given: the data and samples that it is checked on; ``None``: the first of the kit's own that it can score.

    >>> case = MetricCase("modes")
    >>> case.score(case.scored.alike).values["modes"]
    8.0
    """

    kind = "metric"
    given: Scored | None = None
    found: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def spec(self) -> MetricSpec:
        """The metric's spec."""
        return load_registry().get(METRIC, self.name)

    @property
    def scored(self) -> Scored:
        """The data and samples that it is checked on.

        Raises:
            SkipTest: it can score none of what the kit has, or lacks weights.
        """
        if self.given is not None:
            return self.given
        if "scored" not in self.found:
            self.found["scored"] = self._first()
        scored: Scored | str = self.found["scored"]
        if isinstance(scored, str):
            raise SkipTest(scored)
        return scored

    def _first(self) -> Scored | str:
        reasons = []
        for kind, make in SCORED.items():
            try:
                self.found["alike"] = self.build()(make().alike.clone().split(100), make().data)
            except UsageError as error:
                reasons.append(f"{kind}: {error.message}")
            except DataError as error:
                return error.message
            else:
                return make()
        return f"it scores nothing that the kit has: {'; '.join(reasons)}"

    def score(self, samples: Tensor | Iterable[Tensor]) -> MetricResult:
        """The scores of samples, a copy of which is given in batches of 100, or of batches."""
        data = self.scored.data
        given = samples.clone().split(100) if isinstance(samples, Tensor) else samples
        result: MetricResult = self.build()(given, data)
        expect(isinstance(result, MetricResult), f"returns a {type(result).__name__}, which is no MetricResult")
        return result

    def alike(self) -> MetricResult:
        """The scores of samples of the data's law, taken once."""
        if "alike" not in self.found:
            self.found["alike"] = self.score(self.scored.alike)
        result: MetricResult = self.found["alike"]
        return result


def reports_what_its_spec_declares(case: MetricCase) -> None:
    """The values are numbers with the names that the spec declares, and the conditions can be written as JSON."""
    result = case.alike()
    declared, values = set(case.spec.values), dict(result.values)
    expect(declared, "declares no values: MetricSpec(values={...: 'higher' or 'lower'})")
    expect(set(values) == declared, f"reports {', '.join(values)}, and its spec says {', '.join(declared)}")
    numbers = all(isinstance(value, int | float) and math.isfinite(value) for value in values.values())
    expect(numbers, f"reports values that are no finite numbers: {values}")
    try:
        json.dumps(dict(result.provenance), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"has a provenance that is no JSON data: {error}") from error


def scores_the_same_again(case: MetricCase) -> None:
    """Equal samples have equal scores, whatever the global random states are, which are left alone."""
    scored, found = case.scored, []
    for state in (1, 2):
        with global_randomness(state):
            found.append(case.score(scored.alike).values)
    expect(found[0] == found[1], f"scores the same samples with {dict(found[0])}, and again with {dict(found[1])}")


def scores_samples_however_they_come(case: MetricCase) -> None:
    """Samples may come in batches of any sizes, from an iterator that can be read once."""
    scored, expected = case.scored, case.alike().values
    for size in (len(scored.alike), 64):
        values = case.score(iter(scored.alike.clone().split(size))).values
        for name, value in values.items():
            near = math.isclose(value, expected[name], rel_tol=CLOSE, abs_tol=CLOSE * 1e-3)
            expect(near, f"reports {name} = {value:g} in batches of {size}, and {expected[name]:g} of 100")


def changes_nothing(case: MetricCase) -> None:
    """Samples and data are left as they are, and so are the settings of torch."""
    scored = case.scored
    data, samples = scored.data, scored.alike.clone()
    n = 50 if data.size is None else min(50, data.size)
    before = data.take(n, rng=torch.Generator()).samples.clone()
    settings = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
    case.score(iter(samples.split(100)))
    expect(torch.equal(samples, scored.alike), "changes the samples that it scores")
    expect(torch.equal(data.take(n, rng=torch.Generator()).samples, before), "changes the data that it compares with")
    after = torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads()
    expect(settings == after, "changes whether gradients are recorded, the default dtype or the number of threads")


def prefers_the_data_to_noise(case: MetricCase) -> None:
    """Samples of the data's law score better than noise, in the direction that the spec declares for each value.

    The first value decides which checkpoint is best, and must be better; the others must not be worse. Values named
    ``*_std`` say how sure another value is, and are not compared.
    """
    alike, noise = case.alike().values, case.score(case.scored.unlike).values
    for number, (name, direction) in enumerate(case.spec.values.items()):
        gain = alike[name] - noise[name] if direction == "higher" else noise[name] - alike[name]
        told = f"says that {direction} {name} is better, and gives the data {alike[name]:g} and noise {noise[name]:g}"
        expect(gain > 0 or (number and gain == 0) or name.endswith("_std"), told)


def refuses_what_it_cannot_score(case: MetricCase) -> None:
    """Data and samples of another kind are scored, or refused with a UsageError that says what would be right."""
    for kind, make in SCORED.items():
        try:
            case.build()(make().alike.clone().split(100), make().data)
        except GpregError as error:
            said = isinstance(error, DataError) or (isinstance(error, UsageError) and error.remedy)
            expect(said, f"refuses {kind} without a remedy: {error.message}")


METRIC_CHECKS = (
    reports_what_its_spec_declares,
    scores_the_same_again,
    scores_samples_however_they_come,
    changes_nothing,
    prefers_the_data_to_noise,
    refuses_what_it_cannot_score,
)


def metric_checks(name: str, options: Mapping[str, Any] | None = None, *, scored: Scored | None = None) -> list[Check]:
    """Every check of a registered metric; those of one whose weights are not there raise :class:`unittest.SkipTest`.

    Args:
        name: name of the metric.
        options: its options.
        scored: data with samples that are like it and unlike it; ``None``: the first kind of the kit's own data,
            points or pictures, that the metric can score.

    >>> for check in metric_checks("wasserstein", {"n": 100}):
    ...     check()
    >>> print(check)
    wasserstein-refuses_what_it_cannot_score
    """
    case = MetricCase(name, options or {}, scored)
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in METRIC_CHECKS]
