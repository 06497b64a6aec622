"""Refuse samples that an architecture cannot be built for."""

from collections.abc import Callable

from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec


def image_shape(spec: SampleSpec, *, owner: str, sizes: str, fits: Callable[[int, int], bool]) -> tuple[int, int, int]:
    """Check that samples are images of 1 to 4 channels and a possible size; returns channels, height and width.

    Args:
        spec: the kind of samples.
        owner: the architecture's name.
        sizes: the possible sizes, in words.
        fits: whether a height and a width are possible.

    Raises:
        UsageError: they are not.
    """
    match spec.shape:
        case (channels, height, width) if 1 <= channels <= 4 and min(height, width) >= 1 and fits(height, width):
            return channels, height, width
    raise UsageError(
        f"architecture {owner!r} is for images (channels, height, width) of 1 to 4 channels and {sizes}, "
        f"not for samples of shape {spec.shape}",
        remedy="choose a dataset of such images, or the architecture 'mlp', which takes any shape",
    )


def without_labels(spec: SampleSpec, *, owner: str) -> None:
    """Refuse labelled samples on behalf of an unconditional architecture.

    Raises:
        UsageError: the samples have classes.
    """
    if spec.classes is not None:
        raise UsageError(
            f"architecture {owner!r} is unconditional, so it has no use for the {spec.classes} classes of its samples",
            remedy="leave the labels out (SampleSpec with classes=None), or choose an architecture that "
            "`gpreg list-architectures` shows as conditional",
        )
