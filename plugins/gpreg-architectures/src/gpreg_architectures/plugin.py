"""The hook that registers the architectures."""

from collections.abc import Iterable
from dataclasses import replace

import gpreg
from gpreg import ArchitectureSpec
from gpreg_architectures.citations import GULRAJANI, HUANG, MESCHEDER, RADFORD, THANH_TUNG


@gpreg.hookimpl
def gpreg_architectures() -> Iterable[ArchitectureSpec]:
    """Every architecture that the papers' recipes use."""
    return [
        ArchitectureSpec(
            name="mlp",
            factory="gpreg_architectures.mlp:MLP",
            summary="Gulrajani et al.'s toy networks: three hidden layers of 512",
            options="gpreg_architectures.options:MLPOptions",
            cites=(replace(GULRAJANI, part="reference code, gan_toy.py"),),
            shapes="any",
            dataset="8gaussians",
            recipe="plane",
        ),
        ArchitectureSpec(
            name="mlp-0gp",
            factory="gpreg_architectures.mlp:ZeroGPMLP",
            summary="Thanh-Tung et al.'s toy networks: two hidden layers of 512, PyTorch's initial weights",
            options="gpreg_architectures.options:ZeroGPMLPOptions",
            cites=(replace(THANH_TUNG, part="Figure 2"),),
            shapes="any",
            dataset="8gaussians",
            recipe="thanhtung-8gaussians",
        ),
        ArchitectureSpec(
            name="dcgan-mnist",
            factory="gpreg_architectures.dcgan:MNISTDCGAN",
            summary="Gulrajani et al.'s networks for MNIST: DCGAN, 64 wide, no normalisation, pixels in (0, 1)",
            options="gpreg_architectures.options:MNISTDCGANOptions",
            cites=(RADFORD, replace(GULRAJANI, part="reference code, gan_mnist.py")),
            shapes="images of 1 to 4 channels, 8x8 or larger; the recipe's are (1, 28, 28)",
            dataset="digits",
            recipe="digits",
        ),
        ArchitectureSpec(
            name="dcgan",
            factory="gpreg_architectures.dcgan:DCGAN",
            summary="Gulrajani et al.'s DCGAN for CIFAR-10: 128 wide, batch normalisation in the generator",
            options="gpreg_architectures.options:DCGANOptions",
            cites=(RADFORD, replace(GULRAJANI, part="reference code, gan_cifar.py")),
            shapes="images of 1 to 4 channels, 8x8 or larger; the recipe's are (3, 32, 32)",
            dataset="digits",
            recipe="digits-dcgan",
        ),
        ArchitectureSpec(
            name="resnet",
            factory="gpreg_architectures.resnet:ResNet",
            summary="Gulrajani et al.'s ResNet for CIFAR-10, without ACGAN: labels enter by conditional batch norm",
            options="gpreg_architectures.options:ResNetOptions",
            cites=(replace(GULRAJANI, part="reference code, gan_cifar_resnet.py"),),
            shapes="images of 1 to 4 channels, height and width divisible by 8; the recipe's are (3, 32, 32)",
            dataset="digits",
            recipe="digits-resnet",
            conditional=True,
        ),
        ArchitectureSpec(
            name="resnet-stable",
            factory="gpreg_architectures.resnet_stable:StableResNet",
            summary="Mescheder et al.'s ResNet: one block a resolution, no normalisation, labels in both networks",
            options="gpreg_architectures.options:StableResNetOptions",
            cites=(replace(MESCHEDER, part="reference code, resnet.py"),),
            shapes="square images of 1 to 4 channels, a power of two from 8 up",
            dataset="digits",
            recipe="digits-resnet-stable",
            conditional=True,
        ),
        ArchitectureSpec(
            name="resnet2-stable",
            factory="gpreg_architectures.resnet_stable:StableResNet2",
            summary="Mescheder et al.'s deeper ResNet: six resolutions of two blocks, no normalisation",
            options="gpreg_architectures.options:StableResNet2Options",
            cites=(replace(MESCHEDER, part="reference code, resnet2.py"),),
            shapes="images of 1 to 4 channels, height and width divisible by 32",
            dataset="digits",
            recipe="digits-resnet2-stable",
            conditional=True,
        ),
        ArchitectureSpec(
            name="r3gan",
            factory="gpreg_architectures.r3gan:R3GAN",
            summary="Huang et al.'s networks of R3GAN: two grouped residual blocks a resolution, labels in both",
            options="gpreg_architectures.options:R3GANOptions",
            cites=(replace(HUANG, part="reference code"),),
            shapes="square images of 1 to 4 channels, a power of two from 4 up",
            dataset="digits",
            recipe="digits-r3gan",
            conditional=True,
        ),
    ]
