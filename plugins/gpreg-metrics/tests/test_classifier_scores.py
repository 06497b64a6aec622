import math
import weakref

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import gpreg
from gpreg.errors import UsageError
from gpreg_metrics.classifier_scores import RunningScore


def score(data, *batches, **options):
    return gpreg.load_registry().build("metric", "classifier", options)(batches, data)


def running(*batches):
    score = RunningScore()
    for batch in batches:
        score.add(batch)
    return score.value()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("classifiers")


def test_sure_and_even_over_k_classes_scores_k():
    sure = torch.full((6, 3), -math.inf, dtype=torch.float64)
    sure[torch.arange(6), torch.arange(6) % 3] = 0
    assert running(sure) == pytest.approx(3)
    assert running(sure[:1]) == pytest.approx(1)


def test_a_case_worked_out_by_hand():
    p = torch.tensor([[0.5, 0.5], [1.0, 0.0]], dtype=torch.float64)  # the mean is (3/4, 1/4)
    first, second = 0.5 * math.log(2 / 3) + 0.5 * math.log(2), math.log(4 / 3)
    assert running(p.log()) == pytest.approx(math.exp((first + second) / 2))


@given(seed=st.integers(0, 2**31), parts=st.integers(1, 7))
def test_the_score_is_the_mean_kl_divergence_however_batched(seed, parts):
    log_p = torch.randn(30, 5, generator=torch.Generator().manual_seed(seed)).double().log_softmax(dim=1)
    kl = (log_p.exp() * (log_p - log_p.exp().mean(dim=0).log())).sum(dim=1).mean()
    assert running(*log_p.chunk(parts)) == pytest.approx(float(kl.exp()))


def test_the_data_themselves_are_at_distance_zero_and_noise_is_far(patterns, random_pictures, folder):
    data, fresh = patterns(400), patterns(400, seed=1)
    own = score(data, *data.scaled().split(70), cache=folder).values
    new = score(data, fresh.scaled(), cache=folder).values
    noise = score(data, random_pictures(400, (1, 8, 8)).scaled(), cache=folder).values
    assert own["frechet_distance"] < 1e-4 * noise["frechet_distance"]
    assert own["frechet_distance"] < new["frechet_distance"] < 0.05 * noise["frechet_distance"]
    assert own["score"] == pytest.approx(10, rel=0.01)


def test_missing_modes_cost_distance_and_score(patterns, folder):
    data = patterns(400)
    half = data.scaled(data.labels < 5)
    own, collapsed = (score(data, samples, cache=folder).values for samples in (data.scaled(), half))
    assert collapsed["score"] == pytest.approx(5, rel=0.01)
    assert collapsed["frechet_distance"] > own["frechet_distance"] + 1


def test_provenance_says_by_which_classifier(patterns, folder):
    result = score(patterns(400), patterns(30).scaled(), cache=folder, reference_samples=100)
    assert set(result.values) == set(gpreg.load_registry().get("metric", "classifier").values)
    provenance = result.provenance
    assert (provenance["samples"], provenance["reference samples"], provenance["training images"]) == (30, 100, 360)
    assert len(provenance["classifier sha256"]) == 64
    assert provenance["held-out accuracy"] == 1.0
    assert {"definition", "extractor", "held-out images", "classes", "torch"} < set(provenance)


def test_the_second_score_reads_the_data_for_its_fingerprint_alone(patterns, tmp_path):
    first, second = patterns(100), patterns(100)
    results = [score(data, first.scaled(), cache=tmp_path) for data in (first, second)]
    assert results[0] == results[1]
    assert (first.reads, second.reads) == (3, 1)


def test_no_more_than_one_batch_of_samples_is_alive(patterns, folder):
    data, alive = patterns(400), []

    def batches():
        for _ in range(5):
            assert sum(batch() is not None for batch in alive) == 0
            batch = data.scaled()
            alive.append(weakref.ref(batch))
            yield batch
            del batch

    gpreg.load_registry().build("metric", "classifier", {"cache": folder})(batches(), data)
    assert len(alive) == 5


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_samples_are_refused(patterns, folder, n):
    with pytest.raises(UsageError, match=f"at least 2 samples and was given {n}"):
        score(patterns(400), patterns(1).scaled()[:n], cache=folder)


def test_data_without_labels_are_refused_before_anything_is_generated(random_pictures):
    def samples():
        raise AssertionError("no sample is needed to see that")
        yield

    with pytest.raises(UsageError, match="labels"):
        gpreg.load_registry().build("metric", "classifier")(samples(), random_pictures(50))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_samples_on_a_gpu_have_the_same_scores(patterns, folder):
    data = patterns(400)
    here, there = (score(data, data.scaled().to(device), cache=folder).values for device in ("cpu", "cuda"))
    assert there["score"] == pytest.approx(here["score"], rel=1e-3)
