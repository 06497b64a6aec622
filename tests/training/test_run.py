"""Runs that last: stopped at any moment and resumed, they end as if they had never been stopped, bit for bit."""

import gzip
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gpreg.errors import DataError, ExitCode, InterruptedRun
from gpreg.recipe import write
from gpreg.runs.data import open_data
from gpreg.runs.plan import Supply
from gpreg.training.game import Game
from gpreg.training.resumption import resume
from gpreg.training.run import start
from gpreg.training.sample_pictures import SamplePictures

LATENT_PATH = {"measure": {"name": "latent-path", "width": 4}}
ANCHORED = {"measure.name": "g-anc"}
PLANE = {"metrics": "modes", "report.gap_samples": 50, "average.halflife_kimg": 0.1}
IMAGES = {"training.batch_size": 4, "average.halflife_kimg": 0.02}
LABELS = "digits-resnet-stable"


def idx(array):
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.astype(np.uint8).tobytes())


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Data sets on the disk, one of each kind."""
    folder, numbers = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    for part, n in (("train", 40), ("t10k", 20)):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(idx(numbers.integers(0, 256, (n, 28, 28))))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(idx(np.arange(n) % 10))
    for number in range(30):
        images = folder / "images" / f"class-{number % 2}"
        images.mkdir(parents=True, exist_ok=True)
        Image.fromarray(numbers.integers(0, 256, (9, 8, 3), dtype=np.uint8)).save(images / f"{number}.png")
    np.savez(folder / "points.npz", x=numbers.normal(size=(50, 3)).astype(np.float32))
    pixels = numbers.integers(0, 256, (30, 1, 8, 8), dtype=np.uint8)
    np.savez(folder / "pixels.npz", x=pixels, y=np.arange(30) % 3)
    return folder


KINDS = {
    "8gaussians, an encoder": ("plane", {**PLANE, **LATENT_PATH}),
    "8gaussians, an anchor": ("plane", {**PLANE, **ANCHORED}),
    "8gaussians, lazy": ("plane", {**PLANE, "penalty.every": 4, "training.critic_steps": 3, "measure.name": "dragan"}),
    "25gaussians": ("plane", {**PLANE, "dataset.name": "25gaussians", **LATENT_PATH}),
    "swissroll": ("plane", {**PLANE, "metrics": "none", "dataset.name": "swissroll", "optimizer.name": "RMSprop"}),
    "two-gaussians": ("plane", {**PLANE, "metrics": "none", "dataset.name": "two-gaussians", "measure.name": "gp"}),
    "digits": ("digits", {**IMAGES, **LATENT_PATH, "training.noise": 0.1}),
    "digits with labels": (LABELS, {**IMAGES, **LATENT_PATH}),
    "digits with batch norm": ("digits-dcgan", {**IMAGES, "architecture.batch_statistics_when_sampling": False}),
    "mnist": ("digits", {**IMAGES, **ANCHORED, "dataset": {"name": "mnist", "folder": "{folder}"}}),
    "mnist by streams of labels": (
        LABELS,
        {**IMAGES, "dataset": {"name": "mnist", "folder": "{folder}", "size": 32}, "loss.name": "relativistic"},
    ),
    "fashion-mnist": ("digits", {**IMAGES, **ANCHORED, "dataset.name": "fashion-mnist"}),
    "stacked-mnist": (
        "digits",
        {**IMAGES, **ANCHORED, "dataset": {"name": "stacked-mnist", "folder": "{folder}", "triples": 60}},
    ),
    "image folder in memory": (
        "digits",
        {
            **IMAGES,
            **ANCHORED,
            "dataset": {
                "name": "image-folder",
                "folder": "{folder}/images",
                "size": 8,
                "holdout": 0.0,
                "classes": True,
            },
        },
    ),
    "image folder by a worker": (
        LABELS,
        {
            **IMAGES,
            "dataset": {
                "name": "image-folder",
                "folder": "{folder}/images",
                "size": 8,
                "classes": True,
                "holdout": 0.0,
                "mirror": True,
                "in_memory": False,
                "workers": 1,
            },
        },
    ),
    "points of a file": ("plane", {"dataset": {"name": "npz", "file": "{folder}/points.npz"}, **LATENT_PATH}),
    "pixels of a file": (LABELS, {**IMAGES, "dataset": {"name": "npz", "file": "{folder}/pixels.npz"}}),
}


DRAWN = {"8gaussians, an encoder", "two-gaussians", "digits"}


def in_folder(choices, folder):
    if isinstance(choices, dict):
        return {key: in_folder(value, folder) for key, value in choices.items()}
    return choices.format(folder=folder) if isinstance(choices, str) else choices


@pytest.fixture
def no_pictures(monkeypatch):
    """Drawing takes longer than all the rest of a tiny run."""
    monkeypatch.setattr(SamplePictures, "draw", lambda self, step: iter(()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_ends_as_one_that_never_stopped(
    tiny, registry, folders, tmp_path, ends, kind, request, monkeypatch, listen
):
    if kind not in DRAWN:
        request.getfixturevalue("no_pictures")
    base, choices = KINDS[kind]
    report = {"report.tick": 2, "report.checkpoint_ticks": 2, "report.score_ticks": 1, "training.steps": 8}
    recipe = tiny(base, {**report, **in_folder(choices, folders)})
    if recipe.dataset.name == "fashion-mnist":
        try:
            open_data(Supply(registry=registry).plan(recipe))
        except DataError as error:
            pytest.skip(error.message)
    folder = start(Supply(registry=registry).plan(recipe), tmp_path / "run")
    whole = ends(folder.path)
    assert whole["step"] == 8
    assert set(whole["weights"]) >= {"generator", "critic", "average"}
    assert ("measure" in whole["weights"]) == (recipe.measure.name in ("latent-path", "g-anc"))

    shutil.rmtree(folder.path / "checkpoints" / "step-000000008")
    left = folder.checkpoints.load().step
    torch.manual_seed(1234)
    told = listen()
    resume(folder.path, Supply(registry=registry))
    assert 0 < left < 8
    assert told == [f"going on from generator step {left} of 8"]
    assert ends(folder.path) == whole
    assert [row["step"] for row in folder.stats.read()] == [*([0] if recipe.report.gap_samples else []), 2, 4, 6, 8]


LONG = {
    **PLANE,
    **LATENT_PATH,
    "training.steps": 120,
    "report.tick": 4,
    "report.checkpoint_ticks": 1,
    "report.score_ticks": 5,
}


@pytest.fixture(scope="module")
def long_run(tiny, registry, tmp_path_factory, ends):
    """A recipe's file, and what its run comes to if nothing stops it."""
    folder, recipe = tmp_path_factory.mktemp("long"), tiny("plane", LONG)
    (folder / "recipe.toml").write_text(write(recipe))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SamplePictures, "draw", lambda self, step: iter(()))
        start(Supply(registry=registry).plan(recipe), folder / "whole")
    return folder / "recipe.toml", ends(folder / "whole")


def newest(run):
    return max((int(path.name[5:]) for path in run.glob("checkpoints/step-*")), default=-1)


def wait_for_more(run, than, running, seconds=120):
    """Until there is a newer checkpoint, while the process runs."""
    deadline = time.monotonic() + seconds
    while newest(run) <= than and running():
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.002)


def truncate(run):
    path = run / "checkpoints" / f"step-{newest(run):09d}" / "critic.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def test_a_run_that_is_killed_again_and_again_ends_as_one_that_never_was(command, long_run, ends, tmp_path):
    recipe, whole = long_run
    run, moments = tmp_path / "run", random.Random(0)
    words = [sys.executable, "-m", "gpreg", "train", str(recipe), "--out", str(run)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        wait_for_more(run, 0, lambda: first.poll() is None)
        first.kill()
    assert first.returncode == -signal.SIGKILL
    for kill in range(3):
        if kill == 1:
            truncate(run)
        before = newest(run)
        process = command("resume", run)
        wait_for_more(run, before, process.running)
        time.sleep(moments.uniform(0, 0.05))
        process.kill(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert ("critic.safetensors is damaged" in process.told) == (kill == 1)
        assert ("trying the one before" in process.told) == (kill == 1)
        assert f"of {whole['step']}" in process.told
    last = command("resume", run)
    assert last.wait() == ExitCode.OK, last.told
    assert ends(run) == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_the_state_first(command, long_run, ends, tmp_path, number):
    recipe, whole = long_run
    run = tmp_path / "run"
    process = command("train", recipe, "--out", run)
    wait_for_more(run, 0, process.running)
    time.sleep(0.01)
    process.kill(number)
    assert process.wait() == ExitCode.INTERRUPTED
    stopped = newest(run)
    assert 0 < stopped < whole["step"]
    assert f"stopped by {number.name} after generator step {stopped}; the state is saved" in process.told
    assert f"gpreg resume {run}" in process.told

    last = command("resume", run)
    assert last.wait() == ExitCode.OK, last.told
    assert f"going on from generator step {stopped} of" in last.told
    assert ends(run) == whole


def test_a_run_that_is_stopped_at_any_step_leaves_the_files_of_one_that_never_was(
    tiny, registry, tmp_path, ends, monkeypatch
):
    ticks = {f"report.{name}_ticks": 1 for name in ("checkpoint", "score", "picture", "check")}
    choices = {**PLANE, "training.steps": 14, "report.tick": 4, "report.check_samples": 32, **ticks}
    recipe = tiny("plane", {**choices, "penalty.rho": "auto", "penalty.retune_ticks": 2})
    whole = start(Supply(registry=registry).plan(recipe), tmp_path / "whole").path
    names = sorted(path.relative_to(whole) for path in whole.rglob("*"))
    alike = [name for name in names if name.suffix == ".png" or name.name == "checks.json"]
    play = Game.play
    for stop in (7, 8, 12):
        run = tmp_path / f"stopped-{stop}"

        def playing(game, step, stop=stop):
            if step + 1 == stop:
                signal.raise_signal(signal.SIGTERM)
            return play(game, step)

        with monkeypatch.context() as patched:
            patched.setattr(Game, "play", playing)
            with pytest.raises(InterruptedRun, match=f"after generator step {stop};"):
                start(Supply(registry=registry).plan(recipe), run)
        resume(run, Supply(registry=registry))
        assert ends(run) == ends(whole), stop
        assert sorted(path.relative_to(run) for path in run.rglob("*")) == names, stop
        assert [name for name in alike if (whole / name).read_bytes() != (run / name).read_bytes()] == [], stop
