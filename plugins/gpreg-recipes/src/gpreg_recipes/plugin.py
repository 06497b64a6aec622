"""The hooks that register recipes and sweeps. Their texts are read only when one is built."""

from collections.abc import Iterable
from functools import partial

from gpreg import Citation, RecipeSpec, SweepSpec, hookimpl
from gpreg_recipes.citations import GULRAJANI, KIM, MESCHEDER, R3GAN, THANH_TUNG, VEEGAN
from gpreg_recipes.text import recipe_text, sweep_text

RECIPES: tuple[tuple[tuple[Citation, ...], dict[str, str]], ...] = (
    (
        (),
        {
            "plane": "8 Gaussians in a minute on a CPU: mid, small networks, averaged",
            "digits": "Handwritten digits on a CPU: mid, the networks for MNIST, narrow",
            "digits-dcgan": "Handwritten digits on a CPU: mid, a narrow DCGAN",
            "digits-resnet": "Handwritten digits on a CPU: mid, a narrow ResNet",
            "digits-resnet-stable": "Handwritten digits by class on a CPU: mid, a narrow ResNet with labels",
            "digits-resnet2-stable": "Handwritten digits on a CPU: mid, a deep and narrow ResNet",
            "digits-r3gan": "Handwritten digits by class on a CPU: R3GAN's objective and networks, narrow",
            "fashion-mnist": "Articles of clothing on a CPU: mid, the networks for MNIST",
            "emoji-dcgan": "Emoji in colour on a CPU: mid, a narrow DCGAN",
            "emoji-r3gan": "Emoji in colour by class on a CPU: R3GAN's objective and networks, narrow",
        },
    ),
    (
        (KIM, GULRAJANI),
        {
            "kim-8gaussians": "Kim et al. on 8 Gaussians: mid, and by --measure each row but wgan",
            "kim-8gaussians-clip": "Kim et al. on 8 Gaussians: the row wgan, weight clipping",
            "kim-25gaussians": "Kim et al. on 25 Gaussians: mid, and by --measure each row but wgan",
            "kim-25gaussians-clip": "Kim et al. on 25 Gaussians: the row wgan, weight clipping",
            "kim-swissroll": "Kim et al. on the Swiss roll: mid, and by --measure each row but wgan",
            "kim-swissroll-clip": "Kim et al. on the Swiss roll: the row wgan, weight clipping",
            "kim-mnist": "Kim et al. on MNIST: mid, and by --measure each row but wgan",
            "kim-mnist-clip": "Kim et al. on MNIST: the row wgan, weight clipping",
            "kim-cifar10-dcgan": "Kim et al. on CIFAR-10 with DCGAN: mid, and by --measure each row but wgan",
            "kim-cifar10-dcgan-clip": "Kim et al. on CIFAR-10 with DCGAN: the row wgan, weight clipping",
            "kim-cifar10-resnet": "Kim et al. on CIFAR-10 with ResNet: mid, and by --measure each row but wgan",
            "kim-cifar10-resnet-clip": "Kim et al. on CIFAR-10 with ResNet: the row wgan, weight clipping, which fails",
        },
    ),
    (
        (THANH_TUNG,),
        {
            "thanhtung-8gaussians": "Thanh-Tung et al. on 8 Gaussians, scaled up: 0-GP on the critic's sigmoid",
            "thanhtung-25gaussians": "Thanh-Tung et al. on 25 Gaussians, scaled up: 0-GP on the critic's sigmoid",
            "thanhtung-swissroll": "Thanh-Tung et al. on the Swiss roll, scaled up: 0-GP on the critic's sigmoid",
            "thanhtung-two-gaussians": "Thanh-Tung et al. on two Gaussians: a critic alone, 0-GP, fixed points",
            "thanhtung-mnist": "Thanh-Tung et al. on MNIST: 0-GP with the networks of their toy data",
            "thanhtung-imagenet64": "Thanh-Tung et al. on ImageNet at 64x64: 0-GP; needs -D folder=FOLDER",
        },
    ),
    (
        (MESCHEDER,),
        {
            "mescheder-cifar10": "R1 of Mescheder et al. on CIFAR-10, with their ResNet",
        },
    ),
    (
        (R3GAN,),
        {
            "r3gan-cifar10": "R3GAN on CIFAR-10 by class: relativistic loss, R1 and R2, and its networks",
            "r3gan-imagenet32": "R3GAN on ImageNet at 32x32 by class; needs -D folder=FOLDER",
            "r3gan-imagenet64": "R3GAN on ImageNet at 64x64 by class; needs -D folder=FOLDER",
            "r3gan-ffhq64": "R3GAN on FFHQ at 64x64; needs -D folder=FOLDER",
            "r3gan-ffhq256": "R3GAN on FFHQ at 256x256; needs -D folder=FOLDER",
        },
    ),
    (
        (R3GAN, VEEGAN),
        {
            "r3gan-stacked-mnist": "R3GAN on stacked MNIST: 1000 modes to cover",
        },
    ),
)
"""The summaries of the recipes by name, grouped by citation: first recipes for a CPU, then those of the papers."""

SWEEPS: tuple[tuple[tuple[Citation, ...], dict[str, str]], ...] = (
    (
        (),
        {
            "field": "Every measure at its best rho on 8 Gaussians, 25 Gaussians and the Swiss roll",
            "field-digits": "Every measure at its best rho on handwritten digits, with small networks",
        },
    ),
    (
        (KIM, GULRAJANI),
        {
            "sgp-table-1-2d": "Kim et al., Table 1: seven penalties on three laws in the plane",
            "sgp-table-2-cifar10": "Kim et al., Table 2: seven penalties on CIFAR-10, with DCGAN and ResNet",
        },
    ),
    (
        (THANH_TUNG,),
        {
            "0gp-figure-1": "Thanh-Tung et al., Figure 1: value surfaces on two Gaussians, against the best critic's",
            "0gp-figure-2": "Thanh-Tung et al., Figure 2: each penalty on 8 Gaussians, scaled up",
            "0gp-critic-steps": "Thanh-Tung et al., section 6.1: each penalty with five critic steps on MNIST",
        },
    ),
)
"""The summaries of the sweeps by name, grouped by citation: first this project's, then the papers'."""


@hookimpl
def gpreg_recipes() -> Iterable[RecipeSpec]:
    """Every recipe; nothing is read yet."""
    return [
        RecipeSpec(name=name, factory=partial(recipe_text, name), summary=summary, cites=cites)
        for cites, summaries in RECIPES
        for name, summary in summaries.items()
    ]


@hookimpl
def gpreg_sweeps() -> Iterable[SweepSpec]:
    """Every sweep; nothing is read yet."""
    return [
        SweepSpec(name=name, factory=partial(sweep_text, name), summary=summary, cites=cites)
        for cites, summaries in SWEEPS
        for name, summary in summaries.items()
    ]
