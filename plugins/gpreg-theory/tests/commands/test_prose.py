import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg_theory.commands import prose

words = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=30)
texts = st.lists(words, min_size=1, max_size=40).map(" ".join)


@given(text=texts)
def test_no_word_is_broken_and_every_line_fits(text):
    lines = prose.wrapped(text, first="* ", rest="  ")
    assert " ".join(lines).split() == ["*", *text.split()]
    assert max(map(len, lines)) <= prose.PIPED


@pytest.fixture
def printed(capsys):
    def table(titles, rows):
        prose.table(titles, rows)
        return capsys.readouterr().out.splitlines()

    return table


def test_titles_take_several_lines_only_where_they_must(printed):
    assert printed(("name", "best rho"), [["mid", "2"]]) == ["name  best rho", "mid   2"]
    titles = ("name", *["a long title of numbers"] * 5)
    lines = printed(titles, [["mid", *"12345"]])
    assert lines[-1].split() == ["mid", *"12345"]
    assert len(lines) > 2
    assert max(map(len, lines)) <= 80


def test_a_row_may_say_something_instead_of_numbers(printed):
    lines = printed(("name", "one", "two"), [["mid", "1", "2"], ["gp", "cannot be had, and this is why " * 4]])
    assert lines[2].startswith("gp    cannot be had")
    assert all(line.startswith("      ") for line in lines[3:])


def test_what_fits_in_no_way_is_told_row_by_row(printed):
    lines = printed(("name", "one", "two", "three"), [["mid", *("x" * 30,) * 3], ["gp", "said"]])
    assert lines == ["mid", f"  one    {'x' * 30}", f"  two    {'x' * 30}", f"  three  {'x' * 30}", "gp", "    said"]
