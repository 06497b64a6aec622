"""Find a font with emoji, and read its pictures and the texts that they stand for."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont

from gpreg.errors import DataError, GpregError

NAMES = ("NotoColorEmoji.ttf", "Noto-COLRv1.ttf", "Apple Color Emoji.ttc")
"""The fonts that are looked for, in this order. The last two are refused, with the reason: they have no bitmaps that
can be read here, but are what some systems have."""

FOLDERS = (
    Path("~/.local/share/fonts"),
    Path("~/.fonts"),
    Path("/usr/local/share/fonts"),
    Path("/usr/share/fonts"),
    Path("/System/Library/Fonts"),
)
"""The folders where systems keep fonts, at any depth."""

OTHER_TABLES = {"COLR": "outlines (table COLR)", "sbix": "Apple's bitmaps (table sbix)", "SVG ": "SVG (table 'SVG ')"}
"""The tables in which other fonts keep coloured glyphs."""

INSTALL = (
    "install the package fonts-noto-color-emoji (apt install fonts-noto-color-emoji; on Arch Linux noto-fonts-emoji), "
    "or give a NotoColorEmoji.ttf with bitmaps: font=FILE (-D font=FILE)"
)
"""How a user comes by the font, as a remedy."""

_PNG = b"\x89PNG\r\n\x1a\n"
_VARIATION_SELECTOR = 0xFE0F


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture of a font.

    Attributes:
        texts: the sequences of code points that show it, at least one.
        png: the picture as a PNG file.
    """

    texts: tuple[tuple[int, ...], ...]
    png: bytes = field(repr=False)


def find_font(font: Path | None, root: Path) -> Path:
    """The font's file: ``font`` if one is given, else the first of :data:`NAMES` that is found.

    Args:
        font: the file that the user names.
        root: the folder for data, in which is looked first, and not in its subfolders.

    Raises:
        DataError: there is none.
    """
    if font is not None:
        if not (path := font.expanduser()).is_file():
            raise DataError(f"the font {path} is not there", remedy=INSTALL)
        return path
    for name in NAMES:
        if (path := root / name).is_file():
            return path
        for folder in FOLDERS:
            if found := sorted(folder.expanduser().rglob(name)):
                return found[0]
    places = ", ".join(map(str, (root, *FOLDERS)))
    raise DataError(f"emoji needs the font {NAMES[0]}, and it is not there: looked for it in {places}", remedy=INSTALL)


def read_font(path: Path) -> tuple[list[Picture], str]:
    """The pictures of a font's largest bitmaps, in the order of its glyphs, and its version in words.

    Pictures that no text shows are left out, and of equal ones all but the first.

    Raises:
        DataError: the font cannot be read, or has no bitmaps that are PNGs (table CBDT), or none that a text shows.
    """
    try:
        # The number chooses from a collection, such as Apple's. A file that is no font would be left open by TTFont.
        with path.open("rb") as file, TTFont(file, fontNumber=0, lazy=True) as font:
            if "CBDT" not in font:
                held = " and ".join(words for table, words in OTHER_TABLES.items() if table in font)
                raise DataError(
                    f"{path} has no bitmaps of emoji (table CBDT); it has {held or 'no coloured glyphs at all'}",
                    remedy=INSTALL,
                )
            texts = _texts(font)
            pictures: dict[bytes, Picture] = {}
            for glyph, png in _bitmaps(font):
                if glyph in texts:
                    pictures.setdefault(png, Picture(texts=tuple(texts[glyph]), png=png))
            version = font["name"].getDebugName(5) or "of no version"
    except GpregError:
        raise
    except Exception as error:  # fontTools may raise anything for a damaged font
        raise damaged(path, f"{type(error).__name__}: {error}"[:200]) from error
    if not pictures:
        raise damaged(path, "it has no pictures")
    return list(pictures.values()), str(version)


def damaged(path: Path, reason: str) -> DataError:
    """The error for a font that cannot be read."""
    return DataError(f"the font {path} is damaged: {reason}", remedy=f"replace it: {INSTALL}")


def _texts(font: TTFont) -> dict[str, list[tuple[int, ...]]]:
    """The texts that show each glyph: the sequences of its ligatures, else its own code point."""
    codes = {glyph: code for code, glyph in font["cmap"].getBestCmap().items()}
    texts: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for parts, glyph in _ligatures(font):
        if all(part in codes for part in parts):
            texts[glyph].append(tuple(code for part in parts if (code := codes[part]) != _VARIATION_SELECTOR))
    for glyph, code in codes.items():
        if not texts[glyph]:  # else its code point is one for private use
            texts[glyph].append((code,))
    return {glyph: [text for text in shown if text] for glyph, shown in texts.items() if any(shown)}


def _ligatures(font: TTFont) -> Iterator[tuple[tuple[str, ...], str]]:
    """The glyphs of each sequence that is drawn as one, and the glyph that is drawn."""
    if "GSUB" not in font or (lookups := font["GSUB"].table.LookupList) is None:
        return
    for lookup in lookups.Lookup:
        for subtable in lookup.SubTable:
            of_first: dict[str, list[Any]] = getattr(getattr(subtable, "ExtSubTable", subtable), "ligatures", {})
            for first, ligatures in of_first.items():
                for ligature in ligatures:
                    yield (first, *ligature.Component), ligature.LigGlyph


def _bitmaps(font: TTFont) -> Iterator[tuple[str, bytes]]:
    """The PNG of each glyph, from the strike of the most pixels per em."""
    strikes = zip(font["CBLC"].strikes, font["CBDT"].strikeData, strict=True)
    _, glyphs = max(strikes, key=lambda strike: strike[0].bitmapSizeTable.ppemY)
    for glyph, bitmap in glyphs.items():
        png = bytes(bitmap.imageData)
        if not png.startswith(_PNG):
            raise ValueError(f"its glyph {glyph} is no PNG")
        yield glyph, png
