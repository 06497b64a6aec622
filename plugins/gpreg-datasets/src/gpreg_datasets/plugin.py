"""The hook that registers the datasets."""

from collections.abc import Iterable
from dataclasses import replace

from gpreg import ArchitectureSpec, DatasetSpec, hookimpl
from gpreg_datasets import citations


@hookimpl
def gpreg_datasets() -> Iterable[DatasetSpec]:
    """Planar laws, digits and clothes, CIFAR-10, emoji, and the user's own images or arrays."""
    return [
        DatasetSpec(
            name="8gaussians",
            factory="gpreg_datasets.gaussians:EightGaussians",
            summary="Eight Gaussians on a circle",
            options="gpreg_datasets.options:PlanarOptions",
            cites=(citations.WGAN_GP, citations.ZERO_GP),
            shape="(2,)",
            availability="synthetic",
        ),
        DatasetSpec(
            name="25gaussians",
            factory="gpreg_datasets.gaussians:TwentyFiveGaussians",
            summary="Twenty-five Gaussians on a square grid",
            options="gpreg_datasets.options:PlanarOptions",
            cites=(citations.WGAN_GP, citations.ZERO_GP),
            shape="(2,)",
            availability="synthetic",
        ),
        DatasetSpec(
            name="swissroll",
            factory="gpreg_datasets.swissroll:SwissRoll",
            summary="A noisy spiral: the Swiss roll seen from its end",
            options="gpreg_datasets.options:PlanarOptions",
            cites=(citations.WGAN_GP, citations.ZERO_GP),
            shape="(2,)",
            availability="synthetic",
        ),
        DatasetSpec(
            name="two-gaussians",
            factory="gpreg_datasets.two_gaussians:TwoGaussians",
            summary="One of two overlapping Gaussians, known by 100 points: does the critic overfit?",
            options="gpreg_datasets.options:TwoGaussiansOptions",
            cites=(citations.ZERO_GP,),
            shape="(2,)",
            size=100,
            availability="synthetic",
        ),
        DatasetSpec(
            name="digits",
            factory="gpreg_datasets.digits:Digits",
            summary="Handwritten digits of 8x8 pixels, enlarged",
            options="gpreg_datasets.options:DigitsOptions",
            cites=(citations.OPTDIGITS, citations.SCIKIT_LEARN),
            shape="(1, 32, 32)",
            size=1442,
            classes=10,
            availability="bundled",
        ),
        DatasetSpec(
            name="mnist",
            factory="gpreg_datasets.idx:Mnist",
            summary="Handwritten digits",
            options="gpreg_datasets.options:IdxOptions",
            cites=(citations.MNIST,),
            shape="(1, 28, 28)",
            size=60_000,
            classes=10,
            availability="download",
        ),
        DatasetSpec(
            name="fashion-mnist",
            factory="gpreg_datasets.idx:FashionMnist",
            summary="Articles of clothing",
            options="gpreg_datasets.options:FashionMnistOptions",
            cites=(citations.FASHION_MNIST,),
            shape="(1, 28, 28)",
            size=60_000,
            classes=10,
            availability="download",
        ),
        DatasetSpec(
            name="cifar10",
            factory="gpreg_datasets.cifar10:Cifar10",
            summary="Small colour photographs",
            options="gpreg_datasets.options:Cifar10Options",
            cites=(citations.CIFAR10,),
            shape="(3, 32, 32)",
            size=50_000,
            classes=10,
            availability="download",
        ),
        DatasetSpec(
            name="emoji",
            factory="gpreg_datasets.emoji:Emoji",
            summary="Emoji in colour, from the bitmaps of a font",
            options="gpreg_datasets.options:EmojiOptions",
            cites=(citations.NOTO_EMOJI,),
            shape="(3, 32, 32)",
            classes=9,
            availability="system",
        ),
        DatasetSpec(
            name="stacked-mnist",
            factory="gpreg_datasets.stacked_mnist:StackedMnist",
            summary="Three digits as the channels of one image: 1000 modes to count",
            options="gpreg_datasets.options:StackedMnistOptions",
            cites=(citations.UNROLLED, citations.VEEGAN, citations.MNIST),
            shape="(3, 28, 28)",
            size=128_000,
            classes=1000,
            availability="download",
        ),
        DatasetSpec(
            name="image-folder",
            factory="gpreg_datasets.image_folder:ImageFolder",
            summary="Any folder of images, a part of it held out",
            options="gpreg_datasets.options:ImageFolderOptions",
            shape="(channels, size, size)",
            availability="folder",
        ),
        DatasetSpec(
            name="npz",
            factory="gpreg_datasets.npz:Npz",
            summary="Images or vectors of a NumPy .npz file",
            options="gpreg_datasets.options:NpzOptions",
            shape="as in the file",
            availability="folder",
        ),
    ]


@hookimpl
def gpreg_architectures() -> Iterable[ArchitectureSpec]:
    """What a dataset of real and of fake samples needs to be trained on."""
    return [
        ArchitectureSpec(
            name="given-fakes",
            factory="gpreg_datasets.given_fakes:GivenFakes",
            summary="A critic of two layers of 64 tanh alone, against the fake points that go with two-gaussians",
            options="gpreg_datasets.options:GivenFakesOptions",
            cites=(replace(citations.ZERO_GP, part="Figure 1"),),
            shapes="(2,)",
            dataset="two-gaussians",
            recipe="thanhtung-two-gaussians",
        )
    ]
