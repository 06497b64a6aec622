from pathlib import Path

import pytest
from fontTools.ttLib import TTFont, newTable
from PIL import Image

from gpreg.errors import DataError
from gpreg_datasets import emoji_font
from gpreg_datasets.emoji_font import NAMES, Picture, find_font, read_font


@pytest.fixture(autouse=True)
def _folders_with_fonts(monkeypatch, tmp_path):
    monkeypatch.setattr(emoji_font, "FOLDERS", (tmp_path / "mine", tmp_path / "fonts"))


def disc(colour, size=(136, 128)):
    return Image.new("RGBA", size, colour)


@pytest.mark.parametrize("place", ["root", "mine", "fonts/truetype/noto"])
def test_the_usual_places(tmp_path, write_font, place):
    path = write_font(tmp_path / place / "NotoColorEmoji.ttf", {"😀": disc("gold")})
    assert find_font(None, tmp_path / "root") == path


def test_a_named_font_is_the_only_one(tmp_path, write_font):
    write_font(tmp_path / "mine" / "NotoColorEmoji.ttf", {"😀": disc("gold")})
    other = write_font(tmp_path / "other.ttf", {"😀": disc("red")})
    assert find_font(other, tmp_path) == other
    with pytest.raises(DataError, match=r"nowhere\.ttf is not there") as caught:
        find_font(tmp_path / "nowhere.ttf", tmp_path)
    assert "-D font=FILE" in caught.value.remedy


def test_missing_says_what_where_and_how(tmp_path):
    with pytest.raises(DataError, match=r"NotoColorEmoji\.ttf") as caught:
        find_font(None, tmp_path / "root")
    for part in ("root", "mine", "fonts"):
        assert str(tmp_path / part) in caught.value.message
    for part in ("apt install fonts-noto-color-emoji", "-D font=FILE"):
        assert part in caught.value.remedy


def test_pictures_go_with_their_texts(tmp_path, write_font):
    written = {"🚀": disc("grey"), "🏴☠": disc("black"), "🇩🇪": disc("red"), "🇫🇷": disc("red"), "😀": disc("gold")}
    pictures, version = read_font(write_font(tmp_path / "font.ttf", written))
    assert version == "Version 1.5"
    shown = ["".join(map(chr, text)) for picture in pictures for text in picture.texts]
    assert shown == ["😀", "🚀", "🏴☠", "🇩🇪"]  # by the order of glyphs, and one of each picture


def test_a_glyph_of_two_texts_has_both(tmp_path, write_font):
    path = write_font(tmp_path / "font.ttf", {"🏴☠": disc("black"), "☠🏴": disc("white")})
    with TTFont(path) as font:
        for ligatures in font["GSUB"].table.LookupList.Lookup[0].SubTable[0].ligatures.values():
            ligatures[0].LigGlyph = "picture0"
        font.save(path)
    (picture,) = read_font(path)[0]
    assert set(picture.texts) == {(0x1F3F4, 0x2620), (0x2620, 0x1F3F4)}


def test_what_no_text_shows_is_left_out(tmp_path, write_font):
    path = write_font(tmp_path / "font.ttf", {"😀": disc("gold"), "😁": disc("red")})
    with TTFont(path) as font:
        for table in font["cmap"].tables:
            table.cmap.pop(ord("😁"), None)
        font.save(path)
    assert [picture.texts for picture in read_font(path)[0]] == [((ord("😀"),),)]


def test_the_largest_bitmaps_are_taken(tmp_path, write_font):
    path = write_font(tmp_path / "font.ttf", {"😀": b"\x89PNG\r\n\x1a\n large"}, smaller=b"\x89PNG\r\n\x1a\n small")
    assert read_font(path)[0] == [Picture(texts=((ord("😀"),),), png=b"\x89PNG\r\n\x1a\n large")]


@pytest.mark.parametrize(("table", "words"), [("COLR", "outlines"), ("sbix", "Apple's"), (None, "no coloured glyphs")])
def test_a_font_of_another_kind_is_refused(tmp_path, write_font, table, words):
    path = write_font(tmp_path / "fonts" / NAMES[1], {"😀": disc("gold")}, bitmaps=False)
    if table:
        with TTFont(path) as font:
            font[table] = newTable("DSIG")
            font[table].data = b"any"
            font[table].compile = lambda font: b"any"
            font.save(path)
    with pytest.raises(DataError, match=r"CBDT.*" + words) as caught:
        read_font(find_font(None, tmp_path))
    assert "fonts-noto-color-emoji" in caught.value.remedy


DAMAGE = {
    "empty": lambda content: b"",
    "no font": lambda content: b"<html>not found</html>",
    "truncated": lambda content: content[:-300],
    "no names": lambda content: content.replace(b"name", b"nome"),
    "no characters": lambda content: content.replace(b"cmap", b"cmop"),
    "no places": lambda content: content.replace(b"CBLC", b"CBLO"),
    "no PNG": lambda content: content.replace(b"\x89PNG", b"\x89JPG"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told(tmp_path, write_font, damage):
    path = write_font(tmp_path / "font.ttf", {"😀": disc("gold"), "🇩🇪": disc("red")})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="is damaged") as caught:
        read_font(path)
    assert str(path) in caught.value.message
    assert "-D font=FILE" in caught.value.remedy


def test_a_font_without_any_pictures_is_refused(tmp_path, write_font):
    path = write_font(tmp_path / "font.ttf", {"😀": disc("gold")})
    with TTFont(path) as font:
        for table in font["cmap"].tables:
            table.cmap.clear()
        font.save(path)
    with pytest.raises(DataError, match="no pictures"):
        read_font(path)


def test_a_folder_is_no_font(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        find_font(Path(tmp_path), tmp_path)
