"""A folder of pictures to try: the emoji of Noto's font, 136 x 128 pixels with transparency, in four classes.

    python docs/pictures/emoji.py photos

writes ``photos/faces/*.png``, and so on for animals, food and clocks. The font is Debian's package
``fonts-noto-color-emoji``; another place of it is given with ``--font``.
"""

import argparse
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")

CLASSES = {
    "animals": ((0x1F400, 0x1F43F), (0x1F980, 0x1F9AE)),
    "clocks": ((0x1F550, 0x1F567),),
    "faces": ((0x1F600, 0x1F644), (0x1F910, 0x1F917), (0x1F920, 0x1F92F), (0x1F970, 0x1F97A)),
    "food": ((0x1F32D, 0x1F32F), (0x1F345, 0x1F37F), (0x1F950, 0x1F96F)),
}
"""Unicode's ranges of each class, both ends included."""


def main() -> None:
    """Write the folder and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the classes' folders are made")
    parser.add_argument("--font", type=Path, default=FONT, help="NotoColorEmoji.ttf with bitmaps (its table CBDT)")
    arguments = parser.parse_args()
    if not arguments.font.is_file():
        sys.exit(f"{arguments.font} is not there: install fonts-noto-color-emoji, or give the font with --font FILE")
    font = TTFont(arguments.font)
    pictures = {name: glyph.imageData for strike in font["CBDT"].strikeData for name, glyph in strike.items()}
    for title, ranges in CLASSES.items():
        folder = arguments.folder / title
        folder.mkdir(parents=True, exist_ok=True)
        names = {
            code: name for code, name in font.getBestCmap().items() if any(low <= code <= high for low, high in ranges)
        }
        drawn = {code: name for code, name in names.items() if name in pictures}
        for code, name in drawn.items():
            (folder / f"{code:x}.png").write_bytes(pictures[name])
        print(f"{title}: {len(drawn)} pictures")


if __name__ == "__main__":
    main()
