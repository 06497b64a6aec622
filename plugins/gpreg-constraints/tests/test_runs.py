"""Runs with a constraint: what is trained, saved, continued and looked at is one network."""

import pytest
import torch

import gpreg
from gpreg import load_registry
from gpreg.penalties.compiled import CompiledObjective
from gpreg.runs.folder import RunFolder
from gpreg.training.game import Game
from gpreg.training.restoration import start_from

SMALL = {
    "architecture.width": 8,
    "report.tick": 2,
    "report.picture_ticks": 0,
    "report.score_ticks": 1,
    "report.score_samples": 50,
    "report.gap_samples": 20,
    "report.check_samples": 0,
    "schedule.name": "constant",  # else a run that is extended begins its schedule anew
}
BOTH = [{"name": "spectral-norm"}, {"name": "weight-norm", "player": "generator"}]
CONSTRAINTS = ["spectral-norm", "weight-norm", "orthogonal-projection"]


def weights(run, step):
    return {path.name: path.read_bytes() for path in run.path.glob(f"checkpoints/step-{step:09d}/*.safetensors")}


@pytest.fixture(scope="module")
def experiment():
    return gpreg.experiment("plane", steps=4, batch_size=16, constraints=BOTH, metrics=["modes"], set=SMALL)


@pytest.fixture(scope="module")
def run(experiment, tmp_path_factory):
    return experiment.train(tmp_path_factory.mktemp("runs") / "run")


def test_a_run_that_nobody_looks_at_goes_on_to_the_same_bits(run, experiment, tmp_path):
    unseen = {**SMALL, "report.score_ticks": 0, "report.gap_samples": 0}
    again = experiment.with_(steps=2, metrics=[], set=unseen).train(tmp_path / "again")
    again.resume(steps=4)
    assert weights(run, 4) == weights(again, 4)
    assert weights(run, 4).keys() == {"generator.safetensors", "critic.safetensors", "average.safetensors"}


def test_a_run_is_read_without_its_data_and_is_the_same_function_each_time(run):
    assert run.sample(3, seed=1).shape == (3, 2)
    critic, x = run.critic(device="cpu"), torch.ones(2, 2)
    assert torch.equal(critic(x), critic(x))


def test_another_run_begins_with_its_weights_and_singular_vectors(run, build, same_weights):
    setup = build("plane", {"constraints": BOTH, "architecture.width": 8})
    start_from(setup, RunFolder.open(run.path).checkpoints.load(), run.path)
    same_weights(setup.critic, run.critic(device="cpu"))
    assert any(name.endswith("_u") for name in setup.critic.state_dict())


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_batch_in_parts_is_the_whole_batch(build, name):
    """One function for all parts of a batch: an iteration in each forward pass would give each another one."""
    choices = {"constraints": name, "measure.name": "pd", "training.batch_size": 16}
    setups = [build("plane", {**choices, "training.accumulate": parts}) for parts in (1, 4)]
    for setup in setups:
        game = Game(setup)
        for step in range(2):
            game.play(step)
    for one, other in zip(*(setup.critic.state_dict().values() for setup in setups), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_average_obeys(build, name):
    option = {"constraints": [{"name": name, "player": "generator"}], "average.halflife_kimg": 0.05}
    setup = build("plane", {**option, "architecture.hidden_layers": 1})
    game = Game(setup)
    for step in range(30):
        game.play(step)
    for layer in (module for module in setup.average.generator.modules() if isinstance(module, torch.nn.Linear)):
        largest = torch.linalg.svdvals(layer.weight.detach())
        if name == "spectral-norm":
            assert largest[0] == pytest.approx(1, abs=0.02)
        elif name == "orthogonal-projection":
            torch.testing.assert_close(largest, torch.ones_like(largest), rtol=0, atol=1e-5)
        else:
            length = layer.parametrizations.weight.original0.detach()
            torch.testing.assert_close(layer.weight.norm(dim=1, keepdim=True), length)


def test_a_compiled_objective_is_the_same(build):
    """It compares itself with the same without compilation, in value and gradients, and refuses if they differ."""
    setup = build("plane", {"constraints": "spectral-norm"})
    before = {name: tensor.clone() for name, tensor in setup.critic.state_dict().items()}
    compiled = CompiledObjective(setup.objective, backend="eager")
    real, fake = torch.randn(2, 4, 2)
    compiled(setup.critic, real, fake, rng=setup.draws).total.backward()
    assert all(torch.equal(before[name], tensor) for name, tensor in setup.critic.state_dict().items())


NETS = """
from torch import nn
from gpreg.interfaces import Architecture

class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(2)
    def forward(self, x):
        return self.norm(x).sum(1)

class Bare(Architecture):
    def generator(self, spec):
        return nn.Sequential(nn.Linear(2, 2))
    def critic(self, spec):
        return Scaled()
"""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--constraint spectral-norm --constraint clipping", "'spectral-norm' and constraint 'clipping' both say"),
        ("--constraint weight-norm --measure wgan", "measure 'wgan' and constraint 'weight-norm' both say"),
        ("--constraint spectral-norm --arch NETS:Bare", "constraint 'spectral-norm' does not fit the critic"),
        ("--constraint orthogonal-projection --arch NETS:Bare", "no linear or convolutional layer"),
        ("--constraint spectral-norm -C iterations=0", "must be an int >= 1"),
        ("--constraint spectral-norm -C player=measure", "'critic', 'generator'"),
    ],
)
def test_refused_before_the_first_step(call, tmp_path, words, told):
    nets = tmp_path / "nets.py"
    nets.write_text(NETS)
    result = call("train", "plane", *words.replace("NETS", str(nets)).split(), "--out", tmp_path / "run")
    assert result.code == 2
    assert told in result.err
    assert not (tmp_path / "run").exists()


def test_an_architecture_without_layers_is_fine_for_the_other_player(call, tmp_path):
    nets = tmp_path / "nets.py"
    nets.write_text(NETS)
    words = ["--constraint", "weight-norm", "-C", "player=generator", "--arch", f"{nets}:Bare"]
    assert call("train", "plane", *words, "--dry-run").code == 0


def test_the_registry_says_which_are_parametrisations():
    by = {name: load_registry().get("constraint", name).by for name in (*CONSTRAINTS, "clipping")}
    assert sorted(name for name, how in by.items() if how == "parametrisation") == ["spectral-norm", "weight-norm"]
