import logging
import math
import re
import warnings
import weakref

import pytest
import torch
import torch_fidelity
from torch.utils.data import Dataset
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

import gpreg
from gpreg.errors import OptionError, UsageError
from gpreg_metrics import fid
from gpreg_metrics.inception import Inception

METRICS = ("fid", "inception-score", "kid", "precision-recall")
SMALL = {"fid": {}, "inception-score": {"splits": 2}, "kid": {"subset_size": 5, "subsets": 7}, "precision-recall": {}}
"""Options for few samples."""


def build(metric, **options):
    return gpreg.load_registry().build("metric", metric, options)


def score(metric, samples, data, **options):
    return build(metric, **SMALL[metric], **options)(samples, data)


class Rows(Dataset):
    def __init__(self, pixels):
        self.pixels = pixels

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        return self.pixels[index]


THEIR_NAMES = {"fid": "fid", "inception-score": "isc", "kid": "kid", "precision-recall": "prc"}

FEW = 5
"""Images are as few as recall's three neighbours allow: a look of Inception at one takes long."""

EARLY = "192"
"""A layer of Inception with so few features that their covariance has its eigenvalues at once."""


@pytest.fixture(scope="module")
def both(pictures):
    """Samples brighter and coarser than the data, but for two that are of the data's kind."""
    rng = torch.Generator().manual_seed(5)
    real = torch.randint(120, (FEW, 3, 12, 12), generator=rng, dtype=torch.uint8)
    fake = torch.randint(120, 256, (FEW, 3, 3, 3), generator=rng, dtype=torch.uint8)
    fake = fake.repeat_interleave(4, 2).repeat_interleave(4, 3)
    fake[:2] = torch.randint(120, (2, 3, 12, 12), generator=rng, dtype=torch.uint8)
    return pictures(fake), pictures(real)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A cache for several tests."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def oracle(both, weights):
    """What torch-fidelity itself says of them."""
    fake, real = both
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch_fidelity.calculate_metrics(
            input1=Rows(fake.pixels),
            input2=Rows(real.pixels),
            feature_extractor="inception-v3-compat",
            feature_extractor_weights_path=str(weights),
            isc=True,
            fid=True,
            kid=True,
            prc=True,
            feature_layer_fid=EARLY,
            isc_splits=2,
            kid_subset_size=FEW,
            kid_subsets=2,
            samples_shuffle=True,
            batch_size=4,
            cuda=False,
            cache=False,
            save_cpu_ram=True,
            verbose=False,
        )


def test_fid_equals_torch_fidelitys(both, oracle, weights, monkeypatch):
    fake, real = both
    monkeypatch.setattr(fid, "Inception", lambda _, options: Inception(EARLY, options))
    result = score("fid", fake.scaled().split(3), real, weights=weights)
    assert oracle["frechet_inception_distance"] > 1e-3
    assert result.values["fid"] == pytest.approx(oracle["frechet_inception_distance"], rel=1e-4)
    assert (result.provenance["samples"], result.provenance["reference samples"]) == (FEW, FEW)


def test_inception_score_equals_torch_fidelitys(both, oracle, weights):
    fake, real = both
    values = score("inception-score", fake.scaled().split(3), real, weights=weights).values
    assert values["inception_score"] == pytest.approx(oracle["inception_score_mean"], rel=1e-5)
    assert values["inception_score_std"] == pytest.approx(oracle["inception_score_std"], rel=1e-3)


def test_kid_equals_torch_fidelitys(both, oracle, weights, kept):
    fake, real = both
    kid = build("kid", weights=weights, subset_size=FEW, subsets=2, cache=kept)  # all images: the order does not matter
    distance = oracle["kernel_inception_distance_mean"]
    assert distance > 1e-2
    assert kid(fake.scaled().split(3), real).values["kid"] == pytest.approx(distance, rel=1e-3)


def test_precision_and_recall_equal_torch_fidelitys(both, oracle, weights, kept):
    fake, real = both
    result = score("precision-recall", fake.scaled().split(3), real, weights=weights, cache=kept)
    assert 0 < oracle["precision"] < 1
    assert 0 < oracle["recall"] <= 1
    assert result.values == {name: pytest.approx(oracle[name]) for name in ("precision", "recall")}


@pytest.mark.parametrize("metric", METRICS)
def test_the_layer_is_torch_fidelitys(quick_inception, random_pictures, metric):
    quick_inception()
    result = score(metric, [random_pictures(20, seed=1).scaled()], random_pictures(20))
    layer = FeatureExtractorInceptionV3.get_default_feature_layer_for_metric(THEIR_NAMES[metric])
    assert result.provenance["layer"] == layer


@pytest.mark.parametrize("metric", METRICS)
def test_neither_batching_nor_the_value_range_matters(quick_inception, random_pictures, pictures, metric):
    quick_inception()
    fake, real = random_pictures(61, seed=1), random_pictures(64)
    other = pictures(fake.pixels, value_range=(0.0, 1.0))
    one = score(metric, [fake.scaled()], real)
    two = score(metric, other.scaled().split(9), pictures(real.pixels, value_range=(0.0, 1.0)))
    assert one.values == pytest.approx(two.values, rel=1e-5)
    assert one.provenance == two.provenance


@pytest.mark.parametrize("metric", METRICS)
def test_no_more_than_one_batch_of_samples_is_alive(quick_inception, random_pictures, metric):
    quick_inception()
    data, alive = random_pictures(40), []

    def batches():
        for seed in range(6):
            assert sum(batch() is not None for batch in alive) == 0
            batch = random_pictures(30, seed=seed).scaled()
            alive.append(weakref.ref(batch))
            yield batch
            del batch

    score(metric, batches(), data)
    assert len(alive) == 6


@pytest.mark.parametrize("metric", METRICS)
def test_values_and_provenance_are_what_the_spec_and_the_interface_ask_for(quick_inception, random_pictures, metric):
    quick_inception()
    result = score(metric, [random_pictures(20, seed=1).scaled()], random_pictures(30))
    assert set(result.values) == set(gpreg.load_registry().get("metric", metric).values)
    assert all(type(value) is float for value in result.values.values())
    assert result.provenance["samples"] == 20
    assert {"definition", "weights sha256", "torch-fidelity", "torch"} < set(result.provenance)


@pytest.mark.parametrize("metric", ["fid", "kid", "precision-recall"])
def test_the_datas_features_are_kept_until_the_data_change(quick_inception, random_pictures, metric):
    quick_inception()
    reads = []
    for seed in (0, 0, 7):
        data = random_pictures(30, seed=seed)
        score(metric, [random_pictures(30, seed=1).scaled()], data)
        reads.append(data.reads)
    assert reads == [2, 1, 2], "once for the fingerprint, once for the features"


@pytest.mark.parametrize("metric", ["fid", "kid"])
def test_the_data_themselves_are_nearest(quick_inception, random_pictures, metric):
    quick_inception()
    data = random_pictures(200)
    measure = build(metric, **({"subset_size": 200} if metric == "kid" else {}))
    same = measure([data.scaled()], data).values[metric]
    darker = measure([data.scaled() * 0.5 - 0.5], data).values[metric]
    assert abs(same) < 0.05 * darker


def test_precision_falls_outside_the_data_and_recall_with_modes(quick_inception, random_pictures):
    quick_inception()
    data = random_pictures(200)
    same = score("precision-recall", [data.scaled()], data).values
    assert same == {"precision": 1.0, "recall": 1.0}
    collapsed = score("precision-recall", [data.scaled(slice(1)).expand(200, -1, -1, -1)], data).values
    assert collapsed["precision"] == 1.0
    assert collapsed["recall"] < 0.05
    elsewhere = score("precision-recall", [torch.ones(200, 3, 8, 8)], data).values
    assert elsewhere["precision"] == 0.0


def test_by_default_precision_and_recall_compare_equal_numbers(quick_inception, random_pictures):
    quick_inception()
    for n, compared in ((10, 10), (30, 20)):
        result = score("precision-recall", [random_pictures(n, seed=1).scaled()], random_pictures(20))
        assert result.provenance["reference samples"] == compared


@pytest.mark.parametrize("metric", ["fid", "kid", "precision-recall"])
def test_data_without_end_are_compared_with_as_many_as_asked_for(quick_inception, random_pictures, metric):
    quick_inception()
    data = random_pictures(20, endless=True)
    samples = random_pictures(20, seed=1).scaled()
    assert score(metric, [samples], data, reference_samples=33).provenance["reference samples"] == 33
    if metric != "precision-recall":
        with pytest.raises(UsageError, match="without end") as caught:
            score(metric, [samples], data)
        assert "reference_samples=" in caught.value.remedy


@pytest.mark.parametrize("metric", ["fid", "kid", "precision-recall"])
def test_more_images_than_the_data_has_are_refused(quick_inception, random_pictures, metric):
    quick_inception()
    with pytest.raises(UsageError, match="compare with 21 images of the data, and there are 20"):
        score(metric, [random_pictures(20).scaled()], random_pictures(20), reference_samples=21)


@pytest.mark.parametrize(
    ("metric", "n", "message"),
    [
        ("fid", 0, "at least 2 samples and was given 0"),
        ("fid", 1, "at least 2 samples and was given 1"),
        ("inception-score", 1, "each of 2 splits and was given 1"),
        ("kid", 0, "subsets of 5, and there are 0 samples"),
        ("kid", 4, "subsets of 5, and there are 4 samples"),
        ("precision-recall", 0, "more than 3 samples"),
        ("precision-recall", 3, "more than 3 samples"),
    ],
)
def test_too_few_samples_are_refused(quick_inception, random_pictures, metric, n, message):
    quick_inception()
    with pytest.raises(UsageError, match=message) as caught:
        score(metric, [random_pictures(4, seed=1).scaled()[:n]], random_pictures(20))
    assert "generate more" in caught.value.remedy


@pytest.mark.parametrize(
    ("metric", "message"),
    [("fid", "and there are 1"), ("kid", "4 images of the data"), ("precision-recall", "3 images")],
)
def test_too_few_images_of_the_data_are_refused(quick_inception, random_pictures, metric, message):
    quick_inception()
    size = {"fid": 1, "kid": 4, "precision-recall": 3}[metric]
    with pytest.raises(UsageError, match=message):
        score(metric, [random_pictures(20, seed=1).scaled()], random_pictures(size))


@pytest.mark.parametrize(
    ("metric", "options", "images", "n"),
    [
        ("fid", {"reference_samples": 50}, 10, 20),
        ("kid", {"subset_size": 1000}, 10, 20),
        ("kid", {"subset_size": 15}, 20, 10),
        ("kid", {"reference_samples": 50, "subset_size": 5}, 10, 20),
        ("inception-score", {"splits": 10}, 10, 4),
        ("precision-recall", {"neighbours": 15}, 20, 10),
        ("precision-recall", {"neighbours": 15}, 10, 20),
    ],
)
def test_what_an_error_says_to_type_is_right(quick_inception, random_pictures, metric, options, images, n):
    quick_inception()
    data, samples = random_pictures(images), random_pictures(n, seed=1).scaled()
    with pytest.raises(UsageError) as caught:
        build(metric, **options)([samples], data)
    key, value = re.search(r"-S (\w+)=(\d+)", caught.value.remedy).groups()
    result = build(metric, **options | {key: value})([samples], data)
    assert all(map(math.isfinite, result.values.values()))


@pytest.mark.parametrize(("images", "n", "told"), [(200, 40, 1), (8, 200, 1), (200, 200, 0)])
def test_fid_of_few_images_is_defined_and_its_bias_is_told_once(
    quick_inception, random_pictures, caplog, images, n, told
):
    quick_inception(features=100)
    with caplog.at_level(logging.INFO, logger="gpreg"):
        results = [score("fid", [random_pictures(n, seed=1).scaled()], random_pictures(images)) for _ in range(3)]
    assert results[0] == results[1] == results[2]
    assert 0 <= results[0].values["fid"] < math.inf
    assert caplog.text.count(f"covariances of {min(images, n)} images in 100 dimensions are singular") == told


def test_the_seed_fixes_kids_subsets(quick_inception, random_pictures):
    quick_inception()
    values = [
        build("kid", subset_size=5, subsets=3, seed=seed)([random_pictures(20, seed=1).scaled()], random_pictures(20))
        for seed in (1, 1, 2)
    ]
    assert values[0] == values[1]
    assert values[0].values != values[2].values


def test_options_out_of_bounds_are_refused():
    for metric, options in (("inception-score", {"splits": 0}), ("kid", {"subset_size": 1}), ("fid", {"weight": "x"})):
        with pytest.raises(OptionError):
            build(metric, **options)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("metric", METRICS)
def test_samples_on_a_gpu_have_the_same_scores(both, weights, tmp_path, metric):
    fake, real = both
    options = {"subset_size": FEW, "subsets": 2} if metric == "kid" else SMALL[metric]
    here, there = (
        build(
            metric, weights=weights, **options, **({} if metric == "inception-score" else {"cache": tmp_path / device})
        )([fake.scaled().to(device)], real).values
        for device in ("cpu", "cuda")
    )
    assert there == pytest.approx(here, rel=0.05)
