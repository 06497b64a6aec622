"""Emoji in colour: the bitmaps of a font that most Linux systems have or can install."""

import hashlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from gpreg.data.arrays import ArrayData
from gpreg.errors import DataError
from gpreg.interfaces import DatasetSource, Opening
from gpreg_datasets.emoji_font import Picture, damaged, find_font, read_font
from gpreg_datasets.emoji_kinds import CLASSES, base, class_of, has_tone
from gpreg_datasets.ground import Colour, ground_colour
from gpreg_datasets.holdout import hold_out
from gpreg_datasets.location import data_root
from gpreg_datasets.options import EmojiOptions

HELD_OUT = 0.1
"""The share of emoji that is for testing."""

MOST_SIDE = 1024
"""Most pixels of a picture's side; Noto's are 136 wide."""


class Emoji(DatasetSource):
    """Some 3900 pictures of 136x128 pixels, put on a ground, padded to a square, and averaged to ``size``.

    Colours are averaged after the ground is laid, so that what a transparent pixel would look like has no part in them.
    The weights (Hamming's, as wide as the pictures are reduced) are positive: edges have no seam of a lighter colour.

    Classes are Unicode's blocks, see :mod:`gpreg_datasets.emoji_kinds`. The split is fixed by a hash of each emoji, one
    of ten for testing, so that it is the same for every version of the font; all skin tones and genders of an emoji are
    on the same side.
    """

    def __init__(self, options: EmojiOptions) -> None:
        self._options = options
        self._ground = ground_colour(options.ground, "emoji")

    def open(self, opening: Opening) -> ArrayData:
        """Read the pictures of one split from the font.

        Raises:
            DataError: there is no font, or it has no bitmaps, or is damaged, or has nothing that is held out.
        """
        options, testing = self._options, opening.split == "test"
        path = find_font(options.font, data_root(opening.root))
        pictures, version = read_font(path)
        chosen = [picture for picture in pictures if options.tones or not has_tone(picture.texts)]
        held_out = _held_out(chosen)
        of_split = [picture for picture, held in zip(chosen, held_out, strict=True) if held == testing]
        if not of_split:
            raise DataError(
                f"of the {len(chosen)} pictures of {path} none is for {'testing' if testing else 'training'}",
                remedy="give a font with more emoji: font=FILE (-D font=FILE)",
            )
        pixels = torch.stack([_square(picture, options.size, self._ground, path) for picture in of_split])
        data = ArrayData(
            pixels,
            torch.tensor([class_of(picture.texts) for picture in of_split]),
            classes=len(CLASSES),
            value_range=opening.value_range,
            pixel_rule=options.pixel_rule,
            mirror=options.mirror and not testing,
        )
        data.class_names = CLASSES
        data.fingerprint = hashlib.sha256(pixels.numpy().tobytes()).hexdigest()[:32]
        data.record = {"font": str(path), "version": version, "emoji": len({base(one.texts) for one in of_split})}
        return data


def _held_out(pictures: Sequence[Picture]) -> tuple[bool, ...]:
    """Which of the pictures are for testing: all variants of an emoji, or none."""
    bases = [base(picture.texts) for picture in pictures]
    class_of_base = {emoji: class_of(picture.texts) for emoji, picture in zip(bases, pictures, strict=True)}
    held_out = hold_out(list(class_of_base), HELD_OUT, list(class_of_base.values()))
    of_base = dict(zip(class_of_base, held_out, strict=True))
    return tuple(of_base[emoji] for emoji in bases)


def _square(picture: Picture, size: int, ground: Colour, path: Path) -> Tensor:
    """A picture as ``(3, size, size)`` of uint8."""
    try:
        with Image.open(BytesIO(picture.png), formats=("PNG",)) as opened:
            if (side := max(opened.size)) > MOST_SIDE:
                raise ValueError(f"it is larger than {MOST_SIDE} pixels")
            transparent = opened.convert("RGBA")
    except Exception as error:  # Pillow may raise anything for a damaged file
        text = "".join(map(chr, picture.texts[0]))
        raise damaged(path, f"its picture {text} cannot be decoded: {error}"[:200]) from error
    square = Image.new("RGBA", (side, side), ground)
    square.alpha_composite(transparent, ((side - transparent.width) // 2, (side - transparent.height) // 2))
    pixels: Tensor = pil_to_tensor(square.convert("RGB").resize((size, size), Image.Resampling.HAMMING))
    return pixels
