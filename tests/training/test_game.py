"""The trainer against a bare loop: plain torch, with the same random numbers."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import logsigmoid, softplus

from gpreg.evaluation.labels import LabelLaw
from gpreg.recipe.optimizers import known_optimizers
from gpreg.training.game import Game
from gpreg.training.seeds import generator_for, seed_for

STEPS = 5

CRITIC_LOSSES = {
    "wasserstein": lambda real, fake: fake - real,
    "non-saturating": lambda real, fake: -(logsigmoid(real) + logsigmoid(-fake)),
    "relativistic": lambda real, fake: softplus(fake - real),
}
GENERATOR_LOSSES = {
    "wasserstein": lambda real, fake: -fake,
    "non-saturating": lambda real, fake: -logsigmoid(fake),
    "relativistic": lambda real, fake: softplus(real - fake),
}


class BareLoop:
    """Trains copies of an experiment's networks."""

    def __init__(self, experiment, counts=None):
        self.counts = counts
        self.recipe, self.classes = experiment.recipe, experiment.spec.classes
        self.critic, self.generator = copy.deepcopy(experiment.critic), copy.deepcopy(experiment.generator)
        self.average = copy.deepcopy(experiment.generator)
        self.optimizers = [
            known_optimizers()[settings.name](network.parameters(), **settings.arguments, **fused(settings))
            for settings, network in (
                (self.recipe.critic_optimizer, self.critic),
                (self.recipe.generator_optimizer, self.generator),
            )
        ]
        settings = self.recipe.training
        self.batches = experiment.data.stream(settings.batch_size, seed=seed_for(settings.seed, "data"))
        self.latents, self.draws, self.noise = (
            generator_for(settings.seed, name) for name in ("latents", "draws", "noise")
        )
        self.losses = {"critic": [], "generator": [], "penalty": []}

    def run(self, steps=STEPS):
        for step in range(steps):
            self.set_rates(step)
            self.iterate(step)
            if self.recipe.average.halflife_kimg:
                self.follow(step)
        return self

    def set_rates(self, step):
        schedule, t = self.recipe.schedule, step / self.recipe.training.steps
        factor = {
            "constant": 1,
            "linear": 1 + (schedule.final - 1) * t,
            "cosine": schedule.final + (1 - schedule.final) * (1 + math.cos(math.pi * t)) / 2,
        }[schedule.name]
        players = (self.recipe.critic_optimizer, self.recipe.generator_optimizer)
        for optimizer, settings in zip(self.optimizers, players, strict=True):
            optimizer.param_groups[0]["lr"] = settings.arguments["lr"] * factor

    def iterate(self, step):
        settings, loss = self.recipe.training, self.recipe.loss.name
        critic_optimizer, generator_optimizer = self.optimizers
        for index in range(settings.critic_steps):
            real, labels = self.real()
            with_labels = (labels,) if self.classes else ()
            with torch.no_grad():
                fake = self.generator(self.codes(), *with_labels)
            critic_optimizer.zero_grad()
            penalty = self.penalty(real, fake, with_labels, step * settings.critic_steps + index)
            value = CRITIC_LOSSES[loss](self.critic(real, *with_labels), self.critic(fake, *with_labels)).mean()
            (value + penalty).backward()
            if settings.update == "alternating":
                self.update_critic()
        if settings.generator_reals == "own" and (loss == "relativistic" or settings.fake_labels == "batch"):
            real, labels = self.real()
            with_labels = (labels,) if self.classes else ()
        z = self.codes(settings.generator_batch_size or settings.batch_size)
        if self.counts:
            of_data = torch.arange(self.classes).repeat_interleave(torch.tensor(self.counts))
            with_labels = (of_data[torch.randint(len(of_data), (len(z),), generator=self.latents)],)
        elif self.classes and settings.fake_labels == "uniform":
            with_labels = (torch.randint(self.classes, (len(z),), generator=self.latents),)
        generator_optimizer.zero_grad()
        with torch.no_grad():
            d_real = self.critic(real, *with_labels) if loss == "relativistic" else None
        own = GENERATOR_LOSSES[loss](d_real, self.critic(self.generator(z, *with_labels), *with_labels)).mean()
        gradients = torch.autograd.grad(own, list(self.generator.parameters()))
        for parameter, gradient in zip(self.generator.parameters(), gradients, strict=True):
            parameter.grad = gradient
        if settings.update == "simultaneous":
            self.update_critic()
        generator_optimizer.step()
        for name, number in (("critic", value), ("generator", own), ("penalty", penalty)):
            self.losses[name].append(number.detach())

    def real(self):
        (real, labels), width = next(self.batches), self.recipe.training.noise
        return real + width * torch.rand(real.shape, generator=self.noise) if width else real, labels

    def codes(self, n=None):
        size = (n or self.recipe.training.batch_size, self.generator.latent_dim)
        return torch.randn(size, generator=self.latents)

    def penalty(self, real, fake, with_labels, step):
        settings, measure = self.recipe.penalty, self.recipe.measure.name
        if step % settings.every or measure == "wgan":
            return torch.zeros(())
        if measure == "mid":
            points = (real + fake) / 2
        else:
            a = torch.rand((len(real), *[1] * (real.ndim - 1)), generator=self.draws)
            points = a * real + (1 - a) * fake
        points.requires_grad_()
        (gradient,) = torch.autograd.grad(self.critic(points, *with_labels).sum(), points, create_graph=True)
        return gradient.flatten(1).square().sum(1).mean() * (settings.rho / 2 * settings.every)

    def update_critic(self):
        self.optimizers[0].step()
        if self.recipe.measure.name == "wgan":
            with torch.no_grad():
                for parameter in self.critic.parameters():
                    parameter.clamp_(-self.recipe.measure.options["clip"], self.recipe.measure.options["clip"])

    @torch.no_grad()
    def follow(self, step):
        images = self.recipe.training.generator_batch_size or self.recipe.training.batch_size
        average = self.recipe.average
        t = min(step * images / (1000 * average.warmup_kimg), 1) if average.warmup_kimg else 1
        grown = t if average.warmup == "linear" else (1 - math.cos(math.pi * t)) / 2
        decay = 0.5 ** (images / (1000 * average.halflife_kimg * grown)) if grown else 0
        for own, other in zip(self.average.parameters(), self.generator.parameters(), strict=True):
            own.lerp_(other, 1 - decay)


def fused(settings):
    return {"fused": True} if settings.name in ("Adam", "AdamW", "SGD") else {}


def play(experiment, steps=STEPS):
    game = Game(experiment)
    return [game.play(step) for step in range(steps)]


SETUPS = {
    "plainest": {},
    "three critic steps": {"training.critic_steps": 3},
    "simultaneous": {"training.update": "simultaneous"},
    "random points": {"measure.name": "gp", "form.name": "squared"},
    "non-saturating": {"loss.name": "non-saturating"},
    "relativistic": {"loss.name": "relativistic", "training.critic_steps": 2},
    "relativistic and simultaneous": {"loss.name": "relativistic", "training.update": "simultaneous"},
    "clipping": {"measure.name": "wgan", "measure": {"clip": 0.05}, "training.critic_steps": 3},
    "clipping with RMSprop": {"measure.name": "wgan", "optimizer": {"name": "RMSprop", "lr": 5e-3}},
    "no average": {"average.halflife_kimg": 0},
    "linear": {"schedule": {"name": "linear", "final": 0.3}, "training.steps": 7},
    "cosine": {"schedule": {"name": "cosine", "final": 0.1}, "training.steps": 9},
    "constant": {"schedule.name": "constant"},
    "relativistic with real samples of the generator's own": {
        "loss.name": "relativistic",
        "training.generator_reals": "own",
        "training.critic_steps": 2,
        "training.noise": 0.1,
    },
    "the same, simultaneous": {
        "loss.name": "relativistic",
        "training.generator_reals": "own",
        "training.update": "simultaneous",
    },
    "real samples of the generator's own that no loss looks at": {"training.generator_reals": "own"},
    "clipping with RMSProp of TensorFlow": {"measure.name": "wgan", "optimizer": {"name": "RMSpropTF", "lr": 5e-3}},
    "an average that warms up": {"average": {"warmup_kimg": 0.05}},
    "an average that warms up by a cosine": {"average": {"warmup_kimg": 0.5, "warmup": "cosine"}},
    "two rates": {"critic_optimizer.lr": 1e-2, "generator_optimizer.lr": 1e-3},
    "two optimisers": {"critic_optimizer": {"name": "SGD", "lr": 1e-2, "momentum": 0.5}},
    "lazy": {"penalty.every": 3, "training.critic_steps": 2},
    "noise": {"training.noise": 0.1},
    "larger generator batch": {"training.generator_batch_size": 40},
    "no penalty's weight": {"penalty.rho": 0},
}


@pytest.mark.parametrize("choices", SETUPS.values(), ids=SETUPS)
def test_equals_a_bare_loop_bit_for_bit(build, same_weights, choices):
    experiment = build("plane", choices)
    loop = BareLoop(experiment).run()
    iterations = play(experiment)
    same_weights(experiment.critic, loop.critic)
    same_weights(experiment.generator, loop.generator)
    if experiment.average:
        same_weights(experiment.average.generator, loop.average)
    for name, of in (("critic", "critic_loss"), ("generator", "generator_loss"), ("penalty", "penalty")):
        assert [iteration.values[of] for iteration in iterations] == loop.losses[name]


@pytest.mark.parametrize("base", ["digits", "digits-resnet-stable"])
def test_equals_a_bare_loop_on_images(build, same_weights, base):
    experiment = build(base, {"training.batch_size": 8, "training.critic_steps": 2})
    assert bool(experiment.spec.classes) == (base == "digits-resnet-stable")
    loop = BareLoop(experiment).run(3)
    play(experiment, 3)
    same_weights(experiment.critic, loop.critic)
    same_weights(experiment.generator, loop.generator)


def test_a_generator_step_with_the_labels_of_the_real_batch(build, same_weights):
    base, choices = "digits-resnet-stable", {"training.batch_size": 8, "training.critic_steps": 2}
    experiment, uniform = (build(base, {**choices, "training.fake_labels": word}) for word in ("batch", "uniform"))
    loop = BareLoop(experiment).run(3)
    for own in (experiment, uniform):
        play(own, 3)
    same_weights(experiment.generator, loop.generator)
    assert not torch.equal(next(experiment.generator.parameters()), next(uniform.generator.parameters()))


@pytest.mark.parametrize("loss", ["wasserstein", "relativistic"])
def test_a_generator_step_with_real_samples_of_its_own_has_their_labels(build, same_weights, loss):
    """As in the code of R3GAN, whose loss is relativistic; with others nothing but the labels matters."""
    choices = {"training.batch_size": 8, "loss.name": loss, "training.generator_reals": "own"}
    experiment = build("digits-resnet-stable", {**choices, "training.fake_labels": "batch"})
    loop = BareLoop(experiment).run(3)
    play(experiment, 3)
    same_weights(experiment.generator, loop.generator)
    same_weights(experiment.critic, loop.critic)


def test_a_generator_step_with_labels_as_often_as_in_the_data(build, same_weights):
    counts = (5, 0, 100, 1, 1, 1, 1, 1, 1, 1)
    experiment = build("digits-resnet-stable", {"training.batch_size": 8})
    experiment = replace(experiment, labels=LabelLaw(classes=10, weights=counts))
    loop = BareLoop(experiment, counts).run(3)
    play(experiment, 3)
    same_weights(experiment.generator, loop.generator)


@pytest.mark.parametrize("choices", [{}, {"loss.name": "relativistic"}, {"training.generator_batch_size": 32}], ids=str)
@pytest.mark.parametrize("measure", ["mid", "pd", "pd+pg", "wgan"])
def test_a_batch_in_parts_is_the_whole_batch(build, measure, choices):
    choices = {"measure.name": measure, "training.batch_size": 16, "training.critic_steps": 2, **choices}
    whole, parts = (build("plane", {**choices, "training.accumulate": n}) for n in (1, 4))
    one, other = play(whole), play(parts)
    for mine, theirs in zip(one, other, strict=True):
        for name in ("critic_loss", "penalty", "generator_loss"):
            torch.testing.assert_close(theirs.values[name], mine.values[name], rtol=1e-4, atol=1e-5)
    for network in ("critic", "generator"):
        for mine, theirs in zip(
            getattr(whole, network).parameters(), getattr(parts, network).parameters(), strict=True
        ):
            torch.testing.assert_close(theirs, mine, rtol=1e-3, atol=1e-4)


def test_a_lazy_penalty_counts_a_batch_in_parts_once(build):
    choices = {"penalty.every": 3, "training.accumulate": 4, "training.critic_steps": 2, "penalty.rho": 1.0}
    experiment = build("plane", choices)
    always = build("plane", {**choices, "penalty.every": 1})
    due, each = play(experiment, 6), play(always, 6)
    # The last critic update of iteration k is number 2 k + 1; those divisible by 3 have a penalty.
    assert [bool(iteration.values["penalty"]) for iteration in due] == [(2 * k + 1) % 3 == 0 for k in range(6)]
    assert all(bool(iteration.values["penalty"]) for iteration in each)
    first = {**choices, "training.critic_steps": 1}
    lazy, plain = (play(build("plane", {**first, "penalty.every": every}), 1)[0] for every in (3, 1))
    torch.testing.assert_close(lazy.values["penalty"], 3 * plain.values["penalty"])


def test_fakes_made_together_are_those_made_one_after_the_other(build, same_weights):
    choices = {"training.critic_steps": 4, "measure.name": "gp"}
    each, together = (build("plane", {**choices, "training.critic_fakes": word}) for word in ("each", "together"))
    calls = []
    together.generator.register_forward_hook(lambda module, inputs, output: calls.append(len(output)))
    play(each)
    play(together)
    assert calls == [64, 16] * STEPS
    for network in ("critic", "generator"):
        one, other = (dict(getattr(experiment, network).named_parameters()) for experiment in (each, together))
        torch.testing.assert_close(other, one, rtol=1e-4, atol=1e-5)


def test_batches_in_halves_are_generated_in_halves(build):
    choices = {"training.accumulate": 2, "training.generator_batch_size": 32, "training.critic_steps": 3}
    experiment = build("digits-dcgan", choices)
    calls = []
    experiment.generator.register_forward_hook(lambda module, inputs, output: calls.append(len(output)))
    play(experiment, 1)
    assert calls == [8, 8] * 3 + [16, 16]


def test_in_halves_each_is_normalised_by_itself(build):
    experiment = build("digits-dcgan", {"training.accumulate": 2, "optimizer": {"name": "SGD", "lr": 1.0}})
    generator, critic = copy.deepcopy(experiment.generator), copy.deepcopy(experiment.critic)
    z = torch.randn((32, generator.latent_dim), generator=generator_for(0, "latents"))[16:]  # the critic's come first
    play(experiment, 1)
    critic.load_state_dict(experiment.critic.state_dict())  # the generator sees the critic's update

    def moved(*batches):
        loss = -torch.cat([critic(generator(batch)) for batch in batches]).mean()
        gradients = torch.autograd.grad(loss, list(generator.parameters()))
        pairs = zip(generator.parameters(), gradients, experiment.generator.parameters(), strict=True)
        errors = [((before - gradient - after).norm() / gradient.norm()).item() for before, gradient, after in pairs]
        return max(errors)

    assert moved(z[:8], z[8:]) < 1e-3
    assert moved(z) > 0.05


def test_a_parameter_that_nothing_depends_on_stays(build):
    experiment = build("plane")
    spare = torch.nn.Parameter(torch.ones(3))
    experiment.critic.register_parameter("spare", spare)
    experiment.players["critic"].optimizer.add_param_group({"params": [spare]})
    iteration = play(experiment, 2)[-1]
    assert torch.equal(spare, torch.ones(3))
    assert len(iteration.norms["critic"]) == len(list(experiment.critic.parameters()))
    assert iteration.norms["critic"][0] == 0


def test_a_frozen_parameter_stays(build):
    experiment = build("plane")
    first = next(experiment.critic.parameters()).requires_grad_(False)
    before = first.clone()
    iteration = play(experiment, 2)[-1]
    assert torch.equal(first, before)
    assert len(iteration.norms["critic"]) == len(list(experiment.critic.parameters())) - 1


def test_a_measure_that_learns_is_trained_apart(build, same_weights):
    choices = {
        "measure": {"name": "latent-path", "width": 8},
        "training.critic_steps": 2,
        "penalty.rho": 100.0,  # so that where it looks is felt
    }
    experiment = build("plane", choices)
    assert "measure" in experiment.players
    encoder = copy.deepcopy(experiment.penalty.measure.encoder)
    play(experiment, 3)
    moved = [
        not torch.equal(p, q)
        for p, q in zip(encoder.parameters(), experiment.penalty.measure.encoder.parameters(), strict=True)
    ]
    assert all(moved)
    frozen = build("plane", choices)
    for group in frozen.players["measure"].optimizer.param_groups:
        group["lr"] = 0.0
        group["initial_lr"] = 0.0
    play(frozen, 1)
    again = build("plane", choices)
    play(again, 1)
    same_weights(frozen.penalty.measure.encoder, encoder)
    moved = [not torch.equal(p, q) for p, q in zip(frozen.critic.parameters(), again.critic.parameters(), strict=True)]
    assert any(moved), "the second critic step has points of the encoder that moved"


def test_the_coefficient_follows_its_schedule(build):
    schedule = {"name": "cosine", "rho_final": 0.1, "horizon": 4}
    experiment = build("plane", {"schedule": schedule, "penalty.rho": 3.0})
    game, coefficients = Game(experiment), []
    for step in range(6):
        game.play(step)
        coefficients.append(experiment.penalty.rho)
    ways = [(1 + math.cos(math.pi * min(step / 4, 1))) / 2 for step in range(6)]
    assert coefficients == pytest.approx([3.0 * (0.1 + 0.9 * way) for way in ways])
