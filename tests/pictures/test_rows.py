import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.pictures import grid, legible, rows

SIDE = 66


@given(counts=st.lists(st.integers(0, 5), min_size=1, max_size=5).filter(any), columns=st.none() | st.integers(1, 6))
def test_each_image_is_in_its_row(counts, columns):
    images = [torch.full((n, 1, 8, 8), (k + 1) / 10) for k, n in enumerate(counts)]
    picture = rows(images, [f"row {k}" for k in range(len(counts))], columns)
    across = min(columns or max(counts), max(counts))
    left = picture.shape[1] - across * SIDE - 2
    assert left > 0
    line = 0
    for k, n in enumerate(counts):
        for place in range(max(1, -(-n // across)) * across):
            top, start = (line + place // across) * SIDE + 2, left + place % across * SIDE + 2
            expected = round((k + 1) / 10 * 255) if place < n else 255
            assert (picture[top : top + 64, start : start + 64] == expected).all()
        assert picture[line * SIDE : (line + 1) * SIDE, :left].min() < 128, "its name"
        line += max(1, -(-n // across))
    assert len(picture) == line * SIDE + 2


def test_a_caption_is_below_and_fits():
    images = [torch.zeros(1, 3, 8, 8)]
    plain, told = rows(images, ["a"]), rows(images, ["a"], caption="the first 16 of 1,000 classes")
    assert len(told) > len(plain)
    assert told.shape[1] > plain.shape[1]
    assert np.array_equal(told[: len(plain), : plain.shape[1]], plain)
    assert (told[:, -4:] == 255).all()


def test_a_long_name_is_cut():
    picture = rows([torch.zeros(1, 1, 8, 8)], ["n" * 1000])
    assert picture.shape[1] < 300


def test_the_images_are_those_of_a_grid():
    images = torch.rand(6, 3, 8, 8)
    named, plain = rows([images[:3], images[3:]], ["a", "b"]), grid(images, 3)
    assert np.array_equal(named[:, -plain.shape[1] :], plain)


@pytest.mark.parametrize(
    ("images", "names"), [([], []), ([torch.zeros(0, 1, 8, 8)], ["a"]), ([torch.zeros(1, 1, 8, 8)], [])]
)
def test_nothing_to_show_is_refused(images, names):
    with pytest.raises(UsageError, match="rows of up to"):
        rows(images, names)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat", "cat"),
        ("Äpfel №1", "Äpfel №1"),
        ("кот", "кот"),
        ("猫", "?"),
        ("a\nb", "?"),
        ("\x1b[31m", "?"),
        (" ", "?"),
        ("\udcff", "?"),
    ],
)
def test_a_name_without_signs_of_its_own_is_another(name, shown):
    assert legible(name, "?") == shown


def test_a_name_of_a_million_letters_is_cut_at_once():
    picture = rows([torch.zeros(1, 1, 8, 8)], ["i" * 1_000_000])
    assert picture.shape[1] < 300
