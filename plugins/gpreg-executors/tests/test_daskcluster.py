"""A real scheduler with two workers on loopback: jobs, errors, a worker that is killed, and none that answers."""

import os
import signal
import sys

import pytest
from distributed import Client

import gpreg
from gpreg.errors import GpregError, OptionError, UsageError
from gpreg.sweeps.job import running
from gpreg_executors import daskcluster
from gpreg_executors.daskcluster import DaskExecutor, DaskOptions


@pytest.fixture(scope="module")
def cluster():
    """The scheduler and its workers, which have one GPU each."""
    with DaskExecutor(DaskOptions(workers=2, resources={"GPU": 1})) as executor:
        yield executor._cluster


@pytest.fixture
def executor(cluster):
    """As many executors as are wanted would share the cluster."""
    options = {"address": cluster.scheduler_address, "resources": {"GPU": "1"}}
    with gpreg.load_registry().build("executor", "dask", options) as executor:
        yield executor


def test_jobs_are_carried_out_elsewhere(executor, job):
    jobs = [job(f"import os; print(os.getppid()); raise SystemExit({code})", log=code) for code in "0123"]
    assert [ended.exit_code for ended in executor.map(lambda each: each(), jobs)] == [0, 1, 2, 3]
    parents = {int(each.log.read_text()) for each in jobs}
    assert os.getpid() not in parents


def test_the_same_job_again_is_another_attempt(executor, job):
    ours = job("print('here')")
    for _ in range(2):
        assert executor.submit(ours).result().exit_code == 0
    assert ours.log.read_text() == "here\nhere\n"


def test_an_error_arrives(executor, tmp_path, job):
    with pytest.raises(GpregError, match="no/python cannot be started"):
        executor.submit(type(job(""))(words=("/no/python",), log=tmp_path / "log")).result()


LASTS = """
import os, sys, time
open(sys.argv[1] + str(os.getpid()), "w").write(str(os.getppid()))
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
"""


def test_if_a_worker_is_killed_another_one_takes_its_job(executor, job, until, tmp_path):
    ours = job(LASTS, tmp_path / "pid-", tmp_path / "go")
    future = executor.submit(ours)
    until(lambda: any(path.read_text() for path in tmp_path.glob("pid-*")))
    (first,) = tmp_path.glob("pid-*")
    os.kill(int(first.read_text()), signal.SIGKILL)
    until(lambda: len([path for path in tmp_path.glob("pid-*") if path.read_text()]) == 2)
    (tmp_path / "go").touch()
    assert future.result().exit_code == 0


def test_cancelled_jobs_end_before_the_executor_does(cluster, job, until, tmp_path):
    executor = DaskExecutor(DaskOptions(address=cluster.scheduler_address, resources={"GPU": 1.0}))
    jobs = [job(LASTS, tmp_path / f"pid-{number}-", tmp_path / "go", log=f"{number}") for number in range(4)]
    futures = [executor.submit(each) for each in jobs]
    until(lambda: len(list(tmp_path.glob("pid-*"))) == 2)
    executor.shutdown(cancel_futures=True)
    assert sorted(future.cancelled() for future in futures) == [False, False, True, True]
    assert {future.result().signal for future in futures if not future.cancelled()} == {"SIGTERM"}
    assert set(cluster_runs(cluster).values()) == {frozenset()}
    executor.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(pow, 2, 5)


def cluster_runs(cluster):
    with Client(cluster, set_as_default=False) as client:
        return client.run(running)


def test_what_is_lacking_is_said(cluster, listen):
    told = listen()
    with DaskExecutor(DaskOptions(address=cluster.scheduler_address, resources={"TPU": 2.0})):
        assert told == ["no worker of the scheduler has TPU=2: the cells wait for one that has"]


def test_a_scheduler_that_does_not_answer(monkeypatch):
    monkeypatch.setattr(daskcluster, "PATIENCE", 0.1)
    with pytest.raises(GpregError, match=r"no dask scheduler answers at tcp://127.0.0.1:9 within 0.1 s") as caught:
        DaskExecutor(DaskOptions(address="tcp://127.0.0.1:9"))
    assert caught.value.exit_code == 1
    assert "dask scheduler" in caught.value.remedy
    with pytest.raises(UsageError, match="'nonsense://x' is no address"):
        DaskExecutor(DaskOptions(address="nonsense://x"))


def test_address_and_workers_exclude_each_other():
    with pytest.raises(OptionError, match="not both"):
        gpreg.load_registry().build("executor", "dask", {"address": "tcp://a:1", "workers": 2})


@pytest.mark.parametrize(("name", "module"), [("dask", "distributed"), ("slurm", "submitit")])
def test_a_missing_library_is_named(monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=f"needs {module}") as caught:
        gpreg.load_registry().build("executor", name)
    assert caught.value.remedy == f'`pip install "gpreg-executors[{name}]"` brings it'
