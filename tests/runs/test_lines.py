import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import ExitCode, StorageError
from gpreg.runs.lines import Lines


@pytest.fixture
def lines(tmp_path):
    return Lines(tmp_path / "stats.jsonl")


def test_no_file_is_no_lines(lines):
    assert lines.read() == []
    lines.rewind(0)
    assert not lines.path.exists()


def test_lines_come_back_in_their_order(lines):
    rows = [{"step": step, "values": {"w1": step / 3}, "note": "zwölf\nund mehr"} for step in (0, 10, 20)]
    for row in rows:
        lines.append(row)
    assert lines.read() == rows
    assert len(lines.path.read_text().splitlines()) == 3


@given(cut=st.integers(2, 60))
def test_a_line_that_was_cut_short_is_left_out(tmp_path_factory, cut):
    lines = Lines(tmp_path_factory.mktemp("cut") / "stats.jsonl")
    for step in (1, 2):
        lines.append({"step": step, "critic_loss": 0.12345678901234567, "name": "grün"})
    content = lines.path.read_bytes()
    cut = min(cut, len(content) // 2)
    lines.path.write_bytes(content[:-cut])
    assert [row["step"] for row in lines.read()] == [1]
    lines.append({"step": 3})
    assert [row["step"] for row in lines.read()] == [1, 3]
    lines.rewind(1)
    assert [row["step"] for row in lines.read()] == [1]


def test_rewinding_forgets_what_comes_after(lines):
    for step in (0, 10, 20, 20, 30):
        lines.append({"step": step, "metric": "w1"})
    lines.rewind(20)
    assert [row["step"] for row in lines.read()] == [0, 10, 20, 20]
    lines.append({"step": 30})
    assert lines.read()[-1] == {"step": 30}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_null(lines, value):
    lines.append({"step": 1, "loss": value, "values": {"fid": value}, "parts": [1.0, {"kid": value}, (value,)]})

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    row = json.loads(lines.path.read_text(), parse_constant=refuse)
    assert row == {"step": 1, "loss": None, "values": {"fid": None}, "parts": [1.0, {"kid": None}, [None]]}


def test_a_full_disk_is_reported_and_loses_no_line(lines, full_disk):
    lines.append({"step": 1})
    with full_disk(room=lines.path.stat().st_size + 5), pytest.raises(StorageError, match=r"stats\.jsonl") as error:
        lines.append({"step": 2, "loss": 1.0})
    assert error.value.exit_code == ExitCode.FAILED
    assert lines.read() == [{"step": 1}]
    lines.append({"step": 2})
    assert lines.read() == [{"step": 1}, {"step": 2}]


def test_a_full_disk_does_not_spoil_rewinding(lines, full_disk):
    for step in range(50):
        lines.append({"step": step})
    before = lines.path.read_bytes()
    with full_disk(room=20), pytest.raises(StorageError):
        lines.rewind(40)
    assert lines.path.read_bytes() == before
