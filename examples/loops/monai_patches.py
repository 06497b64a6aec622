"""MONAI's patch discriminator with a penalty of gpreg, beside MONAI's adversarial loss."""

import torch
from monai.losses.adversarial_loss import PatchAdversarialLoss
from monai.networks.nets.patchgan_discriminator import PatchDiscriminator
from torch import Tensor

import gpreg

critic = PatchDiscriminator(spatial_dims=2, channels=8, in_channels=1, num_layers_d=2, norm="INSTANCE")
adversarial = PatchAdversarialLoss(criterion="hinge")
penalty = gpreg.penalty("pd", rho=10.0, outputs=lambda out: out[-1].mean((1, 2, 3)))  # the last of its list: the map


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's objective on images ``(B, 1, h, w)``."""
    on_real = adversarial(critic(real)[-1], target_is_real=True, for_discriminator=True)
    on_fake = adversarial(critic(fake.detach())[-1], target_is_real=False, for_discriminator=True)
    total: Tensor = 0.5 * (on_real + on_fake) + penalty(critic, real)
    return total


def main() -> None:
    """Train the critic on noise of two standard deviations."""
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)
    for _ in range(10):
        loss = critic_loss(torch.randn(8, 1, 32, 32), 2 * torch.randn(8, 1, 32, 32))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(f"{loss.item():.3f}")


if __name__ == "__main__":
    main()
