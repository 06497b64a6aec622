"""Submitit's local executor in Slurm's place: jobs, errors, slots, cancelling, and a time that is over."""

import pytest

import gpreg
from gpreg.errors import GpregError
from gpreg_executors import slurm
from gpreg_executors.slurm import SlurmExecutor, SlurmOptions


@pytest.fixture
def executor(tmp_path, monkeypatch):
    """Two jobs at once."""
    monkeypatch.setitem(slurm.PAUSE, "local", 0.02)
    return SlurmExecutor(SlurmOptions(cluster="local", folder=tmp_path / "jobs", array_parallelism=2))


OVERLAPS = """
import os, sys, time
mine = sys.argv[1] + str(os.getpid())
open(mine, "w").close()
folder = os.path.dirname(mine)
time.sleep(0.1)
assert len([name for name in os.listdir(folder) if name.startswith("up-")]) <= 2
os.unlink(mine)
raise SystemExit(int(sys.argv[2]))
"""


def test_jobs_are_carried_out_two_at_once(executor, job, tmp_path):
    with executor:
        jobs = [job(OVERLAPS, tmp_path / "up-", code + 2, log=str(code)) for code in range(3)]
        assert [future.result().exit_code for future in map(executor.submit, jobs)] == [2, 3, 4]
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(pow, 2, 5)


def test_an_error_arrives(executor, tmp_path, job):
    with executor, pytest.raises(GpregError, match="no/python cannot be started"):
        executor.submit(type(job(""))(words=("/no/python",), log=tmp_path / "log")).result()


OUT_OF_TIME = """
import os, signal, sys, time
def save(*_):
    print("saved", flush=True)
    raise SystemExit(130)
signal.signal(signal.SIGTERM, save)
if os.path.exists(sys.argv[1]):
    print("went on")
else:
    open(sys.argv[1], "w").close()
    os.kill(os.getppid(), signal.SIGUSR2)  # as Slurm does when the time is nearly over
    time.sleep(60)
"""


def test_a_job_whose_time_is_over_saves_its_state_and_is_queued_again(executor, job, tmp_path):
    with executor:
        ours = job(OUT_OF_TIME, tmp_path / "begun")
        assert executor.submit(ours).result().exit_code == 0
    assert ours.log.read_text() == "saved\nwent on\n"


LASTS = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(60)"


def test_cancelled_jobs_end_and_what_waits_never_begins(executor, job, until, tmp_path):
    futures = [executor.submit(job(LASTS, tmp_path / f"up-{number}")) for number in range(3)]
    until(lambda: len(list(tmp_path.glob("up-*"))) == 2)
    executor.shutdown(cancel_futures=True)
    assert futures[2].cancelled()
    assert len(list(tmp_path.glob("up-*"))) == 2
    for future in futures[:2]:
        assert future.done()


def test_a_machine_without_slurm_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GpregError, match="no `srun`") as caught:
        gpreg.load_registry().build("executor", "slurm", {"folder": str(tmp_path / "jobs")})
    assert (caught.value.exit_code, caught.value.remedy[:30]) == (1, "start the sweep on a login nod")
