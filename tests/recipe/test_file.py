import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpreg.errors import ExitCode, UsageError
from gpreg.recipe.file import MOST_BYTES, text_of


def refusal(path):
    with pytest.raises(UsageError) as caught:
        text_of(path)
    assert caught.value.exit_code is ExitCode.USAGE
    return str(caught.value)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "with a byte order mark"])
def test_lines_end_as_they_do_on_any_system(tmp_path, start):
    path = tmp_path / "r.toml"
    path.write_bytes(start + "a = 'é'\r\nb = 1\rc = 2\n".encode())
    assert text_of(path) == "a = 'é'\nb = 1\nc = 2\n"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a = 1\nb = '\xff'\n", "r.toml:2: this is no UTF-8 text, so it is no TOML\nsave the file as UTF-8"),
        ("a = 1".encode("utf-16"), "r.toml:1: this is no UTF-8 text, but UTF-16"),
        (b"#" * (MOST_BYTES + 1), "r.toml is longer than 1,048,576 bytes, so it is no recipe"),
    ],
)
def test_what_is_no_text_of_a_recipe(tmp_path, data, told):
    path = tmp_path / "r.toml"
    path.write_bytes(data)
    assert told in refusal(path)


def test_what_would_wait_or_never_end_is_not_opened(tmp_path, bounded):
    os.mkfifo(tmp_path / "fifo.toml")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    with bounded():
        assert "fifo.toml is no file but a pipe" in refusal(tmp_path / "fifo.toml")
        assert "/dev/zero is no file but a device" in refusal(Path("/dev/zero"))
        assert "loop.toml cannot be read: " in refusal(tmp_path / "loop.toml")


@pytest.mark.parametrize("name", ["x" * 300 + ".toml", "x" * 5000 + "/y.toml", "a\0b.toml"], ids=len)
def test_names_that_no_file_can_have(name):
    assert "cannot be read: " in refusal(Path(name)) or "is no name of a file: " in refusal(Path(name))


def test_an_open_pipe_is_read():
    code = "from pathlib import Path; from gpreg.recipe.file import text_of; print(text_of(Path('/dev/stdin')))"
    done = subprocess.run([sys.executable, "-c", code], input="a = 1", capture_output=True, text=True, check=True)
    assert done.stdout == "a = 1\n"
