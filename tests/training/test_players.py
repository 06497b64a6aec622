"""A term or constraint of one's own enters where the penalty does: gradient, statistics, checkpoint, costs."""

import json

import pytest
import torch
from fixtures.terms import Box, LeCam, PathLength, Size
from torch import nn

from gpreg.errors import MeasureError, UsageError
from gpreg.interfaces import Term
from gpreg.recipe import write
from gpreg.runs.checkpoints import Checkpoints
from gpreg.training.costs import costs
from gpreg.training.game import Game
from gpreg.training.restoration import restore
from gpreg.training.seeds import generator_for, seed_for
from gpreg.training.state import capture
from gpreg.training.statistics import DivergenceError
from gpreg.training.trainer import Trainer

SGD = {"optimizer": {"name": "SGD", "lr": 1.0}, "training.update": "simultaneous"}
"""One step moves each parameter by minus its gradient, both players' at the same weights."""


def everything():
    """Anew each time, because they remember."""
    terms = {"anchored": LeCam(), "path": PathLength(), "size": Size(0.01)}
    return {"regularizers": terms, "constraints": {"box": Box()}}


def moved(experiment, name):
    """By how much a network's parameters move in one step."""
    network = getattr(experiment, name)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    iteration = Game(experiment).play(0)
    return iteration, [after.detach() - one for after, one in zip(network.parameters(), before, strict=True)]


def share(build, name, term):
    """What a term does in a first step: its value, and the change of a player's step that it makes."""
    choices, term.player = {**SGD, "measure.name": "pd+pg"}, name
    iteration, with_it = moved(build("plane", choices, {"regularizers": {"mine": term}}), name)
    _, without = moved(build("plane", choices), name)
    return iteration.values[f"{name}_mine"], [a - b for a, b in zip(with_it, without, strict=True)]


def test_a_term_of_the_generator_moves_it_by_its_gradient(build):
    value, change = share(build, "generator", Size(0.5))
    generator, rng = build("plane").generator, generator_for(0, "latents")
    z = torch.randn((2, 16, generator.latent_dim), generator=rng)[1]  # the critic's codes come first
    expected = 0.5 * generator(z).square().mean()
    torch.testing.assert_close(value, expected.detach())
    gradients = torch.autograd.grad(expected, list(generator.parameters()))
    torch.testing.assert_close(change, [-gradient for gradient in gradients], rtol=1e-3, atol=1e-6)


def test_a_term_of_the_critic_moves_it_by_its_gradient(build):
    value, change = share(build, "critic", LeCam(0.3))
    fresh = build("plane")
    real = next(fresh.data.stream(16, seed=seed_for(0, "data"))).samples
    fake = fresh.generator(torch.randn((16, fresh.generator.latent_dim), generator=generator_for(0, "latents")))
    expected = 0.3 * ((fresh.critic(real) + 0.5).square().mean() + (fresh.critic(fake.detach()) - 0.5).square().mean())
    torch.testing.assert_close(value, expected.detach())
    gradients = torch.autograd.grad(expected, list(fresh.critic.parameters()))
    torch.testing.assert_close(change, [-gradient for gradient in gradients], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("loss", ["wasserstein", "relativistic"])
@pytest.mark.parametrize("name", ["critic", "generator"])
def test_it_sees_what_its_player_sees(build, name, loss):
    seen = []

    class Looking(Term):
        needs = frozenset({"d_real", "d_fake"})

        def forward(self, batch):
            seen.append(batch)
            return batch.d_fake.mean() * 0

    choices = {"training.batch_size": 8, "training.critic_steps": 2, "training.accumulate": 2, "loss.name": loss}
    looking = Looking()
    looking.player = name
    experiment = build("digits-resnet-stable", choices, {"regularizers": {"looking": looking}})
    game = Game(experiment)
    for step in range(2):
        game.play(step)
    updates = [0, 1, 2, 3] if name == "critic" else [0, 1]
    assert [batch.step for batch in seen] == sorted([*updates, *updates]), "once for each part"
    for batch in seen:
        assert batch.real.shape == batch.fake.shape == (4, *experiment.spec.shape)
        assert batch.d_real.shape == batch.d_fake.shape == batch.labels.shape == batch.fake_labels.shape == (4,)
        assert (batch.d_real.requires_grad, batch.fake.requires_grad) == (name == "critic", name == "generator")
        assert batch.d_fake.requires_grad
        assert len(batch.latent) == 4
        assert (batch.critic, batch.generator, batch.rng) == (experiment.critic, experiment.generator, experiment.draws)


def test_a_constraint_is_obeyed_after_each_step(build):
    constraints = {f"box-{name}": Box(0.05, name) for name in ("critic", "generator")}
    experiment = build("plane", {"training.critic_steps": 3}, {"constraints": constraints})
    game = Game(experiment)
    for step in range(2):
        game.play(step)
    for name, steps in (("critic", 6), ("generator", 2)):
        player = experiment.players[name]
        largest = max(parameter.abs().max().item() for parameter in player.network.parameters())
        assert largest == pytest.approx(0.05 * 1.01 ** (steps - 1))
        assert player.constraints[f"box-{name}"].size.item() == pytest.approx(0.05 * 1.01**steps)


def test_a_batch_in_parts_has_the_terms_of_the_whole(build):
    def values(parts):
        added = {"regularizers": {"size": Size(0.5), "anchored": Fixed()}}
        return Game(build("plane", {"training.accumulate": parts}, added)).play(0).values

    class Fixed(LeCam):
        def forward(self, batch):
            return batch.d_real.square().mean()

    torch.testing.assert_close(values(4), values(1))


def test_a_lazy_term_counts_for_the_steps_between(build):
    def values(every):
        term = PathLength()
        term.every = every
        game = Game(build("plane", {}, {"regularizers": {"path": term}}))
        return [game.play(step).values["generator_path"].item() for step in range(4)]

    lazy, always = values(2), values(1)
    assert [bool(value) for value in lazy] == [True, False, True, False]
    assert lazy[0] == pytest.approx(2 * always[0])


def test_it_has_its_column_among_the_statistics(build, tmp_path, new_run):
    choices = {"measure": {"name": "latent-path", "width": 4}}
    experiment = build("plane", choices, everything())
    folder = new_run(tmp_path / "run", write(experiment.recipe))
    Trainer(experiment, folder).run()
    rows = [json.loads(line) for line in (folder.path / "stats.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert list(row)[1:7] == [
            *("critic_loss", "penalty", "critic_anchored"),
            *("generator_loss", "generator_path", "generator_size"),
        ]
        assert {"measure_loss", "critic_gradient", "generator_gradient", "measure_gradient"} < row.keys()
        assert min(row["critic_anchored"], row["generator_path"], row["generator_size"], row["measure_loss"]) > 0


def test_one_that_is_not_finite_is_named(build, tmp_path, new_run):
    term = Size(float("inf"))
    experiment = build("plane", {}, {"regularizers": {"size_of_fakes": term}})
    folder = new_run(tmp_path / "run", write(experiment.recipe))
    with pytest.raises(DivergenceError, match="generator size of fakes became infinite in generator step 1"):
        Trainer(experiment, folder).run()


def test_what_it_remembers_is_saved_and_goes_on(build, same_weights, tmp_path):
    one, other = build("plane", {}, everything()), build("plane", {"training.seed": 5}, everything())
    game = Game(one)
    for step in range(3):
        game.play(step)
    Checkpoints(tmp_path).save(capture(one, 3, None))
    restore(other, Checkpoints(tmp_path).load())
    assert other.players["generator"].terms["path"].mean > 0
    for experiment in (one, other):
        game = Game(experiment)
        for step in range(3, 6):
            game.play(step)
    for name in ("critic", "generator"):
        same_weights(one.players[name].network, other.players[name].network)
        for mine, theirs in zip(one.players[name].modules.values(), other.players[name].modules.values(), strict=True):
            same_weights(mine, theirs)


def test_a_checkpoint_from_before_there_were_terms(build):
    plain = build("plane")
    checkpoint = capture(plain, 0, None)
    del checkpoint.state["ranks"][0]["added"]
    restore(plain, checkpoint)
    with pytest.raises(UsageError, match=r"another experiment .*: the checkpoint has no tensors of anchored of critic"):
        restore(build("plane", {}, everything()), checkpoint)


@pytest.mark.parametrize("loss", ["wasserstein", "relativistic"])
def test_its_share_in_the_costs(plan, loss):
    choices = {"training.critic_steps": 2, "penalty.every": 3, "loss.name": loss}

    class Consistent(Term):
        every = 4

        def forward(self, batch):
            return (batch.critic(batch.real) - batch.critic(batch.real + 0.1)).square().mean()

    told = costs(plan("plane", choices, {"regularizers": {"consistent": Consistent(), "path": PathLength()}}))
    assert told.terms == {"critic_consistent": 0.5, "generator_path": 0.5}
    assert "generator_path     0.5 batches forward for this term alone" in told.lines()
    plain = costs(plan("plane", choices))
    assert (plain.terms, plain.penalty_passes, plain.critic_passes) == ({}, told.penalty_passes, told.critic_passes)
    assert told.iteration_passes == plain.iteration_passes + 2 * 0.5 + 0.5
    assert told.activations > plain.activations


def test_a_measure_that_learns_is_a_player(build):
    experiment = build("plane", {"measure": {"name": "latent-path", "width": 4}})
    assert list(experiment.players) == ["critic", "generator", "measure"]
    iteration = Game(experiment).play(0)
    assert iteration.values["measure_loss"] > 0
    assert len(iteration.norms["measure"]) == len(list(experiment.penalty.measure.encoder.parameters()))


class Learning(Term):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, batch):
        return self.weight * batch.fake.mean()


class Lost(Size):
    player = "measure"


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ({"regularizers": {"mine": Learning()}}, "has parameters, which nobody would train"),
        ({"regularizers": {"mine": Lost()}}, "has player = 'measure'; players are 'critic' and 'generator'"),
        ({"constraints": {"measure": Box()}}, "the critic has two things of the name 'measure'"),
        (
            {"regularizers": {"mine": LeCam()}, "constraints": {"mine": Box()}},
            "the critic has two things of the name 'mine'",
        ),
        ({"regularizers": {"loss": Size()}}, "the generator has two things of the name 'loss'"),
    ],
)
def test_what_cannot_be_added(build, added, message):
    with pytest.raises(UsageError, match=message):
        build("plane", {}, added)


def test_one_that_is_no_scalar_is_named(build):
    class Each(Term):
        def forward(self, batch):
            return batch.d_fake

    game = Game(build("plane", {}, {"regularizers": {"each": Each()}}))
    with pytest.raises(MeasureError, match=r"term 'each' is of shape \(16,\); expected \(\)"):
        game.play(0)
