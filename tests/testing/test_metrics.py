"""The kit finds what is wrong with a metric: one wrong metric for each check."""

import pytest
import torch
from fixtures.kits import outcomes

from gpreg import MetricSpec
from gpreg.errors import DataError, UsageError
from gpreg.interfaces import Metric, MetricResult
from gpreg.testing import metric_checks


class Distance(Metric):
    """How far the mean square is from the data's."""

    def __call__(self, samples, data):
        batches = list(samples)
        real = data.take(1000, rng=torch.Generator()).samples
        values = {"distance": self.distance(torch.cat(batches), real, len(batches))}
        return MetricResult(values=values, provenance={"samples": sum(map(len, batches))})

    def distance(self, samples, real, batches):
        return float((samples.square().mean() - real.square().mean()).abs())


class OtherName(Distance):
    def __call__(self, samples, data):
        return MetricResult(values={"length": 0.0}, provenance={})


class NoResult(Distance):
    def __call__(self, samples, data):
        return {"distance": 0.0}


class NoJson(Distance):
    def __call__(self, samples, data):
        return MetricResult(values=super().__call__(samples, data).values, provenance={"data": data})


class Random(Distance):
    def distance(self, samples, real, batches):
        return float(samples[torch.randperm(len(samples))[:20]].square().mean())


class ByBatches(Distance):
    def distance(self, samples, real, batches):
        return super().distance(samples, real, batches) / batches


class Changing(Distance):
    def __call__(self, samples, data):
        return super().__call__((batch.clamp_(-1, 1) for batch in samples), data)


class Backwards(Distance):
    def distance(self, samples, real, batches):
        return -super().distance(samples, real, batches)


class Blunt(Distance):
    def __call__(self, samples, data):
        if len(data.spec.shape) != 1:
            raise ValueError("no points")
        return super().__call__(samples, data)


WRONG = [
    (OtherName, "reports_what_its_spec_declares"),
    (NoResult, "reports_what_its_spec_declares"),
    (NoJson, "reports_what_its_spec_declares"),
    (Random, "scores_the_same_again"),
    (ByBatches, "scores_samples_however_they_come"),
    (Changing, "changes_nothing"),
    (Backwards, "prefers_the_data_to_noise"),
    (Blunt, "refuses_what_it_cannot_score"),
]


def found(factory):
    spec = MetricSpec(name="subject", factory=factory, summary="under test", values={"distance": "lower"})
    return outcomes("metric", spec, metric_checks)


def test_what_is_right_passes():
    assert found(Distance) == {}


@pytest.mark.parametrize(("factory", "check"), WRONG)
def test_what_is_wrong_is_found(factory, check):
    assert check in found(factory)


def test_weights_that_are_not_there_skip_what_needs_them():
    class Heavy(Distance):
        def __call__(self, samples, data):
            raise DataError("the weights are not there", remedy="fetch them")

    said = found(Heavy)
    assert set(said.values()) == {"skipped: the weights are not there"}
    assert "refuses_what_it_cannot_score" not in said


def test_what_scores_none_of_the_kits_data_is_skipped_with_the_reasons():
    class Choosy(Distance):
        def __call__(self, samples, data):
            raise UsageError("only sounds are scored", remedy="use sounds")

    assert all("points: only sounds are scored" in reason for reason in found(Choosy).values())
