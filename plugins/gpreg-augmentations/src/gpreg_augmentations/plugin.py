"""The hook that registers the augmentations."""

from gpreg import AugmentationSpec, Citation, hookimpl

_INSTANCE_NOISE = Citation(
    key="sonderby2017amortised",
    authors="Sønderby, Casper Kaae and Caballero, Jose and Theis, Lucas and Shi, Wenzhe and Huszár, Ferenc",
    title="Amortised MAP Inference for Image Super-resolution",
    year=2017,
    venue="International Conference on Learning Representations",
    arxiv="1610.04490",
)
_PRINCIPLED = Citation(
    key="arjovsky2017towards",
    authors="Arjovsky, Martin and Bottou, Léon",
    title="Towards Principled Methods for Training Generative Adversarial Networks",
    year=2017,
    venue="International Conference on Learning Representations",
    arxiv="1701.04862",
)
_STABILIZING = Citation(
    key="jenni2019stabilizing",
    authors="Jenni, Simon and Favaro, Paolo",
    title="On Stabilizing Generative Adversarial Training with Noise",
    year=2019,
    venue="Conference on Computer Vision and Pattern Recognition",
    arxiv="1906.04612",
)
_ADA = Citation(
    key="karras2020training",
    authors="Karras, Tero and Aittala, Miika and Hellsten, Janne and Laine, Samuli and Lehtinen, Jaakko and Aila, Timo",
    title="Training Generative Adversarial Networks with Limited Data",
    year=2020,
    venue="Advances in Neural Information Processing Systems",
    arxiv="2006.06676",
)
_DIFFAUGMENT = Citation(
    key="zhao2020differentiable",
    authors="Zhao, Shengyu and Liu, Zhijian and Lin, Ji and Zhu, Jun-Yan and Han, Song",
    title="Differentiable Augmentation for Data-Efficient GAN Training",
    year=2020,
    venue="Advances in Neural Information Processing Systems",
    arxiv="2006.10738",
)
_CONSISTENCY = Citation(
    key="zhang2020consistency",
    authors="Zhang, Han and Zhang, Zizhao and Odena, Augustus and Lee, Honglak",
    title="Consistency Regularization for Generative Adversarial Networks",
    year=2020,
    venue="International Conference on Learning Representations",
    arxiv="1910.12027",
)
_IMAGES = "images, (channels, height, width)"


@hookimpl
def gpreg_augmentations() -> list[AugmentationSpec]:
    """All augmentations."""
    return [
        AugmentationSpec(
            name="noise",
            factory="gpreg_augmentations.noise:Noise",
            options="gpreg_augmentations.options:NoiseOptions",
            summary="instance noise: both distributions blurred alike",
            formula="T(x) = x + sigma u, u ~ N(0, I)",
            cites=(_INSTANCE_NOISE, _PRINCIPLED, _STABILIZING),
        ),
        AugmentationSpec(
            name="ada",
            factory="gpreg_augmentations.ada:Ada",
            options="gpreg_augmentations.options:AdaOptions",
            summary="StyleGAN2-ADA's pipeline: moved, recoloured and cut out, each with a probability that may adapt",
            formula="T = cutout o colour o geometry, each part with probability p times its multiplier",
            shapes=_IMAGES,
            cites=(_ADA,),
        ),
        AugmentationSpec(
            name="diffaugment",
            factory="gpreg_augmentations.diffaugment:DiffAugment",
            options="gpreg_augmentations.options:DiffAugmentOptions",
            summary="DiffAugment: every image recoloured, shifted and cut out",
            formula="T = cutout o translation o color, or the parts that policy names",
            shapes=_IMAGES,
            cites=(_DIFFAUGMENT,),
        ),
        AugmentationSpec(
            name="flip-shift",
            factory="gpreg_augmentations.flip_shift:FlipShift",
            options="gpreg_augmentations.options:FlipShiftOptions",
            summary="horizontal flips and shifts by whole pixels, as consistency regularization has them",
            formula="T = shift o flip",
            shapes=_IMAGES,
            cites=(_CONSISTENCY,),
        ),
    ]
