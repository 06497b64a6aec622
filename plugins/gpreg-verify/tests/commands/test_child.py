"""A child process that answers, and children that do not: what they print, where they end, and that they are ended."""

import os
import sys
import time

import pytest

from gpreg.errors import ExitCode, GpregError, UsageError
from gpreg_verify.commands import child, finding
from gpreg_verify.commands.worker import explained

REQUEST = {"word": "losses.py:gp", "source": "losses.py"}

DOING = 'import json, os, sys, time\nprint(json.dumps({"doing": "%s"}), flush=True)\n'


@pytest.fixture
def run(monkeypatch):
    """Run code in place of the worker; no process outlives it."""

    def start(code, *, doing="examine", seconds=20.0):
        monkeypatch.setattr(child, "WORKER", ("-c", DOING % doing + code))
        return child.run(REQUEST, seconds=seconds)

    return start


def test_the_last_line_is_the_answer_and_the_rest_is_printed(run):
    outcome = run('print("no json {")\nprint(json.dumps({"document": {"a": 1}}))\nprint("hello", file=sys.stderr)')
    assert (outcome.document, outcome.error, outcome.printed) == ({"a": 1}, None, "hello\n")


def test_an_error_arrives_with_its_remedy_and_exit_code(run):
    for code, kind in ((2, UsageError), (1, GpregError)):
        error = run(f'print(json.dumps({{"error": {{"message": "m", "remedy": "r", "code": {code}}}}}))').error
        assert type(error) is kind
        assert (error.message, error.remedy, error.exit_code) == ("m", "r", code)


def test_nobody_answers_its_questions(run):
    assert "EOFError" in run("input()").printed


def test_a_flood_is_cut_short(run):
    outcome = run('print("x" * 300_000, file=sys.stderr)\nprint(json.dumps({"document": {}}))')
    assert outcome.document == {}
    assert outcome.printed.startswith("xxx")
    assert outcome.printed.endswith("... and 280,001 more bytes")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("os._exit(7)", "losses.py:gp ends the process with exit code 7"),
        ("os.kill(os.getpid(), 11)", "losses.py:gp kills the process (SIGSEGV)"),
        ("os.kill(os.getpid(), 9)", "losses.py:gp kills the process (SIGKILL)"),
    ],
)
def test_a_child_that_dies(run, code, message):
    error = run(code).error
    assert message in error.message
    assert error.exit_code == ExitCode.FAILED
    early = run(code, doing="import").error
    assert early.message.startswith("losses.py, when it is imported, ")
    assert early.exit_code == ExitCode.USAGE


def test_a_child_that_does_not_start(monkeypatch):
    monkeypatch.setattr(child, "WORKER", ("-c", "import no_such_library"))
    outcome = child.run(REQUEST, seconds=20.0)
    assert "did not start (exit code 1)" in outcome.error.message
    assert "ModuleNotFoundError" in outcome.printed


STUCK = """
import faulthandler
open("losses.py", "w").write("import time\\ndef gp():\\n    time.sleep(60)\\n")
faulthandler.dump_traceback_later(0.3, exit=True, file=sys.__stdout__)
sys.path.insert(0, ".")
import losses
losses.gp()
"""


def test_a_child_that_never_returns_ends_itself_and_says_where(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = run(STUCK, seconds=0.3).error
    assert error.message == "losses.py:gp does not return: it was ended at losses.py:3 after 0.3 s"
    assert "--timeout" in error.remedy
    assert "__main__" in run(STUCK, doing="import", seconds=0.3).error.remedy


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_a_child_that_cannot_end_itself_is_killed_with_all_that_it_has_started(run, tmp_path, monkeypatch):
    monkeypatch.setattr(child, "START", 2.5)
    note = tmp_path / "pid"
    starts = 'import subprocess\nother = subprocess.Popen(["sleep", "60"])\n'
    error = run(f"{starts}open({str(note)!r}, 'w').write(str(other.pid))\ntime.sleep(60)", seconds=0.5).error
    assert error.message == "losses.py:gp does not return: it was ended after 0.5 s"
    deadline = time.monotonic() + 10
    while _runs(int(note.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid):
    """Whether a process runs; one that has ended, and that nobody has waited for, does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def raised(code, folder, name="losses.py"):
    """The exception that a file raises."""
    path = folder / name
    path.write_text(code)
    try:
        exec(compile(code, str(path), "exec"), {})
    except BaseException as error:
        return error, str(path)
    raise AssertionError("it raises nothing")


@pytest.mark.parametrize(
    ("code", "told", "remedy"),
    [
        ("x = 1\nimport no_such_library", "losses.py:2: ModuleNotFoundError: No module named", "must be installed"),
        ("import sys\nsys.exit(3)", "losses.py:2, where it ends Python with sys.exit(3)", "__main__"),
        ("raise SystemExit", "losses.py:1, where it ends Python with sys.exit()", "__main__"),
        ("1 / 0", "losses.py:1: ZeroDivisionError: division by zero", "__main__"),
        ("raise EOFError('EOF when reading a line')", "losses.py:1: EOFError", "stdin"),
        ("raise KeyboardInterrupt", "losses.py:1: KeyboardInterrupt", "__main__"),
    ],
)
def test_what_a_file_raises_is_told_with_its_line(code, told, remedy, tmp_path):
    error, path = raised(code, tmp_path)
    found = explained(error, path, f"{path}:gp", importing=True)
    assert told in found["message"]
    assert found["message"].startswith(f"{path} fails when it is imported, at ")
    assert remedy in found["remedy"]
    assert found["code"] == ExitCode.USAGE
    later = explained(error, path, "losses.py:gp", importing=False)
    assert later["message"].startswith("losses.py:gp fails, at ")
    assert later["code"] == ExitCode.FAILED


def test_a_syntax_error_is_told_with_its_line(tmp_path):
    path = tmp_path / "losses.py"
    path.write_text("x = 1\ndef gp(:\n")
    with pytest.raises(SyntaxError) as failed:
        compile(path.read_text(), str(path), "exec")
    found = explained(failed.value, str(path), "w", importing=True)
    assert "losses.py:2: SyntaxError" in found["message"]
    assert found["remedy"] is None


def test_a_file_that_is_no_text_has_no_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    path = tmp_path / "losses.py"
    path.write_bytes(b"x = 1\0\n")
    with pytest.raises((SyntaxError, ValueError)) as failed:
        finding.load_file(path)
    found = explained(failed.value, str(path), "w", importing=True)
    assert found["message"].startswith(f"{path} fails when it is imported: SyntaxError: ")


def test_errors_of_gpreg_are_told_as_they_are():
    found = explained(UsageError("wrong", remedy="right"), "losses.py", "losses.py:gp", importing=False)
    assert found == {"message": "wrong", "remedy": "right", "code": 2}
