"""Jobs: what a child process is given, how its end is told, and that it never outlives its parent."""

import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gpreg.errors import GpregError, StorageError
from gpreg.sweeps import job as jobs
from gpreg.sweeps.job import PLACE, Ended, Job, interrupt

PYTHON = (sys.executable, "-I", "-S", "-c")


@pytest.fixture
def job(tmp_path):
    return lambda code, **rest: Job(words=(*PYTHON, code), log=tmp_path / "logs" / "job.log", **rest)


def until(holds):
    """Wait for something that another process does."""
    for _ in range(2000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it does not come")


def in_thread(function):
    """Call a function in a thread; returns the list that gets its value, and the thread."""
    values = []
    thread = threading.Thread(target=lambda: values.append(function()))
    thread.start()
    return values, thread


@pytest.mark.parametrize(
    ("code", "exit_code", "name"),
    [
        ("", 0, ""),
        ("raise SystemExit(7)", 7, ""),
        ("import os; os.kill(os.getpid(), 9)", None, "SIGKILL"),
        ("import os; os.kill(os.getpid(), 40)", None, "signal 40"),
    ],
)
def test_the_end_of_a_process_is_told(job, code, exit_code, name):
    ended = job(code)()
    assert (ended.exit_code, ended.signal) == (exit_code, name)
    assert ended.seconds > 0


def test_output_and_errors_are_appended_to_the_log(job):
    job("print('one')")()
    second = job("import sys; print('two', file=sys.stderr)")
    second()
    assert second.log.read_text() == "one\ntwo\n"


def test_a_job_travels(job):
    ours = job("", grace=2.0)
    assert pickle.loads(pickle.dumps(ours)) == ours
    assert pickle.loads(pickle.dumps(Ended(exit_code=0))) == Ended(exit_code=0)


def test_the_environment_is_that_of_its_place(job, monkeypatch):
    monkeypatch.setenv("OURS", "1")
    ours = job("import os; print(os.environ['OURS'], os.environ.get('CUDA_VISIBLE_DEVICES'))")
    ours()
    token = PLACE.set({"CUDA_VISIBLE_DEVICES": "3", "OURS": "2"})
    try:
        ours()
    finally:
        PLACE.reset(token)
    assert ours.log.read_text() == "1 None\n2 3\n"


def test_what_cannot_be_started_is_named(tmp_path):
    with pytest.raises(GpregError, match=r"/no/python cannot be started on .*: No such file") as caught:
        Job(words=("/no/python",), log=tmp_path / "log")()
    assert "same path" in pickle.loads(pickle.dumps(caught.value)).remedy
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write"):
        Job(words=("true",), log=tmp_path / "file" / "log")()


WAITS = "import time; print('up', flush=True); time.sleep(60)"
SAVES = """
import signal, sys, time
def save(*_):
    print("saved")
    sys.exit(130)
signal.signal(signal.SIGTERM, save)
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


def up(job):
    until(lambda: job.log.exists() and "up" in job.log.read_text())


def test_an_interrupted_job_may_save_its_state(job):
    ours = job(SAVES + WAITS)
    ended, thread = in_thread(ours)
    up(ours)
    interrupt([job("another")])
    assert thread.is_alive()
    interrupt([ours])
    interrupt()
    thread.join()
    assert ended[0].exit_code == 130
    assert ours.log.read_text() == "up\nsaved\n"


def test_a_job_that_does_not_end_is_killed_after_its_grace(job):
    ours = job(STUBBORN + WAITS, grace=0.05)
    ended, thread = in_thread(ours)
    up(ours)
    interrupt()
    thread.join()
    assert ended[0].signal == "SIGKILL"


def test_an_interrupted_wait_ends_the_job(job, monkeypatch):
    def stop(process, timeout=None):
        if timeout is None:
            up(ours)
            raise KeyboardInterrupt
        return wait(process, timeout)

    ours, wait = job(SAVES + WAITS), subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, "wait", stop)
    with pytest.raises(KeyboardInterrupt):
        ours()
    assert ours.log.read_text() == "up\nsaved\n"
    assert not jobs._running


TIED = """
import os
from gpreg.sweeps.job import end_with_parent
end_with_parent(0.05)
assert "GPREG_ENDS_WITH_PARENT" not in os.environ  # what a job starts is not tied to the job's parent
print(os.getpid())
"""
PARENT = """
import sys
from pathlib import Path
from gpreg.sweeps.job import Job
Job(words=tuple(sys.argv[2:]), log=Path(sys.argv[1]))()
"""


def parent_of(code, log):
    """A process with a job; returns it once the job is up."""
    process = subprocess.Popen([sys.executable, "-c", PARENT, str(log), sys.executable, "-c", TIED + code])
    until(lambda: log.exists() and "up" in log.read_text())
    return process


@pytest.mark.parametrize(("code", "told"), [(SAVES, "up\nsaved\n"), (STUBBORN, "up\n")])
def test_a_child_ends_with_its_parent_even_if_that_is_killed(tmp_path, code, told):
    log = tmp_path / "log"
    parent = parent_of(code + WAITS, log)
    child = int(log.read_text().split()[0])
    parent.kill()
    parent.wait()
    until(lambda: not running(child))
    assert log.read_text() == f"{child}\n{told}"


def running(process):
    """Whether a process that is not ours has not ended: it may be a zombie that nobody waits for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_process_that_no_job_started_is_not_tied(monkeypatch):
    monkeypatch.delenv("GPREG_ENDS_WITH_PARENT", raising=False)
    before = threading.active_count()
    jobs.end_with_parent()
    assert threading.active_count() == before
