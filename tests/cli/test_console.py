import os
import pty
import re
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg import load_registry
from gpreg.cli import console
from gpreg.cli.console import Column
from gpreg.cli.main import main
from gpreg.recipe import load, read, write
from gpreg.registry.kinds import KINDS

LONG = """
import gpreg

@gpreg.hookimpl
def gpreg_measures():
    return [
        gpreg.MeasureSpec(
            name=f"m{n}",
            factory="a:B",
            summary="s",
            penalty="E[|grad D(x)|^2] " * 2,
            sampling="x = a x_d + (1-a) x_g " * 2,
            claims=tuple(
                gpreg.Claim(assumption=assumption, verdict="holds", because="b")
                for assumption in ("5a", "5b", "5c", "6a", "6b", "6c")
            ),
        )
        for n in range(2)
    ]
"""


def on_a_terminal(site, *words, columns, **environment):
    """What a terminal of so many columns is sent."""
    master, slave = pty.openpty()
    chunks = []

    def read():
        try:
            while chunk := os.read(master, 65536):
                chunks.append(chunk)
        except OSError:  # how Linux says that the other end was closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    subprocess.run(
        [sys.executable, "-m", "gpreg", *words],
        stdout=slave,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        env=os.environ
        | {"PYTHONPATH": str(site.folder), "COLUMNS": str(columns), "TERM": "xterm-256color", "PYTHONUTF8": "1"}
        | environment,
        check=True,
        timeout=60,
    )
    os.close(slave)
    reader.join()
    os.close(master)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_a_table_fits_the_terminal_and_loses_nothing(site, columns):
    site.install("long", LONG)
    lines = plain(on_a_terminal(site, "list-measures", columns=columns, GPREG_PLUGINS="long")).splitlines()
    assert max(map(len, lines)) <= columns
    assert sum(line.count("✓") for line in lines) == 12
    assert "".join("".join(lines).split()).count("fake-long") == (2 if columns == 140 else 1)
    assert not any("…" in line for line in lines)
    if columns < 140:
        assert lines[-1] == "package of all: fake-long"


def test_colours_are_for_terminals_that_want_them(site):
    site.install("long", LONG)
    environment = {"GPREG_PLUGINS": "long", "NO_COLOR": ""}
    assert "\x1b[32m✓" in on_a_terminal(site, "list-measures", columns=140, **environment)
    assert "\x1b[32m" not in on_a_terminal(site, "list-measures", columns=140, GPREG_PLUGINS="long", NO_COLOR="1")


def test_elsewhere_nothing_is_wrapped_cut_or_coloured(site):
    site.install("long", LONG)
    out = site.gpreg("list-measures", GPREG_PLUGINS="long", COLUMNS="40", FORCE_COLOR="1").stdout
    assert "\x1b" not in out
    assert len(out.splitlines()) == 3
    assert all(line == line.rstrip() for line in out.splitlines())
    assert out.count("x = a x_d + (1-a) x_g x = a x_d + (1-a) x_g") == 2


def test_columns_are_aligned(capsys):
    console.table([Column("a"), Column("long title")], [["1", "x"], ["22222", "y"]])
    assert capsys.readouterr().out == "a      long title\n1      x\n22222  y\n"
    console.table([Column(""), Column("")], [["1", "x"]], titles=False)
    assert capsys.readouterr().out == "1  x\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        ("", ""),
        ((), "–"),
        ([1.0, 2.0], "1.0, 2.0"),
        ({}, "–"),
        ({"fid": "lower", "is": "higher"}, "fid: lower, is: higher"),
    ],
)
def test_values_as_cells(value, text):
    assert console.text(value) == text


def test_json_is_ascii_where_stdout_cannot_say_more(site):
    site.install_measure("one", "same")
    source = site.folder / "fake_one.py"
    source.write_text(source.read_text().replace('summary="s"', 'summary="∇"'), encoding="utf-8")
    words = ("list-measures", "--json")
    assert "\\u2207" in site.gpreg(*words, GPREG_PLUGINS="one", PYTHONIOENCODING="ascii").stdout
    assert "∇" in site.gpreg(*words, GPREG_PLUGINS="one").stdout


class TestWidths:
    """On a terminal of any width no word is cut: names, commands and numbers can be found and copied."""

    COMMANDS = (
        *(kind.listing.removeprefix("gpreg ").split() for kind in KINDS.values() if kind.listed),
        ["plugins"],
        ["show", "measure", "mid"],
        ["show", "architecture", "resnet-stable"],
        ["show", "dataset", "image-folder"],
    )

    @pytest.fixture
    def terminal(self, monkeypatch, capsys):
        def at(columns):
            monkeypatch.setenv("COLUMNS", str(columns))
            monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

        return at

    @pytest.mark.parametrize("columns", [40, 60, 80, 100, 200])
    @pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
    def test_every_word_is_whole_and_every_line_fits(self, words, columns, terminal, capsys):
        assert main(words) == 0
        piped = set(capsys.readouterr().out.split()) - {"name"}  # row by row, a name needs no title
        terminal(columns)
        assert main(words) == 0
        lines = [line.rstrip() for line in plain(capsys.readouterr().out).splitlines()]
        assert piped <= {part for word in " ".join(lines).split() for part in (word, word.removesuffix(":"))}
        assert all(len(line) <= columns or len(line.split()) <= 2 for line in lines)

    def test_a_table_of_numbers_fits_or_is_told_row_by_row(self, terminal, capsys):
        columns = [Column("score", wrap=False), Column("value"), Column("a longer title")]
        rows = [["modes/high_quality_share", "0.12345", "5,000"], ["w", "1", ""]]
        terminal(60)
        console.table(columns, rows)
        assert [line.split() for line in plain(capsys.readouterr().out).splitlines()][2:] == [
            ["modes/high_quality_share", "0.12345", "5,000"],
            ["w", "1"],
        ]
        terminal(30)
        console.table(columns, rows)
        assert plain(capsys.readouterr().out).splitlines() == [
            "modes/high_quality_share",
            "  value: 0.12345",
            "  a longer title: 5,000",
            "w",
            "  value: 1",
            "  a longer title:",
        ]


HOSTILE = "a\x1b[31mb\x9bc\u202ed\x07\re\udcff\u2028f\x00"
VISIBLE = r"a\x1b[31mb\x9bc\u202ed\x07\re\udcff\u2028f\x00"


class TestShown:
    """What a terminal would obey is spelled out, wherever it comes from."""

    @pytest.mark.parametrize("text", ["plain", "two\nlines", "∇ 北 é", "[bold]not markup[/bold]", "a\u00a0b"])
    def test_text_is_as_it_is(self, text):
        assert console.shown(text) == text

    @given(st.text())
    def test_nothing_that_a_terminal_obeys_is_left(self, text):
        shown = console.shown(text)
        assert not set(shown) & {chr(n) for n in (*range(10), *range(11, 32), *range(127, 160))}
        assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028")
        shown.encode()

    @pytest.mark.parametrize("live", [True, False])
    def test_every_way_out(self, live, capsys, monkeypatch):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: live)
        monkeypatch.setenv("COLUMNS", "200")
        for say in (console.talk, console.say, console.heading, console.note):
            say(HOSTILE)
        console.table([Column("x"), Column("[b]y")], [[HOSTILE, "[bold]" + HOSTILE]])
        captured = capsys.readouterr()
        out = plain(captured.out + captured.err)
        assert out.count(VISIBLE) == 6
        assert "[bold]" in out
        assert "[b]y" in out
        assert "\x1b" not in out

    def test_a_recipe_is_written_so_that_it_can_be_looked_at(self):
        recipe = load("plane", load_registry())
        hostile = replace(recipe, summary="\x1b\x9b\u202e[bold]é")
        text = write(hostile)
        assert r'summary = "\u001b\U0000009b\U0000202e[bold]é"' in text
        assert read(text, origin="r.toml", registry=load_registry()) == hostile
