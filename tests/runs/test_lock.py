import os
import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest

from gpreg.errors import ExitCode, UsageError
from gpreg.runs.lock import LOCK, refuse_live, writing

HOLD = """
import sys, time
from pathlib import Path
from gpreg.runs.lock import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def take(folder):
    with writing(folder):
        return (folder / LOCK).exists()


def test_it_is_held_by_one_and_leaves_nothing(tmp_path):
    for _ in range(2):
        with writing(tmp_path):
            with pytest.raises(UsageError, match=f"another process writes to .*: process {os.getpid()} "):
                take(tmp_path)
            with pytest.raises(UsageError, match="another process writes"):
                refuse_live(tmp_path)
        assert list(tmp_path.iterdir()) == []
        refuse_live(tmp_path)


def test_another_process_is_named_and_its_death_frees(tmp_path, holder):
    with pytest.raises(UsageError, match=rf"process {holder.pid} \(-c") as error:
        take(tmp_path)
    assert error.value.exit_code == ExitCode.USAGE
    shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name} copy"))
    assert take(tmp_path.with_name(f"{tmp_path.name} copy")), "a copy is another folder"
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK).exists(), "what it leaves behind blocks nobody"
    assert take(tmp_path)


def test_a_forked_process_does_not_keep_it(tmp_path):
    with ExitStack() as held:
        held.enter_context(writing(tmp_path))
        reading, end = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(reading, 1)
            os._exit(0)
        held.close()
        assert take(tmp_path)
        os.write(end, b"x")
        assert os.waitpid(child, 0)[1] == 0
        os.close(reading), os.close(end)


def test_a_file_with_another_name_elsewhere_is_not_written_into(tmp_path):
    (tmp_path / "precious").write_text("precious")
    folder = tmp_path / "run"
    folder.mkdir()
    os.link(tmp_path / "precious", folder / LOCK)
    assert take(folder)
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x", "host": 1, "command": 2}'])
def test_whoever_does_not_say_who_it_is(tmp_path, content, holder):
    (tmp_path / LOCK).write_text(content)
    with pytest.raises(UsageError, match="it has not said which"):
        take(tmp_path)
