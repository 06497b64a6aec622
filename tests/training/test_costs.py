import pytest
import torch

from gpreg.runs.plan import Supply
from gpreg.training.costs import costs
from gpreg.training.game import Game
from gpreg.training.memory import MEGABYTE, Memory


@pytest.fixture
def of(tiny, registry):
    def measure(base="plane", choices=None):
        return costs(Supply(registry=registry).plan(tiny(base, choices)))

    return measure


def forward_batches(experiment, iterations):
    """Batches of real size forward through each network, an iteration, as they are counted while training."""
    game, seen = Game(experiment), {"critic": 0, "generator": 0}
    game.play(0)  # here it is looked whether the critic couples samples
    for name in seen:

        def count(module, inputs, name=name):
            seen[name] += len(inputs[0])

        getattr(experiment, name).register_forward_pre_hook(count)
    for step in range(1, iterations + 1):
        game.play(step)
    size = experiment.recipe.training.batch_size * iterations
    return {name: samples / size for name, samples in seen.items()}


SETUPS = [
    {},
    {"training.critic_steps": 3},
    {"measure.name": "pd"},
    {"measure.name": "pd", "penalty.every": 4},
    {"measure.name": "pd+pg", "loss.name": "relativistic"},
    {"measure.name": "gp", "penalty.every": 2, "training.critic_steps": 2},
    {"measure": {"name": "latent-path", "width": 4}, "training.critic_steps": 2},
    {"measure.name": "wgan", "training.critic_steps": 2, "training.critic_fakes": "together"},
    {"training.generator_batch_size": 32, "training.accumulate": 4},
    {"penalty.estimator": "finite-difference"},
    {"penalty.estimator": "noise", "penalty.sigma": 0.1, "penalty.directions": 2},
    {"training.update": "simultaneous"},
]


@pytest.mark.parametrize("choices", SETUPS, ids=str)
def test_passes_are_those_of_training(of, build, choices):
    told, counted = of("plane", choices), forward_batches(build("plane", choices), 4)
    assert told.iteration_passes == pytest.approx(sum(counted.values()))
    assert told.penalty_passes == told.critic_passes - 2


def test_numbers_of_parameters_and_updates(of, build):
    told, experiment = of("digits", {"training.critic_steps": 3}), build("digits")
    assert told.generator == sum(parameter.numel() for parameter in experiment.generator.parameters())
    assert told.critic == sum(parameter.numel() for parameter in experiment.critic.parameters())
    assert told.critic_updates == 60


@pytest.mark.parametrize(("optimizer", "states"), [("Adam", 2), ("SGD", 0), ("RMSprop", 1)])
@pytest.mark.parametrize("averaged", [True, False])
def test_memory_for_weights(of, optimizer, states, averaged):
    choices = {"optimizer": {"name": optimizer, "lr": 1e-3}, "average.halflife_kimg": 0.1 if averaged else 0}
    told = of("plane", choices)
    both = 4 * (told.critic + told.generator)
    expected = both * (2 + states) + (4 * told.generator if averaged else 0)
    counters = 4 * 12 if states else 0  # each tensor's number of steps
    assert expected <= told.weights <= expected + 2 * counters


def test_memory_for_the_backward_pass_grows_with_the_batch(of):
    small, large = (of("plane", {"training.batch_size": n}).activations for n in (16, 160))
    assert large == 10 * small
    assert of("plane", {"training.batch_size": 160, "training.accumulate": 10}).activations == small
    assert of("plane").activations == of("plane").activations, "it is counted, not guessed"


def test_memory_for_the_backward_pass_of_a_perceptron(of):
    """Each linear layer saves its input, and so does each ReLU its output, which is the next one's input."""
    layers = 2 + 3 * 16
    told = of("plane", {"measure.name": "wgan", "training.batch_size": 16}).activations
    critic, generator = 2 * layers, 2 * layers  # real and fake samples, or codes through both networks
    assert told == pytest.approx(4 * 16 * max(critic, generator), rel=0.05)


def test_a_penalty_keeps_more(of):
    plain, penalised = (of("plane", {"measure.name": name}).activations for name in ("wgan", "mid"))
    assert 1.5 < penalised / plain < 4


def test_what_is_said(of):
    told = of("plane", {"training.steps": 5000, "penalty.every": 4})
    lines = "\n".join(told.lines())
    assert "critic update      2.25 batches forward through the critic, 0.25 of them for the penalty alone" in lines
    assert "run                5,000 critic updates" in lines
    assert f"{(told.weights + told.activations) / MEGABYTE:,.0f} MB" in lines


def test_nothing_is_written_and_a_device_that_is_not_here_may_be_asked_for(of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert of("plane", {"compute": {"device": "cuda", "precision": "fp16"}}).critic > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("choices", [{}, {"penalty.every": 4}, {"training.batch_size": 4}])
def test_the_memory_of_training_is_what_was_estimated(build, choices):
    setup = build("plane", {"average.halflife_kimg": 1.0, **choices})
    memory, game = Memory(setup, 0), Game(setup)
    for step in range(3):
        with memory.of(step):
            game.play(step)
    expected = costs(setup.plan)
    assert memory.megabytes == pytest.approx((expected.weights + expected.activations) / 1e6, rel=0.1)


def test_a_run_that_goes_on_counts_until_everything_lazy_is_due(build):
    setup = build("plane", {"penalty.every": 4})
    memory, game, told = Memory(setup, 2), Game(setup), []
    for step in range(2, 7):
        with memory.of(step):
            game.play(step)
        told.append(memory.megabytes)
    assert told[0] == told[1] < told[2] == told[3] == told[4]


@pytest.mark.parametrize(("constraint", "passes"), [("spectral-norm", 3), ("weight-norm", 3)])
def test_weights_of_a_parametrisation_count_once_for_each_pass_whatever_the_batch(of, build, constraint, passes):
    def kept(size, **choices):
        return of("plane", {"training.batch_size": size, **choices}).activations

    more = [kept(size, constraints=constraint) - kept(size) for size in (16, 256)]
    weights = 4 * sum(p.numel() for p in build("plane").critic.parameters() if p.ndim == 2)
    assert more[0] == pytest.approx(more[1])
    assert more[0] == pytest.approx(passes * weights, rel=0.1)
