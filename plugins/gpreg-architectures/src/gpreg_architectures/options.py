"""The options of each architecture. Every default is that of the paper's recipe."""

from dataclasses import dataclass

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class MLPOptions:
    """Options of ``mlp``."""

    width: int = option(512, help="neurons in each hidden layer", ge=1)
    hidden_layers: int = option(3, help="hidden layers, the one that reads the input included", ge=1)
    latent_dim: int = option(2, help="dimension of the latent code", ge=1)
    activation: str = option(
        "relu",
        help="after each hidden layer; leaky-relu has slope 0.2",
        choices=("relu", "tanh", "softplus", "leaky-relu"),
    )


@dataclass(frozen=True, kw_only=True)
class ZeroGPMLPOptions(MLPOptions):
    """Options of ``mlp-0gp``."""

    hidden_layers: int = option(2, help="hidden layers, the one that reads the input included", ge=1)


@dataclass(frozen=True, kw_only=True)
class DCGANOptions:
    """Options of ``dcgan``."""

    width: int = option(128, help="channels at the finest level; each coarser one has twice as many", ge=1)
    latent_dim: int = option(128, help="dimension of the latent code", ge=1)
    levels: int = option(3, help="how often the image is halved", ge=1, le=8)
    generator_batch_norm: bool = option(True, help="batch normalisation in the generator")
    batch_statistics_when_sampling: bool = option(
        True, help="normalise by the batch's own statistics in evaluation mode too, as the recipe does"
    )
    critic_batch_norm: bool = option(
        False, help="batch normalisation in the critic; for weight clipping only, a penalty refuses such a critic"
    )


@dataclass(frozen=True, kw_only=True)
class MNISTDCGANOptions(DCGANOptions):
    """Options of ``dcgan-mnist``."""

    width: int = option(64, help="channels at the finest level; each coarser one has twice as many", ge=1)
    generator_batch_norm: bool = option(
        False, help="batch normalisation in the generator; the recipe has it with weight clipping only"
    )


@dataclass(frozen=True, kw_only=True)
class ResNetOptions:
    """Options of ``resnet``."""

    width: int = option(128, help="channels of every layer", ge=1)
    latent_dim: int = option(128, help="dimension of the latent code", ge=1)
    batch_statistics_when_sampling: bool = option(
        True, help="normalise by the batch's own statistics in evaluation mode too, as the recipe does"
    )
    critic_layer_norm: bool = option(False, help="layer normalisation before each ReLU of the critic's later blocks")


@dataclass(frozen=True, kw_only=True)
class StableResNetOptions:
    """Options of ``resnet-stable``."""

    width: int = option(
        64, help="channels at full resolution; each coarser level has twice as many, up to the caps", ge=1
    )
    generator_max_width: int = option(512, help="cap on the generator's channels", ge=1)
    critic_max_width: int = option(1024, help="cap on the critic's channels", ge=1)
    latent_dim: int = option(256, help="dimension of the latent code", ge=1)
    embedding_dim: int = option(256, help="dimension of the generator's label embedding; unused without labels", ge=1)
    one_class: bool = option(
        False, help="without labels, embed one class that all samples have, as the reference code does"
    )


@dataclass(frozen=True, kw_only=True)
class StableResNet2Options:
    """Options of ``resnet2-stable``."""

    width: int = option(64, help="channels at full resolution; the coarsest levels have 16 times as many", ge=1)
    max_width: int | None = option(None, help="cap on the channels of both networks; none: no cap", ge=1)
    latent_dim: int = option(256, help="dimension of the latent code", ge=1)
    embedding_dim: int = option(256, help="dimension of the generator's label embedding; unused without labels", ge=1)
    one_class: bool = option(
        False, help="without labels, embed one class that all samples have, as the reference code does"
    )


@dataclass(frozen=True, kw_only=True)
class R3GANOptions:
    """Options of ``r3gan``."""

    width: int = option(
        768, help="channels of the stages from 4x4 to 32x32; each finer one has half as many as the one before", ge=1
    )
    widths: tuple[int, ...] | None = option(None, help="channels of each stage, from 4x4 up; none: by width", ge=1)
    group_width: int = option(
        16, help="channels in each group of a block's 3x3 convolution, which has twice the stage's in all", ge=1
    )
    blocks: int = option(2, help="residual blocks of each stage", ge=1)
    latent_dim: int = option(64, help="dimension of the latent code", ge=1)
    embedding_dim: int = option(64, help="dimension of the generator's label embedding; unused without labels", ge=1)
    bf16_stages: int = option(
        0, help="how many of the finest stages compute in bfloat16, with parameters in float32; never that of 4x4", ge=0
    )
