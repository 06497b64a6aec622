"""What a recipe adds to the players: it is built, prepared, trained with, and resumed to the same bits."""

import pytest
import torch

import gpreg
from gpreg.critics.augmented import AugmentedCritic
from gpreg.errors import PluginError, UsageError
from gpreg.interfaces import Augmentation, Constraint, Term, TermPair
from gpreg.training.setup import set_up

SMALL = {"batch_size": 16, "metrics": [], "set": {"report.score_samples": 50, "report.tick": 2}}


CONSTANT = {"schedule.name": "constant"}
"""Else a run that is extended begins its schedule anew."""


class Wander(Augmentation):
    """Remembers a position, and where the schedule is."""

    def __init__(self):
        super().__init__()
        self.register_buffer("place", torch.zeros(()))
        self.ways = []

    def forward(self, x, rng):
        return x + self.place + 0.1 * torch.randn(x.shape, generator=rng, dtype=x.dtype)

    def follow(self, way):
        self.ways.append(way)

    def observe(self, d_real):
        self.place.add_(d_real.mean(), alpha=0.01)

    @property
    def shown(self):
        return {"place": self.place}


class Pull(Term):
    """Asks for something of the samples."""

    player = "generator"

    def prepare(self, critic, generator, spec):
        if spec.shape != (2,):
            raise UsageError("is for points of the plane", remedy="choose --dataset 8gaussians")

    def forward(self, batch):
        return 0.1 * batch.fake.square().mean()


class Scaled(Constraint):
    """Halves the critic's outputs, and keeps the weights in a box."""

    def attach(self, network):
        layer = next(module for module in network.modules() if isinstance(module, torch.nn.Linear))
        torch.nn.utils.parametrize.register_parametrization(layer, "weight", Half())


class Half(torch.nn.Module):
    def forward(self, weight):
        return weight / 2


def everything():
    return {"augmentations": [Wander()], "regularizers": [Pull(), "drift"], "constraints": [Scaled()]}


def test_a_run_with_everything_goes_on_to_the_same_bits(tmp_path):
    asked = gpreg.experiment("plane", steps=6, **SMALL, **everything(), **CONSTANT)
    whole = asked.train(tmp_path / "whole")
    part = asked.with_(steps=4).train(tmp_path / "part")
    again = gpreg.open_run(part.path, **everything() | {"regularizers": [Pull()]})
    again.resume(steps=6)
    for name in ("generator", "critic"):
        one, other = (
            run.path.joinpath("checkpoints/step-000000006", f"{name}.safetensors").read_bytes()
            for run in (whole, again)
        )
        assert one == other
    rows = [set(row) for row in whole.stats]
    assert {"generator_session.pull", "critic_drift", "critic_session.wander_place"} <= rows[-1]
    assert whole.critic()(torch.zeros(3, 2)).shape == (3,)  # the parametrised critic is built again


def test_both_players_see_the_augmented_critic_and_the_schedule_is_followed():
    choices = SMALL | {"schedule.name": "linear", "steps": 5, "critic_steps": 1}
    setup = set_up(gpreg.experiment("plane", **choices, augmentations=[Wander()]).plan)
    assert isinstance(setup.seen_critic, AugmentedCritic)
    from gpreg.training.game import Game

    game = Game(setup)
    for step in range(5):
        game.play(step)
    (wander,) = setup.players["critic"].augmentations.values()
    assert wander.ways == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    assert wander.place != 0


def test_the_penalty_differentiates_by_the_sample_before_the_change():
    class Triple(Augmentation):
        def forward(self, x, rng):
            return 3 * x

    critic = AugmentedCritic(torch.nn.Linear(2, 1, bias=False), [Triple()], torch.Generator())
    penalty = gpreg.penalty("pd", rho=2.0)(critic, torch.ones(4, 2), torch.zeros(4, 2))
    torch.testing.assert_close(penalty, 9 * critic.critic.weight.square().sum())


def test_augmentations_are_computed_in_full_precision():
    class Seen(Augmentation):
        def forward(self, x, rng):
            self.dtype = (x.dtype, (x @ x.T).dtype)
            return x

    critic = AugmentedCritic(torch.nn.Linear(2, 1), [Seen()], torch.Generator())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert critic(torch.zeros(4, 2, dtype=torch.bfloat16)).dtype is torch.bfloat16
    assert critic.augmentations[0].dtype == (torch.float32, torch.float32)


class Idle(Constraint):
    """Constrains nothing."""


class Learning(Term):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, batch):
        return self.weight


class Wanting(Pull):
    needs = frozenset({"d_imaginary"})


class Pulling(Scaled):
    """A constraint because of which the generator minimises a term."""

    @property
    def terms(self):
        return {"session.pull": Pull()}


class Demanding(Scaled):
    @property
    def terms(self):
        return {"wanting": Wanting()}


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"constraints": [Idle]}, r"has neither attach\(self, network\) nor forward"),
        ({"regularizers": [Learning]}, r"has parameters, which nobody would train"),
        ({"regularizers": [Wanting]}, r"needs 'd_imaginary'; outputs are d_real, d_fake"),
        ({"constraints": [Demanding]}, r"needs 'd_imaginary'; outputs are d_real, d_fake"),
        (
            {"constraints": [Pulling], "regularizers": [Pull()]},
            "the generator has two things of the name 'session.pull'",
        ),
        ({"constraints": [Pulling], "recipe": "digits-dcgan"}, r"term 'session.pull': is for points of the plane"),
        ({"constraints": ["clipping", Scaled()]}, r"constraint 'clipping' and constraint 'session.scaled' both say"),
        ({"constraints": "clipping", "measure": "wgan"}, r"measure 'wgan' and constraint 'clipping' both say what the"),
        (
            {"regularizers": [Pull()], "recipe": "digits-dcgan"},
            r"regularizer 'session.pull': is for points of the plane",
        ),
    ],
)
def test_what_cannot_be_added_is_refused_before_the_first_step(choices, told):
    asked = gpreg.experiment(choices.pop("recipe", "plane"), metrics=[], **choices)
    with pytest.raises((UsageError, PluginError), match=told):
        asked.rehearse()


def test_a_pair_has_a_term_of_each_player():
    pair = TermPair(critic=Pull(), generator=Pull())
    setup = set_up(gpreg.experiment("plane", **SMALL, regularizers=[pair]).plan)
    assert {player: list(setup.players[player].terms) for player in ("critic", "generator")} == {
        "critic": ["session.termpair"],
        "generator": ["session.termpair"],
    }
    assert setup.players["critic"].terms["session.termpair"] is not pair.terms["critic"]  # each run has its own


@pytest.mark.parametrize(("loss", "means"), [("wasserstein", False), ("relativistic", False), ("hinge", True)])
def test_who_goes_by_signs_needs_a_loss_to_which_they_mean_something(loss, means):
    class Sure(Wander):
        reads_signs = True

    asked = gpreg.experiment("plane", steps=1, **SMALL, loss=loss, augmentations=[Sure])
    if means:
        set_up(asked.plan)
    else:
        with pytest.raises(UsageError, match=f"means nothing with loss '{loss}'"):
            set_up(asked.plan)
