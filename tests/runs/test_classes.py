import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import CheckpointError, UsageError
from gpreg.interfaces import Data, SampleSpec
from gpreg.runs.classes import Classes


class Labelled(Data):
    spec = SampleSpec(shape=(2,), classes=2)
    class_names = ("cat", "dog")
    class_counts = (3, 9)

    def stream(self, batch_size, **others):
        raise NotImplementedError

    def take(self, n, *, rng):
        raise NotImplementedError


PETS = Classes(number=3, names=("Cat", "Dog", "2"), counts=(5, 0, 7))


def test_those_of_a_dataset():
    assert Classes.of(Labelled()) == Classes(number=2, names=("cat", "dog"), counts=(3, 9))
    plain = Labelled()
    plain.spec = SampleSpec(shape=(2,))
    assert Classes.of(plain) is None


@pytest.mark.parametrize("classes", [PETS, Classes(number=4), Classes(number=1, names=("",))])
def test_they_survive_their_table(classes):
    table = json.loads(json.dumps({"classes": classes.number, **classes.to_table()}))
    assert Classes.from_table(table) == classes


def test_older_tables_have_neither_names_nor_counts():
    assert Classes.from_table({"classes": 10}) == Classes(number=10)
    assert Classes.from_table({"classes": None}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"class_names": ["a"]},
        {"class_names": "ab"},
        {"class_names": ["a", 1]},
        {"class_counts": [1, -1]},
        {"class_counts": [0, 0]},
        {"class_counts": [1, True]},
        {"class_counts": [2**62, 2**62]},
        {"class_counts": {"a": 1, "b": 2}},
    ],
)
def test_a_damaged_table_is_told(wrong):
    with pytest.raises(CheckpointError, match="damaged: class_"):
        Classes.from_table({"classes": 2, **wrong})


def test_a_name_goes_before_a_number():
    assert [PETS.label(word) for word in ("Cat", "Dog", "2", "0", "1")] == [0, 1, 2, 0, 1]
    assert Classes(number=3).label("2") == 2


def test_an_unknown_class_names_the_nearest():
    with pytest.raises(UsageError, match="there is no class 'dgo'; did you mean 'Dog'") as error:
        PETS.label("dgo")
    assert error.value.remedy == "classes are Cat, Dog, 2; or give a number from 0 to 2"
    for word in ("3", "-1", "\u0663", "9" * 5000, ""):
        with pytest.raises(UsageError, match="there is no class"):
            Classes(number=3).label(word)


def test_folders_are_called_as_the_classes():
    assert PETS.folders() == ("Cat", "Dog", "2")
    assert Classes(number=11).folders()[:2] == ("00", "01")
    assert Classes(number=3, names=("a/b", "a_b", "..")).folders() == ("a_b-0", "a_b-1", "2")


@given(st.lists(st.text(st.characters(exclude_categories=[]), max_size=300), min_size=1, max_size=12))
def test_folders_of_any_names_are_safe_and_different(names):
    folders = Classes(number=len(names), names=tuple(names)).folders()
    assert len({folder.casefold() for folder in folders}) == len(names)
    for folder in folders:
        assert folder.strip()
        assert not folder.startswith(".")
        assert not set(folder) & set("/\\\0:\n")
        assert len(folder.encode()) <= 255
