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
            cites=(_INSTANCE_NOISE,),
        ),
    ]
