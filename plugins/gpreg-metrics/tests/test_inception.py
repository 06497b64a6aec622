import io
import pickle
import zipfile
from functools import partial
from pathlib import Path

import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

import gpreg
from gpreg.errors import DataError, ExitCode, UsageError
from gpreg_metrics.inception import FILE, PUBLISHED_HASH, Inception
from gpreg_metrics.options import InceptionOptions

METRICS = ("fid", "inception-score", "kid", "precision-recall")


def load(layer="2048", **options):
    inception = Inception(layer, InceptionOptions(**options))
    return list(inception.features([]))


@pytest.fixture
def no_download(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)


def test_the_published_file_is_named_by_its_hash():
    assert FILE == "weights-inception-2015-12-05-6726825d.pth"
    assert PUBLISHED_HASH == "6726825d"


@pytest.mark.usefixtures("no_download")
@pytest.mark.parametrize("metric", METRICS)
def test_missing_weights_are_told_before_anything_is_generated(random_pictures, metric):
    def samples():
        raise AssertionError("no sample is needed to see that")
        yield

    with pytest.raises(DataError) as caught:
        gpreg.load_registry().build("metric", metric)(samples(), random_pictures(3000))
    assert caught.value.exit_code == ExitCode.FAILED
    assert FILE in caught.value.message
    assert "`gpreg evaluate RUN --metric fid -S download=true`" in caught.value.remedy
    assert "-S weights=FILE" in caught.value.remedy
    assert "toshas/torch-fidelity" in caught.value.remedy


@pytest.mark.usefixtures("no_download")
def test_a_named_file_that_is_not_there_is_not_searched_for_elsewhere(tmp_path):
    with pytest.raises(DataError, match=r"looked for .*nothing\.pth"):
        load(weights=tmp_path / "nothing.pth", download=True)


@pytest.mark.parametrize("where", ["GPREG_WEIGHTS", "TORCH_HOME"])
def test_weights_are_found_where_the_environment_says(tmp_path, monkeypatch, weights, where):
    folder = tmp_path if where == "GPREG_WEIGHTS" else tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).symlink_to(weights)
    monkeypatch.setenv(where, str(tmp_path))
    assert load() == []


def test_a_download_must_be_asked_for_and_goes_where_it_is_looked_for(tmp_path, monkeypatch, weights):
    def fetch(url, target, hash_prefix, progress):
        assert (url.rpartition("/")[2], hash_prefix, progress) == (FILE, PUBLISHED_HASH, False)
        Path(target).symlink_to(weights)

    monkeypatch.setattr(torch.hub, "download_url_to_file", fetch)
    monkeypatch.setenv("GPREG_WEIGHTS", str(tmp_path / "mine"))
    load(download=True)
    assert (tmp_path / "mine" / FILE).is_file()


@pytest.mark.parametrize("error", [OSError("no route"), RuntimeError("invalid hash value")])
def test_a_failed_download_is_told(monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(DataError, match=f"could not be downloaded to .*{error}"):
        load(download=True)


def saved(value):
    content = io.BytesIO()
    torch.save(value, content)
    return content.getvalue()


def archive():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("readme.txt", "not a checkpoint")
    return content.getvalue()


DAMAGED = {
    "empty": b"",
    "text": b"<html>Not Found</html>",
    "zip": archive(),
    "truncated": saved({"a": torch.zeros(1000)})[:700],
    "list": saved([torch.zeros(2)]),
    "another network": saved({"fc.weight": torch.zeros(10, 4)}),
    "number": saved(3),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_what_is_not_inceptions_weights_is_refused(tmp_path, content):
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as the weights of Inception") as caught:
        load(weights=path)
    assert FILE in caught.value.remedy


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("dump", [saved, partial(pickle.dumps, protocol=2)], ids=["checkpoint", "pickle"])
def test_nothing_in_the_file_is_executed(tmp_path, dump):
    (tmp_path / "file.pth").write_bytes(dump({"fc.weight": Trap(tmp_path / "sprung")}))
    with pytest.raises(DataError):
        load(weights=tmp_path / "file.pth")
    assert not (tmp_path / "sprung").exists()


def test_provenance_tells_the_published_weights_from_others(weights):
    provenance = Inception("2048", InceptionOptions(weights=weights)).provenance
    assert len(provenance["weights sha256"]) == 64
    assert provenance["weights as published"] is False
    assert {"extractor", "layer", "torch-fidelity", "torch"} < set(provenance)


def test_the_identity_depends_on_the_layer(weights):
    options = InceptionOptions(weights=weights)
    assert Inception("2048", options).identity != Inception("logits_unbiased", options).identity


def test_features_are_those_of_the_network_with_grey_repeated(weights):
    grey = torch.randint(256, (2, 1, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    with torch.random.fork_rng(devices=[]):  # it draws initial weights
        network = FeatureExtractorInceptionV3("i", ["2048"], feature_extractor_weights_path=weights)
    (features,) = Inception("2048", InceptionOptions(weights=weights)).features([grey])
    assert torch.equal(features, network(grey.repeat(1, 3, 1, 1))[0])
    assert features.std(dim=0).mean() > 1e-4, "the random weights must let signals through"


@pytest.mark.parametrize("shape", [(2, 8, 8), (4, 8, 8), (3,)])
def test_data_that_is_neither_grey_nor_rgb_is_refused(quick_inception, random_pictures, shape):
    quick_inception()
    with pytest.raises(UsageError, match="grey or RGB"):
        gpreg.load_registry().build("metric", "fid")([], random_pictures(3, shape))
