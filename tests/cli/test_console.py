import os
import pty
import re
import subprocess
import sys
import threading

import pytest

from gpreg.cli import console
from gpreg.cli.console import Column

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
