"""Files on the command line: ``--plugin FILE.py`` and ``FILE.py:NAME``."""

import json

import pytest
import torch

from gpreg.cli.files import words
from gpreg.cli.main import main
from gpreg.errors import UsageError

MINE = """
import click
import gpreg
import torch
from gpreg.interfaces import PenaltyMeasure, PenaltySample
from torch import nn
from torch.utils.data import Dataset


class Generator(nn.Module):
    def __init__(self, width: int = 8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 2))

    def forward(self, z):
        return self.layers(z)


class Critic(Generator):
    def __init__(self, width: int = 8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1))


NETWORKS = gpreg.Pair(Generator, Critic)
WRONG = (nn.Linear(4, 3), Critic)


class Ring(Dataset):
    def __init__(self, size: int = 64):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, number):
        angle = torch.tensor(2 * torch.pi * number / self.size)
        return torch.stack([angle.cos(), angle.sin()]) + 0.01 * torch.randn(2)


class Third(PenaltyMeasure):
    needs = frozenset({"real", "fake"})

    def sample(self, batch):
        return PenaltySample(points=batch.real / 3 + 2 * batch.fake / 3)
"""

HOOKS = """

@gpreg.hookimpl
def gpreg_measures():
    return [gpreg.MeasureSpec(name="third", factory=Third, summary="a third")]


@click.command("greet")
def greet():
    click.echo("hello")


@gpreg.hookimpl
def gpreg_commands():
    return [gpreg.CommandSpec(name="greet", factory=greet, summary="Greet.")]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine.py").write_text(MINE + HOOKS)
    (tmp_path / "nets.py").write_text(MINE)
    (tmp_path / "empty.py").write_text("x = 1\n")
    return tmp_path


@pytest.fixture
def gpreg(capfd):
    """Run a command; returns exit code, stdout and stderr."""

    def run(line):
        code = main(line.split())
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


TINY = (
    "--batch-size 16 --device cpu --metric none --set report.tick=2 --set report.checkpoint_ticks=1 "
    "--set schedule.name=constant --set report.picture_ticks=0 --set report.gap_samples=0 --set report.check_samples=0"
)


@pytest.mark.parametrize(
    ("line", "rest", "files"),
    [
        ("--plugin a.py list-measures", "list-measures", ["a.py"]),
        ("list-measures --plugin=x/a.py --plugin b.py -v", "list-measures -v", ["x/a.py", "b.py"]),
        ("train --arch x/a.py:N --measure=y/b.py:M", "train --arch a.py:N --measure=b.py:M", ["x/a.py", "y/b.py"]),
        ("evaluate run --metric a.py:M --metric fid", "evaluate run --metric a.py:M --metric fid", ["a.py"]),
        ("show dataset x/a.py:D", "show dataset a.py:D", ["x/a.py"]),
        ("verify x/a.py:F", "verify x/a.py:F", []),
        ("train --out x/a.py:F -- --plugin b.py", "train --out x/a.py:F -- --plugin b.py", []),
        ("train --arch a.py --dataset :x", "train --arch a.py --dataset :x", []),
    ],
)
def test_files_are_taken_out_of_the_words(line, rest, files):
    found = words(line.split())
    assert found.rest == rest.split()
    assert [str(file) for file in found.files] == files
    assert not found.any_version


def test_a_plugin_without_a_file_is_an_error():
    for line in (["train", "--plugin"], ["--plugin", "--json"], ["--plugin="]):
        with pytest.raises(UsageError, match="names no file"):
            words(line)
    assert words(["resume", "--changed-plugin"]).any_version


@pytest.mark.parametrize("line", ["--plugin sub/mine.py list-measures thi*", "list-measures thi* --plugin sub/mine.py"])
def test_a_file_is_a_plugin_before_and_after_the_command(gpreg, line):
    code, out, _ = gpreg(line)
    assert code == 0
    assert "third" in out
    assert "mine.py" in out


def test_a_command_of_a_file_runs_and_is_in_help(gpreg):
    assert gpreg("greet --plugin sub/mine.py")[:2] == (0, "hello\n")
    assert "Greet. [mine.py]" in gpreg("--help --plugin sub/mine.py")[1]
    code, _, err = gpreg("greet")
    assert code == 2
    assert "greet" in err


def test_plugins_lists_a_file_with_its_path(gpreg, folder):
    rows = json.loads(gpreg("plugins --json --plugin sub/mine.py")[1])["plugins"]
    (row,) = [row for row in rows if row["name"] == "mine.py"]
    assert row["path"] == str((folder / "sub" / "mine.py").resolve())
    assert row["supplies"] == {"measures": ["third"], "commands": ["greet"]}
    assert not any("path" in row for row in rows if row["name"] != "mine.py")
    assert "mine.py" in gpreg("plugins --plugin sub/mine.py")[1]


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("plugins --plugin empty.py", 3, "empty.py: implements no hook"),
        ("plugins --plugin none.py", 2, "there is no file"),
        ("plugins --plugin nets.py", 3, "implements no hook"),
        ("train plane --arch nets.py:NETWORK", 2, "defines no 'NETWORK'; did you mean 'NETWORKS'"),
        ("train plane --arch nets.py:networks", 2, "did you mean 'NETWORKS'"),
        ("train plane --arch nets.py:NETWORKS -A widht=3", 2, "has no option 'widht'; did you mean 'width'"),
        ("train plane --measure nets.py:Ring", 2, "the measure is the class Ring (nets.py:29)"),
        ("train plane --arch nets.py:Generator", 2, "the architecture is the class Generator (nets.py:10)"),
        (
            "train plane --arch nets.py:WRONG --steps 1 --out run",
            3,
            "Critic (nets.py:19), makes (2, 3) of 2",
        ),
        ("train plane --measure third", 2, "there is no measure named 'third'"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_file_and_line(gpreg, folder, line, code, told):
    got, out, err = gpreg(line)
    assert (got, out) == (code, "")
    assert told in err
    assert not (folder / "run").exists()


def test_show_explains_a_thing_of_a_file(gpreg):
    code, out, _ = gpreg("show architecture sub/mine.py:NETWORKS --json")
    assert code == 0
    (option,) = json.loads(out)["architecture"]["options"]
    assert (option["name"], option["default"]) == ("width", 8)


def test_a_recipe_names_a_thing_of_a_file_that_is_given(gpreg, folder):
    code, out, _ = gpreg(f"train plane --arch nets.py:NETWORKS -A width=5 --dataset nets.py:Ring {TINY} --dry-run")
    assert code == 0
    assert 'name = "nets.py:NETWORKS"\nwidth = 5\n' in out
    (folder / "own.toml").write_text(out)
    code, out, err = gpreg("train own.toml --dry-run")
    assert (code, out) == (2, "")
    assert "add --plugin nets.py" in err
    code, again, _ = gpreg("train own.toml --dry-run --plugin nets.py")
    assert code == 0
    assert 'name = "nets.py:NETWORKS"\nwidth = 5\n' in again


def weights(folder, run):
    (found,) = (folder / run / "checkpoints").glob("*8/*generator*")
    return found.read_bytes()


def test_a_run_with_files_is_resumed_bit_for_bit_and_asks_for_them(gpreg, folder):
    chosen = "--arch nets.py:NETWORKS --dataset nets.py:Ring -D workers=1 --measure third --plugin sub/mine.py"
    assert gpreg(f"train plane {chosen} {TINY} --steps 8 --out whole")[0] == 0
    assert gpreg(f"train plane {chosen} {TINY} --steps 4 --out half")[0] == 0
    for command in ("resume half --steps 8", "sample half -n 4 --out a.npz", "evaluate half", "check half"):
        code, out, err = gpreg(command)
        assert (code, out) == (2, "")
        assert f"--plugin {folder.resolve()}/nets.py" in err
        assert f"--plugin {folder.resolve()}/sub/mine.py" in err
    files = "--plugin nets.py --plugin sub/mine.py"
    assert gpreg(f"resume half --steps 8 {files}")[0] == 0
    assert weights(folder, "half") == weights(folder, "whole")
    assert gpreg(f"sample half -n 4 --out a.npz {files}")[0] == 0
    code, out, _ = gpreg(f"check half --json {files}")
    assert code == 0
    (folder / "nets.py").write_text(MINE + "\n# changed\n")
    code, _, err = gpreg(f"resume half --steps 10 {files}")
    assert code == 2
    assert "nets.py has changed since half was trained with it" in err
    assert gpreg(f"resume half --steps 10 {files} --changed-plugin")[0] == 0
    rows = json.loads((folder / "half" / "environment.json").read_text())["plugin_files"]
    assert [len(row.get("before", [])) for row in sorted(rows, key=lambda row: row["path"])] == [1, 0]
    assert gpreg(f"sample half -n 4 --out b.npz {files}")[0] == 0


def test_a_dataset_of_a_file_may_have_labels_that_are_known_when_it_is_opened(gpreg, folder):
    (folder / "labelled.py").write_text(
        "import torch\n\n\ndef points(size: int = 64):\n    return torch.randn(size, 2), torch.arange(size) % 3\n"
    )
    code, _, err = gpreg(f"train plane --dataset labelled.py:points --conditional {TINY} --dry-run")
    assert code == 2
    assert "'mlp'" in err
    assert "labelled.py" not in err.partition("clashes")[0]
    assert gpreg(f"train plane --dataset labelled.py:points -D size=40 {TINY} --dry-run")[0] == 0


def test_evaluate_takes_a_metric_of_a_file(gpreg, folder):
    (folder / "metric.py").write_text(
        "from gpreg.interfaces import Metric, MetricResult\n\n\n"
        "class Spread(Metric):\n"
        "    values = {'spread': 'higher'}\n\n"
        "    def __call__(self, samples, data):\n"
        "        return MetricResult(values={'spread': float(sum(s.std() for s in samples))}, provenance={})\n"
    )
    assert gpreg(f"train plane -A width=8 {TINY} --steps 2 --out run")[0] == 0
    code, out, err = gpreg("evaluate run --metric metric.py:Spread -n 20 --json")
    assert code == 0, err
    (score,) = json.loads(out)["scores"]
    assert score["metric"] == "metric.py:Spread"
    assert score["better"] == {"spread": "higher"}
    assert torch.tensor(score["values"]["spread"]) > 0
