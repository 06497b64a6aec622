import pytest
import torch

from gpreg.errors import BatchCouplingError, DataError, ExitCode, UsageError
from gpreg.training.game import Game


def tensors(experiment):
    networks = (experiment.generator, experiment.critic, experiment.penalty)
    return [tensor for network in networks for tensor in (*network.parameters(), *network.buffers())]


def test_everything_is_fixed_by_the_seed(build):
    choices = {"measure": {"name": "latent-path", "width": 4}}
    torch.manual_seed(1)
    one = build("plane", choices)
    torch.manual_seed(2)
    again, other = build("plane", choices), build("plane", {**choices, "training.seed": 1})
    assert all(map(torch.equal, tensors(one), tensors(again)))
    assert not any(
        map(
            torch.equal,
            [p for p in one.critic.parameters() if p.any()],
            [p for p in other.critic.parameters() if p.any()],
        )
    )
    batches = [next(experiment.stream).samples for experiment in (one, again, other)]
    assert torch.equal(batches[0], batches[1])
    assert not torch.equal(batches[0], batches[2])


def test_two_runs_of_one_recipe_end_alike(build, same_weights):
    experiments = [build("plane", {"measure.name": "dragan"}) for _ in range(2)]
    for experiment in experiments:
        game = Game(experiment)
        for step in range(3):
            game.play(step)
    same_weights(*(experiment.generator for experiment in experiments))


def test_an_average_where_there_is_a_half_life(build):
    averaged, plain = build("plane"), build("plane", {"average.halflife_kimg": 0})
    assert averaged.sampled is averaged.average.generator
    assert (plain.average, plain.sampled) == (None, plain.generator)


def test_channels_innermost(build):
    experiment = build("digits", {"compute.channels_last": True, "training.batch_size": 4})
    weights = [p for p in experiment.critic.parameters() if p.dim() == 4]
    assert weights
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)
    assert Game(experiment).play(0).values["critic_loss"].isfinite()


def test_fakes_without_partners_are_refused(build):
    with pytest.raises(UsageError, match=r"'relativistic' pairs .*generator_batch_size = 32 is not"):
        build("plane", {"loss.name": "relativistic", "training.generator_batch_size": 32})


def test_a_batch_larger_than_the_data_is_refused(build):
    with pytest.raises(UsageError, match="clashes with dataset 'two-gaussians': it has 100 samples") as error:
        build("plane", {"dataset.name": "two-gaussians", "training.batch_size": 101})
    assert error.value.exit_code == ExitCode.USAGE
    assert "--batch-size 100" in error.value.remedy
    build("plane", {"dataset.name": "two-gaussians", "training.batch_size": 100})


def test_missing_data_is_reported(build, tmp_path, monkeypatch):
    monkeypatch.setenv("GPREG_DATA", str(tmp_path))
    with pytest.raises(DataError, match=str(tmp_path)):
        build("digits", {"dataset.name": "cifar10"})


def test_networks_that_do_not_fit_the_data_are_refused(build):
    with pytest.raises(UsageError, match="'dcgan-mnist' and dataset '8gaussians' do not fit"):
        build("digits", {"dataset.name": "8gaussians"})


def test_a_critic_that_mixes_samples_is_refused_by_the_penalty(build):
    choices = {"architecture": {"critic_batch_norm": True, "levels": 2}, "training.batch_size": 4}
    with pytest.raises(BatchCouplingError, match="normalises over the batch") as error:
        Game(build("digits-dcgan", choices)).play(0)
    assert error.value.exit_code == ExitCode.USAGE
    accepted = build("digits-dcgan", {**choices, "penalty.allow_batch_coupling": True})
    assert Game(accepted).play(0).values["critic_loss"].isfinite()


def test_the_measure_is_prepared_before_its_optimiser_is_made(build):
    experiment = build("digits", {"measure": {"name": "latent-path", "width": 4}, "training.batch_size": 4})
    measure = experiment.players["measure"]
    moved = {id(p) for group in measure.optimizer.param_groups for p in group["params"]}
    assert moved == {id(p) for p in experiment.penalty.measure.encoder.parameters()}
    assert list(build("plane").players) == ["critic", "generator"]


def test_preparing_a_measure_leaves_running_statistics_alone(build):
    running = {"architecture.batch_statistics_when_sampling": False, "training.batch_size": 4}
    experiment = build("digits-dcgan", running)
    means = [b for name, b in experiment.generator.named_buffers() if name.endswith("running_mean")]
    assert means
    assert not any(mean.any() for mean in means)
