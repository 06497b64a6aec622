"""MONAI's patch discriminators against the formula; MONAI has no gradient penalty of its own."""

import pytest
import torch
from fixtures.formulas import assert_same, leaf, squares

import gpreg
from gpreg.errors import BatchCouplingError, UsageError


@pytest.fixture(scope="module")
def patchgan():
    from monai.networks.nets import patchgan_discriminator

    return patchgan_discriminator


@pytest.fixture(scope="module")
def example():
    from loops import monai_patches

    return monai_patches


def formula(critic, value, images):
    x = leaf(images)
    return 5.0 * squares(value(critic(x)), x).mean()


def test_the_example_adds_the_penalty_to_its_loss(example):
    torch.manual_seed(0)
    critic = example.critic
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.normal_(std=0.3)  # MONAI begins with weights that are hardly different from 0
    real, fake = torch.randn(2, 4, 1, 32, 32)
    hinge = example.adversarial
    loss = 0.5 * (hinge(critic(real)[-1], True, True) + hinge(critic(fake)[-1], False, True))
    theirs = formula(critic, lambda out: out[-1].mean((1, 2, 3)), real)
    assert_same(example.critic_loss(real, fake), loss + theirs, critic)
    assert_same(example.penalty(critic, real), theirs, critic)


def test_it_trains(example, capsys):
    example.main()
    assert len(capsys.readouterr().out.split()) == 10


def test_several_scales(patchgan):
    torch.manual_seed(0)
    critic = patchgan.MultiScalePatchDiscriminator(
        num_d=2, num_layers_d=1, spatial_dims=2, channels=4, in_channels=1, norm="INSTANCE", minimum_size_im=32
    )
    with torch.no_grad():
        for parameter in critic.parameters():
            parameter.normal_(std=0.3)
    images = torch.randn(3, 1, 32, 32)
    ours = gpreg.penalty("pd", rho=10.0, outputs="mean")(lambda x: critic(x)[0], images)
    theirs = formula(critic, lambda out: torch.stack([each.mean((1, 2, 3)) for each in out[0]]).mean(0), images)
    assert_same(ours, theirs, critic)


def test_its_default_normalisation_is_refused(patchgan):
    critic = patchgan.PatchDiscriminator(spatial_dims=2, channels=4, in_channels=1)
    with pytest.raises(BatchCouplingError, match="BatchNorm2d"):
        gpreg.penalty("pd", outputs=lambda out: out[-1].mean((1, 2, 3)))(critic, torch.randn(2, 1, 32, 32))


def test_the_features_beside_the_map_are_not_averaged(example):
    with pytest.raises(UsageError, match="several of the same B and c") as caught:
        gpreg.penalty("pd", outputs="mean")(example.critic, torch.randn(2, 1, 32, 32))
    assert "outputs=lambda out: out[0]" in caught.value.remedy
