import shutil

import pytest
import torch

from gpreg.errors import CheckpointError, ExitCode, UsageError
from gpreg.evaluation.trained import load_trained
from gpreg.recipe import read, resolve
from gpreg.runs.checkpoints import Checkpoints
from gpreg.runs.plan import Supply


@pytest.fixture
def copy(run, tmp_path):
    return shutil.copytree(run.path, tmp_path / "copy")


@pytest.fixture
def open_run(registry, listen):
    def load(path, **settings):
        told = listen()
        trained = load_trained(path, Supply(registry=registry), **settings)
        return trained, told

    return load


def weights(run, step, network):
    return run.checkpoints.find(step).weights[network]


def test_the_newest_average_by_default(run, open_run, registry):
    trained, told = open_run(run.path)
    assert (trained.step, trained.which, told) == (12, "average", [])
    expected = weights(run, 12, "average")
    assert all(torch.equal(tensor, expected[name]) for name, tensor in trained.networks.generator.state_dict().items())
    expected = weights(run, 12, "critic")
    assert all(torch.equal(tensor, expected[name]) for name, tensor in trained.networks.critic.state_dict().items())
    assert trained.recipe == resolve(read(run.recipe, origin="", registry=registry), registry)
    assert trained.data_spec.shape == (2,)
    assert trained.folder.path == run.path


def test_the_generator_itself_when_asked_for(run, open_run):
    trained, _ = open_run(run.path, raw=True)
    assert trained.which == "raw"
    raw, average = (weights(run, 12, name) for name in ("generator", "average"))
    state = trained.networks.generator.state_dict()
    assert all(torch.equal(tensor, raw[name]) for name, tensor in state.items())
    assert not all(torch.equal(tensor, average[name]) for name, tensor in state.items())


def test_a_run_without_an_average_has_the_generator(run, copy, open_run):
    checkpoints = Checkpoints(copy / "checkpoints")
    last = checkpoints.load()
    plain = {name: tensors for name, tensors in last.weights.items() if name != "average"}
    checkpoints.save(type(last)(step=13, weights=plain, state=last.state))
    trained, _ = open_run(copy)
    assert (trained.which, trained.step) == ("raw", 13)


def test_the_best_by_its_score(run, open_run):
    scores = {line["step"]: line["values"]["w1"] for line in run.metrics.read()}
    assert set(scores) == {0, 4, 8, 12}
    best = min(scores, key=lambda step: (scores[step], -step))
    assert open_run(run.path, step="best")[0].step == best


def test_one_of_the_steps_that_are_kept(run, open_run):
    for step in sorted(int(path.name[5:]) for path in run.checkpoints.folder.iterdir()):
        assert open_run(run.path, step=step)[0].step == step
    with pytest.raises(CheckpointError, match="no checkpoint of step 5; kept are 12"):
        open_run(run.path, step=5)


def test_no_best_where_nothing_was_scored(copy, open_run):
    checkpoints = Checkpoints(copy / "checkpoints")
    last = checkpoints.load()
    shutil.rmtree(checkpoints.folder)
    checkpoints.save(type(last)(step=12, weights=last.weights, state=last.state))
    with pytest.raises(CheckpointError, match="no checkpoint of this run was scored") as error:
        open_run(copy, step="best")
    assert error.value.exit_code == ExitCode.FAILED


def test_a_word_that_is_no_step(run, open_run):
    with pytest.raises(UsageError, match="'last' is neither a number nor 'best'"):
        open_run(run.path, step="last")


def test_a_damaged_checkpoint_is_told_of(copy, open_run):
    (copy / "checkpoints" / "step-000000012" / "average.safetensors").write_bytes(b"")
    trained, told = open_run(copy)
    assert trained.step < 12
    assert len(told) == 1
    assert "average.safetensors is damaged" in told[0]


def test_what_is_no_run(tmp_path, open_run):
    with pytest.raises(UsageError, match="is not a run folder"):
        open_run(tmp_path)


def test_samples_are_those_that_the_trainer_scored(run, open_run):
    trained, _ = open_run(run.path, batch=7)
    drawn = list(trained.sampler.draw(20, torch.Generator().manual_seed(0)))
    assert [len(part) for part in drawn] == [7, 7, 6]
    assert all(part.isfinite().all() for part in drawn)
    rng = torch.Generator().manual_seed(0)
    codes = trained.networks.generator.draw_latent(7, rng)
    assert torch.equal(drawn[0], trained.networks.generator(codes).detach())
