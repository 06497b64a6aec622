from dataclasses import replace

import pytest
import torch

from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec
from gpreg.recipe import Choice, load, override
from gpreg.runs.networks import architecture_of, build_networks, spec_from_table, spec_seen, spec_to_table
from gpreg.runs.plan import Supply

IMAGES = SampleSpec(shape=(1, 16, 16), value_range=(-1.0, 1.0), classes=10)


@pytest.fixture
def conditional(registry):
    choices = {"architecture": {"width": 4, "generator_max_width": 8, "critic_max_width": 8}}
    return override(load("digits-resnet-stable", registry), choices, registry)[0]


@pytest.mark.parametrize(
    "spec",
    [
        IMAGES,
        SampleSpec(shape=(2,)),
        SampleSpec(shape=(3,), value_range=(0.0, 255.0)),
        SampleSpec(shape=(2,), classes=3),
    ],
)
def test_a_spec_survives_its_table(spec):
    assert spec_from_table(spec_to_table(spec)) == spec


def test_labels_are_seen_by_conditional_networks_only(registry, conditional):
    assert spec_seen(conditional, IMAGES).classes == 10
    plain = override(conditional, {"training.conditional": False}, registry)[0]
    assert spec_seen(plain, IMAGES).classes is None
    labels = torch.tensor([1, 2])
    generator, critic = build_networks(Supply(registry=registry).plan(conditional), IMAGES)
    samples = generator(torch.randn(2, generator.latent_dim), labels)
    assert critic(samples, labels).shape == (2,)
    generator, critic = build_networks(Supply(registry=registry).plan(plain), IMAGES)
    assert critic(generator(torch.randn(2, generator.latent_dim))).shape == (2,)


def test_conditional_training_without_labels_is_refused(registry, conditional):
    with pytest.raises(UsageError, match=r"needs labels, and the samples of dataset 'digits' have none") as error:
        build_networks(Supply(registry=registry).plan(conditional), SampleSpec(shape=(1, 16, 16)))
    assert error.value.remedy == "add --unconditional"
    asked = replace(conditional, dataset=Choice(name="image-folder", options={"classes": False}))
    with pytest.raises(UsageError) as error:
        build_networks(Supply(registry=registry).plan(asked), SampleSpec(shape=(1, 16, 16)))
    assert error.value.remedy == "add --unconditional, or -D classes=true if each subfolder is a class"
    given = replace(conditional, dataset=Choice(name="mine.py:Pictures"))
    with pytest.raises(UsageError) as error:
        spec_seen(given, SampleSpec(shape=(1, 16, 16)))
    assert error.value.remedy.endswith("by the dataset's attribute num_classes")


def test_networks_are_those_of_the_global_seed(registry, conditional):
    def weights(seed):
        torch.manual_seed(seed)
        return [
            p
            for network in build_networks(Supply(registry=registry).plan(conditional), IMAGES)
            for p in network.parameters()
        ]

    assert all(map(torch.equal, weights(0), weights(0)))
    assert not all(map(torch.equal, weights(0), weights(1)))


def test_the_architecture_says_what_data_is_scaled_to(registry, conditional):
    assert architecture_of(Supply(registry=registry).plan(conditional)).value_range == (-1.0, 1.0)
    assert architecture_of(Supply(registry=registry).plan(load("digits", registry))).value_range == (0.0, 1.0)


def test_an_architecture_that_does_not_fit_names_one_that_does(registry):
    images = override(load("digits", registry), {"dataset.name": "8gaussians"}, registry)[0]
    state = torch.get_rng_state()
    with pytest.raises(UsageError, match=r"'dcgan-mnist' and dataset '8gaussians' do not fit.*\(2,\)") as error:
        build_networks(Supply(registry=registry).plan(images), SampleSpec(shape=(2,)))
    assert "--arch mlp" in error.value.remedy
    assert "--dataset digits" in error.value.remedy
    assert "dcgan" not in error.value.remedy
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("base", "size", "sizes"),
    [("digits-resnet", 50, "-D size=48, or -D size=56"), ("digits-resnet-stable", 48, "-D size=32, or -D size=64")],
)
def test_a_size_that_does_not_fit_names_the_nearest_that_do(registry, base, size, sizes):
    recipe = override(load(base, registry), {"dataset": {"size": size}}, registry)[0]
    with pytest.raises(UsageError, match=f"do not fit.*a sample is .1, {size}, {size}") as error:
        build_networks(Supply(registry=registry).plan(recipe), SampleSpec(shape=(1, size, size), classes=10))
    assert error.value.remedy.startswith(f"try {sizes}, or --arch ")


def test_only_sizes_that_the_dataset_has_are_named(registry):
    recipe = override(load("digits-resnet2-stable", registry), {"dataset": {"size": 230}}, registry)[0]
    with pytest.raises(UsageError) as error:
        build_networks(Supply(registry=registry).plan(recipe), SampleSpec(shape=(1, 230, 230)))
    assert "-D size=224, or -D size=256, " in error.value.remedy
    recipe = override(load("digits-resnet2-stable", registry), {"dataset": {"size": 8}}, registry)[0]
    with pytest.raises(UsageError) as error:
        build_networks(Supply(registry=registry).plan(recipe), SampleSpec(shape=(1, 8, 8)))
    assert "-D size" not in error.value.remedy, "twice as large is no longer near"
