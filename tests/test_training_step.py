"""One real training step, critic and generator, for every combination that the registry offers."""

import pytest
import torch

import gpreg
from gpreg import CriticObjective, load_registry
from gpreg.interfaces import Opening, SampleSpec

REGISTRY = load_registry()
MEASURES = [spec.name for spec in REGISTRY.list("measure")]
LOSSES = [spec.name for spec in REGISTRY.list("loss")]
ARCHITECTURES = {spec.name: spec for spec in REGISTRY.list("architecture")}
SMALL = {
    "mlp": {"width": 16},
    "mlp-0gp": {"width": 16},
    "dcgan-mnist": {"width": 4},
    "dcgan": {"width": 4},
    "resnet": {"width": 8},
    "resnet-stable": {"width": 4, "generator_max_width": 8, "critic_max_width": 8},
    "resnet2-stable": {"width": 4, "max_width": 8},
    "r3gan": {"width": 4, "blocks": 1},
    "given-fakes": {"width": 16},
}
FIXED = ("given-fakes",)
"""Architectures whose generator has nothing to learn."""


def snapshot(network):
    return [parameter.detach().clone() for parameter in network.parameters()]


def moved(network, before):
    return [not torch.equal(p, q) for p, q in zip(network.parameters(), before, strict=True)]


def one_step(architecture_name, measure, loss_name, samples, labels, classes=None):
    torch.manual_seed(0)
    architecture = REGISTRY.build("architecture", architecture_name, SMALL.get(architecture_name))
    spec = SampleSpec(shape=tuple(samples.shape[1:]), value_range=architecture.value_range, classes=classes)
    generator, critic = architecture.generator(spec), architecture.critic(spec)
    with torch.no_grad():  # away from initial weights that are 0, which keep gradients from others
        for parameter in (*generator.parameters(), *critic.parameters()):
            parameter.add_(0.02 * torch.randn_like(parameter))
    loss = REGISTRY.build("loss", loss_name)
    penalty = gpreg.penalty(measure, rho=2.0)
    rng = torch.Generator().manual_seed(0)
    latent = generator.draw_latent(len(samples), rng)
    conditions = () if labels is None else (labels,)
    with torch.no_grad():
        fake = generator(latent, *conditions)
    assert fake.shape == samples.shape

    material = {"latent": latent, "labels": labels, "generator": generator, "rng": rng}
    penalty.prepare(penalty.batch(critic, samples, fake, **material))
    own = list(penalty.parameters())
    optimiser = torch.optim.Adam(critic.parameters(), lr=1e-3)
    before = snapshot(critic)
    terms = CriticObjective(loss, penalty)(critic, samples, fake, **material)
    terms.total.backward()
    if own:
        auxiliary = penalty.measure.auxiliary_loss(penalty.batch(critic, samples, fake, **material))
        own_optimiser, own_before = torch.optim.Adam(own, lr=1e-3), snapshot(penalty)
        auxiliary.backward()
        own_optimiser.step()
        assert any(moved(penalty, own_before))
    assert all(parameter.grad is None for parameter in generator.parameters())
    optimiser.step()
    penalty.measure.project(critic)
    assert terms.total.isfinite()
    assert sum(moved(critic, before)) >= len(before) - 1, "all but an output bias, which a difference cancels, move"
    assert all(parameter.isfinite().all() for parameter in critic.parameters())

    optimiser = torch.optim.Adam(generator.parameters(), lr=1e-3)
    before = snapshot(generator)
    d_real = critic(samples, *conditions).detach() if loss.needs_real else None
    d_fake = critic(generator(latent, *conditions), *conditions)
    loss.generator_loss(d_fake, d_real).mean().backward()
    optimiser.step()
    assert any(moved(generator, before)) == (architecture_name not in FIXED)
    assert all(parameter.isfinite().all() for parameter in generator.parameters())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_and_loss_on_the_ring(measure, loss):
    data = REGISTRY.build("dataset", "8gaussians").open(Opening())
    samples, _ = data.take(16, rng=torch.Generator().manual_seed(0))
    one_step("mlp", measure, loss, samples, None)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_on_its_own_dataset(name):
    value_range = REGISTRY.build("architecture", name).value_range
    data = REGISTRY.build("dataset", ARCHITECTURES[name].dataset).open(Opening(value_range=value_range))
    samples, _ = data.take(4, rng=torch.Generator().manual_seed(0))
    one_step(name, "mid", "wasserstein", samples, None)


@pytest.mark.parametrize("name", [name for name, spec in ARCHITECTURES.items() if spec.conditional])
@pytest.mark.parametrize("measure", ["mid", "pd+pg", "latent-path"])
def test_every_conditional_architecture_with_labels(name, measure):
    data = REGISTRY.build("dataset", "digits").open(Opening())
    samples, labels = data.take(4, rng=torch.Generator().manual_seed(0))
    assert data.spec.classes == 10
    one_step(name, measure, "non-saturating", samples, labels, classes=data.spec.classes)


def test_small_options_are_all_used():
    assert set(SMALL) == set(ARCHITECTURES)
