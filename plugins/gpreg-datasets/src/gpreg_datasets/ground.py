"""The colour that lies under transparent pictures."""

from PIL import ImageColor

from gpreg.errors import OptionError

Colour = tuple[int, int, int]
"""Red, green and blue, from 0 to 255."""


def ground_colour(ground: str, dataset: str) -> Colour:
    """The colour that the option ``ground`` names.

    Args:
        ground: a name, or ``#rrggbb``.
        dataset: name of the dataset that has the option.

    Raises:
        OptionError: it names no colour.
    """
    try:
        red, green, blue, *_ = ImageColor.getrgb(ground)
    except (ValueError, KeyError, IndexError) as error:
        raise OptionError(
            f"option 'ground' of {dataset} is {ground!r}; it must be a colour",
            remedy="give a name such as white, black, grey, or #rrggbb",
        ) from error
    return red, green, blue
