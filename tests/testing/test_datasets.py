"""The kit finds what is wrong with a dataset: one wrong dataset for each check."""

from itertools import count

import pytest
import torch
from fixtures.kits import outcomes

from gpreg import DatasetSpec
from gpreg.data import ArrayData
from gpreg.errors import DataError, NotDownloaded, UsageError
from gpreg.interfaces import Batch, DatasetSource, GaussianModes
from gpreg.testing import dataset_checks

N = 60


class Numbers(ArrayData):
    """Points of the plane with labels, others in the test split."""

    def __init__(self, opening, **changes):
        rng = torch.Generator().manual_seed(("train", "test").index(opening.split))
        super().__init__(torch.randn(N, 2, generator=rng), torch.arange(N) % 3, classes=3)
        vars(self).update(changes)


class Pictures(ArrayData):
    """Pictures in bytes, without labels."""

    def __init__(self, opening):
        rng = torch.Generator().manual_seed(("train", "test").index(opening.split))
        pixels = torch.randint(256, (N, 1, 4, 4), generator=rng, dtype=torch.uint8)
        super().__init__(pixels, value_range=opening.value_range)


class InDoublePrecision(Numbers):
    def gather(self, indices):
        samples, labels = super().gather(indices)
        return Batch(samples.double(), labels)


class DrawnGlobally(Numbers):
    def __init__(self, opening):
        super().__init__(opening)
        self._copies = ArrayData(torch.randn(N, 2), self.labels)._copies


class TakenGlobally(Numbers):
    def take(self, n, *, rng):
        return super().take(n, rng=torch.default_generator)


class Generous(Numbers):
    def take(self, n, *, rng):
        return super().take(min(n, N), rng=rng)


class Forgetful(Numbers):
    def stream(self, *arguments, **settings):
        stream = super().stream(*arguments, **settings)
        stream.load_state_dict = lambda state: None
        return stream


class Alone(Numbers):
    def stream(self, *arguments, rank=0, ranks=1, **settings):
        return super().stream(*arguments, **settings)


def unseen(opening):
    """Test samples that are training samples."""
    return Numbers(type(opening)(split="train"))


def scaled(opening):
    """Vectors that are scaled like images."""
    data = Numbers(opening)
    low, high = opening.value_range or (-1.0, 1.0)
    data._copies = ArrayData(torch.arange(2.0 * N).view(N, 2) * (high - low) + low, data.labels)._copies
    return data


def lost(opening):
    raise FileNotFoundError("points.npy")


OPENED = count()
MODES = GaussianModes(centres=torch.tensor([[0.0, 0.0]]), std=0.2)

WRONG = {
    "names": (lambda opening: Numbers(opening, class_names=("a",)), "knows_its_classes"),
    "counts": (lambda opening: Numbers(opening, class_counts=(30, 20, 10)), "knows_its_classes"),
    "in double precision": (InDoublePrecision, "gives_full_batches"),
    "drawn globally": (DrawnGlobally, "follows_its_seed_alone"),
    "forgetful": (Forgetful, "continues_where_it_was_saved"),
    "alone": (Alone, "divides_a_batch_among_processes"),
    "taken globally": (TakenGlobally, "takes_samples_by_a_generator"),
    "generous": (Generous, "refuses_more_than_it_has"),
    "nothing held out": (unseen, "holds_out_its_test_split"),
    "scaled": (scaled, "scales_images_alone"),
    "other modes": (lambda opening: Numbers(opening, modes=MODES), "lies_around_its_modes"),
    "never the same": (
        lambda opening: Numbers(opening, fingerprint=str(next(OPENED))),
        "notices_that_it_has_changed",
    ),
    "lost": (lost, "says_what_is_missing"),
}


def found(opens, **said):
    """What the kit says of a dataset that a function opens."""

    class Source(DatasetSource):
        def open(self, opening):
            return opens(opening)

    spec = DatasetSpec(name="subject", factory=Source, summary="under test", **said)
    return outcomes("dataset", spec, dataset_checks)


@pytest.mark.parametrize("opens", [Numbers, Pictures])
def test_what_is_right_passes(opens):
    assert found(opens) == {}


@pytest.mark.parametrize(("opens", "check"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(opens, check):
    assert check in found(opens)


@pytest.mark.parametrize("said", [{"shape": "(3,)"}, {"size": 7}, {"classes": 2}], ids=str)
def test_what_is_not_as_its_spec_says_is_found(said):
    assert list(found(Numbers, **said)) == ["is_what_its_spec_declares"]


def raising(error):
    def opens(opening):
        raise error

    return opens


def test_what_is_not_downloaded_is_skipped_and_the_error_is_checked():
    said = found(raising(NotDownloaded("points are not there", remedy="fetch them")))
    assert set(said.values()) == {"skipped: points are not there"}
    assert "says_what_is_missing" not in said
    assert "does not say what to do" in found(raising(NotDownloaded("gone")))["says_what_is_missing"]


@pytest.mark.parametrize("availability", ["folder", "system"])
def test_a_folder_that_was_not_given_is_skipped(availability):
    refused = raising(UsageError("there is no folder", remedy="give one"))
    assert set(found(refused, availability=availability).values()) == {"skipped: there is no folder"}
    assert set(found(refused).values()) == {"there is no folder\ngive one"}


def test_data_without_a_test_split_is_not_asked_for_it():
    def opens(opening):
        if opening.split == "test":
            raise DataError("all is for training", remedy="hold something out")
        return Numbers(opening)

    assert found(opens) == {"holds_out_its_test_split": "skipped: it has no test split: all is for training"}
