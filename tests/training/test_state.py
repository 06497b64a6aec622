import io

import pytest
import torch

from gpreg.errors import UsageError
from gpreg.runs.checkpoints import Checkpoints
from gpreg.training.game import Game
from gpreg.training.restoration import restore
from gpreg.training.state import capture

LEARNS = {"measure": {"name": "latent-path", "width": 4}, "training.noise": 0.1, "training.critic_steps": 2}
CASES = {
    "a measure that learns": ("plane", LEARNS),
    "an anchor": ("digits", {"measure": {"name": "g-anc", "anchor": "pixels"}, "training.batch_size": 4}),
    "a schedule": ("plane", {"schedule": {"name": "cosine", "rho_final": 0.1}, "measure.name": "gp"}),
    "a second beta that moves, in a warm-up": (
        "plane",
        {"schedule": {"name": "linear", "beta2_final": 0.5, "warmup": 5}, "training.steps": 8},
    ),
    "other optimisers": ("plane", {"critic_optimizer.name": "RMSprop", "generator_optimizer.name": "AdamW"}),
    "RMSProp of TensorFlow": ("plane", {"optimizer": {"name": "RMSpropTF", "centered": True, "momentum": 0.5}}),
    "real samples of the generator's own": (
        "plane",
        {"loss.name": "relativistic", "training.generator_reals": "own", "training.noise": 0.1},
    ),
    "an average that warms up": ("plane", {"average": {"halflife_kimg": 0.1, "warmup_kimg": 0.08}}),
    "a mixture": ("plane", {"measure": {"name": "mixture", "parts": ["g-anc", "dragan"]}}),
}


def noisy(module, inputs, output):
    """As dropout does: from torch's global random state."""
    return output + 0.01 * torch.randn_like(output)


@pytest.mark.parametrize(("base", "choices"), CASES.values(), ids=CASES)
def test_what_is_captured_and_restored_goes_on_alike(build, same_weights, tmp_path, base, choices):
    one, other = build(base, choices), build(base, {**choices, "training.seed": 5})
    for experiment in (one, other):
        experiment.generator.register_forward_hook(noisy)
    game = Game(one)
    for step in range(3):
        game.play(step)
    Checkpoints(tmp_path).save(capture(one, 3, None))
    state = torch.get_rng_state()
    torch.manual_seed(99)
    restore(other, Checkpoints(tmp_path).load())
    assert torch.equal(torch.get_rng_state(), state)
    assert one.penalty.get_extra_state() == other.penalty.get_extra_state()
    resumed = Game(other)
    for step in range(3, 6):
        resumed.play(step)
    torch.set_rng_state(state)
    for step in range(3, 6):
        game.play(step)
    for network in ("generator", "critic"):
        same_weights(getattr(one, network), getattr(other, network))
    same_weights(one.average.generator, other.average.generator)
    tensors = [
        {name: t for name, t in own.penalty.state_dict().items() if isinstance(t, torch.Tensor)} for own in (one, other)
    ]
    same_weights(*tensors)


def test_a_random_anchor_of_another_seed_is_replaced(build, tmp_path):
    choices = {"measure": {"name": "g-anc", "anchor": "pixels", "seed": 0}, "training.batch_size": 4}
    one = build("digits", choices)
    other = build("digits", {**choices, "measure.seed": 1})
    assert not torch.equal(one.penalty.measure.anchor, other.penalty.measure.anchor)
    restore(other, capture(one, 0, None))
    assert torch.equal(one.penalty.measure.anchor, other.penalty.measure.anchor)


def test_nothing_but_tensors_numbers_and_texts(build):
    state = io.BytesIO()
    torch.save(capture(build("plane", LEARNS), 0, None).state, state)
    state.seek(0)
    torch.load(state, weights_only=True)


def test_another_number_of_processes_is_refused(build):
    experiment = build("plane")
    checkpoint = capture(experiment, 0, None)
    checkpoint.state["processes"] = 4
    with pytest.raises(UsageError, match=r"trained by 4 processes .* with 1") as error:
        restore(experiment, checkpoint)
    assert "torchrun and 4 processes" in error.value.remedy


def test_the_coefficient_goes_on_where_its_schedule_was(build):
    choices = {"schedule": {"name": "linear", "rho_final": 0.0}, "training.steps": 10, "penalty.rho": 6.0}
    one, other = build("plane", choices), build("plane", choices)
    game = Game(one)
    for step in range(4):
        game.play(step)
    one.penalty.base_rho = 5.0  # as if it had been chosen anew
    restore(other, capture(one, 4, None))
    assert (other.penalty.base_rho, other.penalty.rho) == (5.0, one.penalty.rho) == (5.0, pytest.approx(3.5))
