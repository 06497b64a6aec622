import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from gpreg.cli.main import main

PLUGIN = """
from dataclasses import dataclass
import click
import gpreg
from gpreg import Citation, Claim

@dataclass(frozen=True, kw_only=True)
class Options:
    scale: float = gpreg.option(0.5, help="size of the noise", gt=0)

@click.command("greet")
@click.argument("name")
def greet(name):
    "Say hello."
    click.echo(f"hello {name}")
    return 7

def make_fail():
    @click.command("fail")
    def fail():
        raise ValueError("went\\nwrong")
    return fail

def make_ask():
    @click.command("ask")
    def ask():
        raise KeyboardInterrupt
    return ask

def make_stop():
    @click.command("stop")
    @click.pass_context
    def stop(ctx):
        ctx.exit(4)
    return stop

PAPER = Citation(
    key="p", authors="One, Some", title="A Title", year=2018, venue="A Venue", arxiv="1801.00001", part="eq. 3"
)

@gpreg.hookimpl
def gpreg_measures():
    def measure(name, **rest):
        return gpreg.MeasureSpec(name=name, factory="fake_main:Nothing", summary="a summary", **rest)
    return [
        measure(
            "mid",
            penalty="E[|grad D|^2]",
            sampling="x = (x_d + x_g) / 2",
            options=Options,
            cites=(PAPER,),
            claims=(
                Claim(assumption="5a", verdict="holds", because="it is constant"),
                Claim(assumption="5c", verdict="fails", because="unless convex"),
                Claim(assumption="6c", verdict="depends", because="on the critic"),
            ),
        ),
        measure("plain", penalty="p", sampling="s", mass="2"),
    ]

@gpreg.hookimpl
def gpreg_forms():
    return [gpreg.FormSpec(name="square", factory="a:B", summary="s", formula="|g|^2", simple=True)]

@gpreg.hookimpl
def gpreg_losses():
    return [gpreg.LossSpec(name="w", factory="a:B", summary="s", critic="c", generator="g")]

@gpreg.hookimpl
def gpreg_architectures():
    return [
        gpreg.ArchitectureSpec(name="net", factory="a:B", summary="s", shapes="any", dataset="ring", recipe="paper")
    ]

@gpreg.hookimpl
def gpreg_datasets():
    return [gpreg.DatasetSpec(name="ring", factory="a:B", summary="s", shape="(2,)", availability="synthetic")]

@gpreg.hookimpl
def gpreg_metrics():
    return [gpreg.MetricSpec(name="fid", factory="a:B", summary="s", values={"fid": "lower"})]

@gpreg.hookimpl
def gpreg_observers():
    return [gpreg.ObserverSpec(name="eye", factory="a:B", summary="s")]

@gpreg.hookimpl
def gpreg_executors():
    return [gpreg.ExecutorSpec(name="local", factory="a:B", summary="s")]

@gpreg.hookimpl
def gpreg_recipes():
    text = 'summary = "s"\\n[penalty]\\nrho = 2.0\\n[unstated]\\n"penalty.rho" = "a guess"\\n'
    return [
        gpreg.RecipeSpec(name="paper", factory=lambda: text, summary="s"),
        gpreg.RecipeSpec(name="stated", factory=lambda: "[penalty]\\nrho = 3", summary="s"),
        gpreg.RecipeSpec(name="untold", factory=lambda: "rho = = 3", summary="s"),
    ]

@gpreg.hookimpl
def gpreg_checks():
    return [gpreg.CheckSpec(name="more", factory="a:B", summary="s")]

@gpreg.hookimpl
def gpreg_commands():
    def command(name, factory):
        return gpreg.CommandSpec(name=name, factory=factory, summary=f"Do {name}.")
    return [
        command("greet", "fake_main:greet"),
        command("fail", "fake_main:make_fail"),
        command("ask", "fake_main:make_ask"),
        command("stop", make_stop),
        command("lost", "no_such_module:x"),
        command("wrong", "fake_main:Options"),
    ]
"""


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def gpreg(site, capsys, monkeypatch):
    """Run a command in this process, with one plugin of every kind and no installed one."""
    site.install("main", PLUGIN)
    monkeypatch.setenv("GPREG_PLUGINS", "main")

    def run(*words: str, plugins: str = "main") -> Result:
        monkeypatch.setenv("GPREG_PLUGINS", plugins)
        from gpreg.registry.registry import discover_registry

        discover_registry.cache_clear()
        capsys.readouterr()
        code = main(words)
        captured = capsys.readouterr()
        assert isinstance(code, int)
        return Result(int(code), captured.out, captured.err)

    return run


PLANE = """
[measure]
name = "mid"

[loss]
name = "wasserstein"

[architecture]
name = "mlp"
width = 16
hidden_layers = 1

[dataset]
name = "8gaussians"

[training]
steps = 10
batch_size = 16

[average]
halflife_kimg = 0.1

[report]
tick = 5
picture_ticks = 0
checkpoint_ticks = 1
score_ticks = 1
score_samples = 100
gap_samples = 20
check_samples = 0

[[metrics]]
name = "modes"

[[metrics]]
name = "wasserstein"
n = 50
"""

LABELLED = """
[measure]
name = "mid"

[loss]
name = "wasserstein"

[architecture]
name = "resnet-stable"
width = 4

[dataset]
name = "digits"
size = 8

[training]
steps = 2
batch_size = 4
conditional = true

[report]
tick = 2
picture_ticks = 0
gap_samples = 0
check_samples = 0
"""


def _call(*words: object) -> Result:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main(list(map(str, words)))
    return Result(int(code), out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def call():
    """Run a command in this process, with every installed plugin."""
    return _call


@dataclass
class Trained:
    """A run that tests read; those that change it work on a copy."""

    path: Path
    recipe: Path
    result: Result


def _trained(folder: Path, text: str) -> Trained:
    recipe = folder / "recipe.toml"
    recipe.write_text(text, encoding="utf-8")
    result = _call("train", recipe, "--out", folder / "run")
    assert result.code == 0, result.err
    return Trained(folder / "run", recipe, result)


@pytest.fixture(scope="session")
def plane(tmp_path_factory):
    return _trained(tmp_path_factory.mktemp("plane"), PLANE)


@pytest.fixture(scope="session")
def labelled(tmp_path_factory):
    return _trained(tmp_path_factory.mktemp("labelled"), LABELLED)
