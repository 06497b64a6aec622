import pytest

from gpreg import load_registry
from gpreg.testing import metric_checks
from gpreg.testing.metrics import prefers_the_data_to_noise

INCEPTION = ("fid", "inception-score", "kid", "precision-recall")
METRICS = [spec.name for spec in load_registry().list("metric") if spec.name not in INCEPTION]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(autouse=True)
def _each_classifier_is_trained_once(kept, _nothing_of_the_users, monkeypatch):
    monkeypatch.setenv("GPREG_CACHE", str(kept))


@pytest.mark.parametrize("check", [check for name in METRICS for check in metric_checks(name)], ids=str)
def test_registered_metric(check):
    check()


# A fixed random map stands in for Inception: it tells pictures apart, but sees no classes, which its score is about.
@pytest.mark.parametrize(
    "check",
    metric_checks("fid", {"reference_samples": 1000})
    + metric_checks("kid", {"subset_size": 200, "subsets": 10})
    + metric_checks("precision-recall", {"reference_samples": 1000})
    + [check for check in metric_checks("inception-score") if check.function is not prefers_the_data_to_noise],
    ids=str,
)
def test_metric_of_inception(check, quick_inception):
    quick_inception()
    check()


@pytest.mark.parametrize(
    "check", metric_checks("modes", {"threshold": 1}) + metric_checks("stacked-mnist", {"threshold": 2}), ids=str
)
def test_metric_with_options(check):
    check()
