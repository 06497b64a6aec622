"""Two processes on this machine, by gloo: equal to one with the doubled batch."""

import shutil
import signal
import subprocess
import sys
from textwrap import dedent

import pytest
import torch
from fixtures.processes import free_port

from gpreg.errors import ExitCode, UsageError
from gpreg.recipe import ComputeSettings, write
from gpreg.runs.folder import RunFolder
from gpreg.runs.plan import Supply
from gpreg.training.distributed import Ranks, connected
from gpreg.training.run import start
from gpreg.training.sample_pictures import SamplePictures

LABELS = "digits-resnet-stable"
SHORT = {"training.steps": 8, "report.tick": 4, "average.halflife_kimg": 0.1, "schedule.name": "constant"}


@pytest.fixture
def recipe_file(tiny, tmp_path):
    def make(base="plane", choices=None):
        path = tmp_path / "recipe.toml"
        path.write_text(write(tiny(base, {**SHORT, **(choices or {})})))
        return path

    return make


@pytest.fixture
def alone(tiny, registry, tmp_path, monkeypatch):
    """The weights that one process comes to."""

    def run(base, choices):
        monkeypatch.setattr(SamplePictures, "draw", lambda self, step: iter(()))
        folder = start(Supply(registry=registry).plan(tiny(base, {**SHORT, **choices})), tmp_path / "alone")
        return folder.checkpoints.load().weights

    return run


def assert_close(weights, others):
    assert weights.keys() == others.keys()
    for network, tensors in weights.items():
        for name, tensor in tensors.items():
            torch.testing.assert_close(others[network][name], tensor, rtol=2e-3, atol=2e-4, msg=f"{network} {name}")


CASES = {
    "mid": ("plane", {"measure.name": "mid", "training.critic_steps": 2}),
    "pd": (
        "plane",
        {"measure.name": "pd", "loss.name": "non-saturating", "optimizer.name": "SGD", "regularizers": "lecam"},
    ),
    "pg": ("plane", {"measure.name": "pg", "training.critic_steps": 3, "training.critic_fakes": "together"}),
    "an encoder": (
        "plane",
        {"measure": {"name": "mid"}, "training.accumulate": 2, "training.generator_batch_size": 32},
    ),
    "labels": (LABELS, {"measure.name": "mid", "loss.name": "relativistic", "training.batch_size": 8}),
}


@pytest.mark.parametrize(("base", "choices"), CASES.values(), ids=CASES)
def test_two_processes_are_one_with_the_doubled_batch(pair, alone, recipe_file, tmp_path, base, choices):
    whole = alone(base, choices)
    sizes = {"training.batch_size": choices.get("training.batch_size", 16) // 2}
    if "training.generator_batch_size" in choices:
        sizes["training.generator_batch_size"] = choices["training.generator_batch_size"] // 2
    outs = [tmp_path / "two", tmp_path / "other"]
    processes = pair("train", recipe_file(base, {**choices, **sizes}), outs=outs)
    assert [process.wait() for process in processes] == [ExitCode.OK] * 2, [process.told for process in processes]
    folder = RunFolder.open(outs[0])
    assert_close(whole, folder.checkpoints.load().weights)
    assert [row["step"] for row in folder.stats.read()] == [4, 8]
    assert not outs[1].exists(), "process 0 alone writes"
    assert "step" not in processes[1].told, "and talks"


def test_torchrun(alone, recipe_file, tmp_path):
    whole = alone("plane", {})
    several = ["torch.distributed.run", "--nproc-per-node=2", "--master-addr=127.0.0.1", f"--master-port={free_port()}"]
    command = ["gpreg", "train", str(recipe_file()), "--batch-size", "8", "--out", str(tmp_path / "two")]
    words = [sys.executable, "-m", *several, "-m", *command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as launcher:
        try:
            told, _ = launcher.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            launcher.terminate()  # it takes its processes with it
            raise
    assert launcher.returncode == 0, told
    assert_close(whole, RunFolder.open(tmp_path / "two").checkpoints.load().weights)
    assert told.count("run  ") == 1


RANDOM = {
    "measure": {"name": "latent-path", "width": 4},
    "training.noise": 0.01,
    "training.critic_steps": 2,
    "metrics": "modes",
    "report.gap_samples": 20,
    "report.score_ticks": 1,
}


class TestResume:
    @pytest.fixture
    def run(self, pair, recipe_file, tmp_path):
        path = tmp_path / "run"
        processes = pair("train", recipe_file("plane", RANDOM), outs=[path, path])
        assert [process.wait() for process in processes] == [ExitCode.OK] * 2, [process.told for process in processes]
        return path

    def test_ends_as_one_that_never_stopped(self, pair, run, ends):
        whole = ends(run)
        assert whole["state"]["processes"] == 2
        draws = [rank["draws"] for rank in whole["state"]["ranks"]]
        assert draws[0] != draws[1], "each has random numbers of its own for its measure"
        shutil.rmtree(run / "checkpoints" / "step-000000008")
        processes = pair("resume", run)
        assert [process.wait() for process in processes] == [ExitCode.OK] * 2, [process.told for process in processes]
        assert "going on from generator step 4 of 8" in processes[0].told
        assert ends(run) == whole

        processes = pair("resume", run)
        assert [process.wait() for process in processes] == [ExitCode.OK] * 2
        assert [process.told.count("is complete") for process in processes] == [1, 0]

    def test_another_number_of_processes_is_refused(self, command, pair, run, recipe_file, tmp_path):
        shutil.rmtree(run / "checkpoints" / "step-000000008")
        before = sorted(run.rglob("*"))
        process = command("resume", run)
        assert process.wait() == ExitCode.USAGE
        assert "was trained by 2 processes and cannot go on, bit for bit, with 1" in process.told
        assert "start it with torchrun and 2 processes in all" in process.told
        assert sorted(run.rglob("*")) == before

        single = tmp_path / "single"
        assert command("train", recipe_file(), "--out", single).wait() == ExitCode.OK
        shutil.rmtree(single / "checkpoints" / "step-000000008")
        processes = pair("resume", single)
        assert [process.wait() for process in processes] == [ExitCode.USAGE] * 2
        assert "start it without torchrun" in processes[0].told


def test_a_signal_to_one_process_stops_both(pair, recipe_file, tmp_path):
    path = tmp_path / "run"
    processes = pair("train", recipe_file("plane", {"training.steps": 100_000}), outs=[path, path])
    while not (path / "stats.jsonl").exists():
        assert all(process.running() for process in processes), [process.told for process in processes]
    processes[1].kill(signal.SIGTERM)
    assert [process.wait() for process in processes] == [ExitCode.INTERRUPTED] * 2
    stopped = RunFolder(path).checkpoints.load().step
    assert stopped % 4 == 0
    assert f"stopped by another process after generator step {stopped}" in processes[0].told


EACH_RANK = """
import os
import torch
import gpreg
from pathlib import Path
from gpreg.recipe import read
from gpreg.runs.plan import Supply
from unittest.mock import patch
from gpreg.training.distributed import connected, summed
from gpreg.training.setup import set_up
from gpreg.interfaces import Term
from gpreg.training.game import Game
from gpreg.objects import adopt
from gpreg.training.restoration import restore
from gpreg.training.state import capture

class Mean(Term):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def prepare(self, critic, generator, spec):
        self.mean.copy_(torch.rand(()))

    def forward(self, batch):
        self.mean.copy_(batch.d_real.detach().mean())
        return batch.d_real.square().mean()

registry = gpreg.load_registry()
recipe = read(Path({recipe!r}).read_text(), origin="", registry=registry)
with connected(recipe.compute) as ranks:
    assert (ranks.rank, ranks.count, ranks.local) == (int(os.environ["RANK"]), 2, int(os.environ["LOCAL_RANK"]))
    assert ranks.main == (ranks.rank == 0)
    own = torch.tensor([1.0, 10.0]) * (ranks.rank + 1)

    torch.manual_seed(ranks.rank)
    shared = [torch.rand(3), torch.arange(2) + ranks.rank]
    ranks.share(shared)
    first = torch.rand(3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(shared[0], first) and shared[1].tolist() == [0, 1]

    a, b, c, none = (torch.nn.Parameter(torch.zeros(n, dtype=d)) for n, d in
                     ((2, torch.float32), (1, torch.float32), (2, torch.float64), (1, torch.float32)))
    a.grad, b.grad, c.grad = own.clone(), own[:1].clone(), own.double()
    before = a.grad.data_ptr()
    ranks.average_gradients([a, b, c, none])
    assert a.grad.tolist() == [1.5, 15.0] and b.grad.tolist() == [1.5] and c.grad.tolist() == [1.5, 15.0]
    assert none.grad is None and a.grad.data_ptr() == before and c.grad.dtype == torch.float64

    assert ranks.any(ranks.rank == 1, torch.device("cpu")) and not ranks.any(False, torch.device("cpu"))
    assert ranks.gather({{"rank": ranks.rank}}) == [{{"rank": 0}}, {{"rank": 1}}]
    assert ranks.part(torch.arange(6)).tolist() == [[0, 1, 2], [3, 4, 5]][ranks.rank]
    mean = ranks.mean(own)
    assert mean.tolist() == [1.5, 15.0] and own.tolist() == [ranks.rank + 1, 10 * (ranks.rank + 1)]
    with patch.object(torch.distributed, "all_reduce", wraps=torch.distributed.all_reduce) as reduced:
        assert summed(own).tolist() == [3.0, 30.0] and own.tolist() == [ranks.rank + 1, 10 * (ranks.rank + 1)]
    assert reduced.call_args.kwargs["group"] is ranks.group, "the group that waits while process 0 takes scores"

    torch.manual_seed(100 + ranks.rank)
    extended, names = adopt(registry, {{"regularizers": [Mean()]}})
    plan = Supply(registry=extended).plan(recipe).overridden({{"regularizers": ",".join(names["regularizers"])}})
    experiment = set_up(plan, ranks=ranks)
    (term,) = experiment.players["critic"].terms.values()
    assert torch.equal(*ranks.gather(term.mean))
    every = lambda thing: ranks.gather(thing.state_dict() if hasattr(thing, "state_dict") else thing)
    anchors = every(experiment.penalty.measure.anchor)
    assert torch.equal(*anchors) and anchors[0].std() > 0
    globals_, draws = ranks.gather(torch.initial_seed()), ranks.gather(experiment.draws.initial_seed())
    assert len(set(globals_)) == len(set(draws)) == 2
    batches = ranks.gather(next(experiment.stream).samples)
    assert not torch.equal(*batches)
    whole = experiment.data.stream(16, seed=experiment.stream.state_dict()["seed"])
    assert torch.equal(torch.cat(batches), next(whole).samples)
    game = Game(experiment)
    for step in range(3):
        game.play(step)
    for network in (experiment.generator, experiment.critic, experiment.average.generator):
        one, other = ranks.gather(network.state_dict())
        assert all(torch.equal(one[name], other[name]) for name in one)
    checkpoint, own_mean = capture(experiment, 3, None), term.mean.clone()
    assert not torch.equal(*ranks.gather(own_mean))
    term.mean.zero_()
    restore(experiment, checkpoint)
    assert torch.equal(term.mean, own_mean)
"""


def test_what_processes_share_and_what_is_their_own(pair, recipe_file):
    choices = {"measure": {"name": "g-anc", "anchor": "pixels"}, "training.batch_size": 8}
    code = dedent(EACH_RANK).format(recipe=str(recipe_file("digits", choices)))
    processes = pair(code=code)
    assert [process.wait() for process in processes] == [0, 0], [process.told for process in processes]


def test_one_process_needs_no_others(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with connected(ComputeSettings()) as ranks:
        assert (ranks.rank, ranks.count, ranks.main) == (0, 1, True)
        assert not torch.distributed.is_initialized()
    tensor = torch.arange(4)
    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.ones(2)
    alone = Ranks()
    alone.average_gradients([parameter])
    alone.share([tensor])
    assert alone.part(tensor) is tensor
    assert torch.equal(alone.mean(parameter), parameter)
    assert not alone.mean(parameter).requires_grad
    assert alone.gather("state") == ["state"]
    assert (alone.any(True, tensor.device), alone.any(False, tensor.device)) == (True, False)
    assert torch.equal(parameter.grad, torch.ones(2))


@pytest.mark.parametrize(
    ("variable", "word"),
    [
        ("WORLD_SIZE", "abc"),
        ("WORLD_SIZE", "0"),
        ("WORLD_SIZE", "-2"),
        ("WORLD_SIZE", "2.5"),
        ("RANK", "two"),
        ("RANK", "2"),
        ("RANK", ""),
        ("LOCAL_RANK", "x"),
        ("MASTER_PORT", "99999"),
        ("MASTER_PORT", "http"),
        ("MASTER_ADDR", ""),
    ],
)
def test_an_environment_of_nonsense_is_a_matter_of_usage(monkeypatch, variable, word):
    right = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0", "MASTER_PORT": "29500", "MASTER_ADDR": "127.0.0.1"}
    for name, value in {**right, variable: word}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=rf"{variable} is ") as error, connected(ComputeSettings()):
        pass
    assert "torchrun" in error.value.remedy


STOPPED = {"training.steps": 100_000, "compute.timeout_minutes": 0.05}


@pytest.mark.parametrize("stopped", [0, 1])
def test_a_process_that_is_stopped_is_not_waited_for_without_end(pair, recipe_file, tmp_path, stopped):
    path = tmp_path / "run"
    processes = pair("train", recipe_file("plane", STOPPED), outs=[path, path])
    while not (path / "stats.jsonl").exists():
        assert all(process.running() for process in processes), [process.told for process in processes]
    processes[stopped].kill(signal.SIGSTOP)
    try:
        assert processes[1 - stopped].wait() == ExitCode.FAILED
        told = processes[1 - stopped].told
        assert "another process of the run has not answered for 0.05" in told
        assert "compute.timeout_minutes=N waits longer" in told
    finally:
        processes[stopped].kill(signal.SIGKILL)
        processes[stopped].kill(signal.SIGCONT)
        processes[stopped].wait()


def test_a_process_that_is_killed_ends_the_other(pair, recipe_file, tmp_path):
    path = tmp_path / "run"
    processes = pair("train", recipe_file("plane", {"training.steps": 100_000}), outs=[path, path])
    while not (path / "stats.jsonl").exists():
        assert all(process.running() for process in processes), [process.told for process in processes]
    processes[1].kill(signal.SIGKILL)
    assert processes[0].wait() == ExitCode.FAILED
    assert "another process of the run has ended" in processes[0].told
    processes[1].wait()


BUSY = """
import time
import torch
from datetime import timedelta
from gpreg.recipe import ComputeSettings
from gpreg.training import watch
from gpreg.training.distributed import connected

watch.BEAT, watch.QUIET = 0.1, 0.5
with connected(ComputeSettings(device="cpu", timeout_minutes=0.03)) as ranks:
    if ranks.main:
        time.sleep(4)  # as for scores, longer than the limit: it answers all the same
    assert ranks.any(ranks.main, torch.device("cpu"))
"""


def test_a_process_that_is_busy_is_waited_for(pair):
    processes = pair(code=BUSY)
    assert [process.wait() for process in processes] == [0, 0], [process.told for process in processes]
    assert processes[1].told == ""


ALONE = """
from gpreg.recipe import ComputeSettings
from gpreg.training.distributed import DistributedError, connected
try:
    with connected(ComputeSettings(device="cpu", timeout_minutes=0.02)):
        pass
except DistributedError as error:
    print(error)
"""


def test_a_process_that_never_comes(command):
    environment = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"}
    process = command(code=ALONE, RANK="0", LOCAL_RANK="0", **environment)
    assert process.wait() == 0, process.told
    assert "not all 2 processes of the run came within 0.02 minutes" in process.told
