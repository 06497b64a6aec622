import numpy as np
import pytest
import torch
from PIL import Image

from gpreg.errors import DataError, OptionError
from gpreg.interfaces import Opening
from gpreg_datasets.emoji import HELD_OUT, Emoji
from gpreg_datasets.emoji_font import FOLDERS
from gpreg_datasets.emoji_kinds import CLASSES, base
from gpreg_datasets.holdout import place
from gpreg_datasets.options import EmojiOptions

SYSTEM = sorted(found for folder in FOLDERS for found in folder.expanduser().rglob("NotoColorEmoji.ttf"))
TEXTS = [chr(0x1F600 + number) for number in range(40)] + [f"👍{tone}" for tone in "🏻🏼🏽🏾🏿"] + ["👍", "🇩🇪"]


@pytest.fixture
def font(tmp_path, write_font):
    """A font in which each picture has a colour of its own: number n of TEXTS is (n, 100, 200)."""
    colours = [(number, 100, 200, 255) for number in range(len(TEXTS))]
    pictures = {text: Image.new("RGBA", (136, 128), colour) for text, colour in zip(TEXTS, colours, strict=True)}
    return write_font(tmp_path / "NotoColorEmoji.ttf", pictures)


def contents(split="train", value_range=(0.0, 255.0), **options):
    data = Emoji(EmojiOptions(**options)).open(Opening(split=split, value_range=value_range))
    return data, *data.take(data.size, rng=torch.Generator())


def numbers(samples):
    """Which of TEXTS the samples show."""
    return set(samples[:, 0, 16, 16].int().tolist())


def test_each_picture_is_on_the_side_of_its_emoji(font):
    train, test = (numbers(contents(split, font=font)[1]) for split in ("train", "test"))
    assert train | test == set(range(len(TEXTS)))
    assert test == {n for n, text in enumerate(TEXTS) if place(base([tuple(map(ord, text))])) < HELD_OUT}
    assert {40, 41, 42, 43, 44, 45} <= train


def test_labels_names_and_counts(font):
    data, samples, labels = contents(font=font)
    assert (data.spec.shape, data.spec.classes, data.class_names) == ((3, 32, 32), len(CLASSES), CLASSES)
    expected = {
        n: CLASSES.index("Emoticons" if n < 40 else "Misc_Pictographs" if n < 46 else "flags") for n in range(47)
    }
    assert [expected[n] for n in samples[:, 0, 16, 16].int().tolist()] == labels.tolist()
    assert list(data.class_counts) == labels.bincount(minlength=len(CLASSES)).tolist()


def test_without_skin_tones(font):
    assert numbers(contents(font=font, tones=False)[1]) == numbers(contents(font=font)[1]) - {40, 41, 42, 43, 44}


@pytest.mark.parametrize(("ground", "colour"), [("white", 255), ("grey", 128), ("#000000", 0)])
def test_pictures_are_padded_to_a_square_by_the_ground(font, ground, colour):
    _, samples, _ = contents(font=font, size=136, ground=ground)
    assert (samples[:, :, :4] == colour).all()
    assert (samples[:, :, -4:] == colour).all()
    assert (samples[:, 1, 4:-4] == 100).all()


@pytest.mark.parametrize("size", [8, 32, 64])
def test_what_a_transparent_pixel_hides_does_not_show(tmp_path, write_font, size):
    """A black disc on transparent green: each pixel of the result lies between black and the ground."""
    pixels = np.zeros((128, 128, 4), np.uint8)
    y, x = np.ogrid[:128, :128]
    inside = (y - 63.5) ** 2 + (x - 63.5) ** 2 < 55**2
    pixels[..., 1], pixels[..., 3] = np.where(inside, 0, 255), np.where(inside, 255, 0)
    path = write_font(tmp_path / "font.ttf", {"😀": Image.fromarray(pixels), "🚀": Image.new("RGBA", (128, 128))})
    _, samples, labels = contents(font=path, size=size, ground="#c8c8c8")
    (disc,) = samples[labels == CLASSES.index("Emoticons")]
    assert torch.equal(disc[0], disc[1])
    assert torch.equal(disc[0], disc[2])
    assert disc.max() == 200
    assert disc.min() == 0
    assert disc.mean() == pytest.approx(200 * (1 - inside.mean()), rel=0.02)


def test_range_mirror_and_fingerprint(font):
    data, samples, _ = contents(font=font, value_range=None, mirror=True, size=136)
    assert data.spec.value_range == (-1.0, 1.0)
    assert samples.max() == 1  # the padding is white
    assert data.size == 2 * contents(font=font)[0].size
    assert contents("test", font=font, mirror=True)[0].size == contents("test", font=font)[0].size
    assert data.fingerprint == contents(font=font, size=136)[0].fingerprint
    assert data.fingerprint != contents(font=font, size=136, ground="red")[0].fingerprint
    assert data.record["version"] == "Version 1.5"


def test_the_data_folder_is_looked_in(font):
    assert Emoji(EmojiOptions()).open(Opening(root=font.parent)).record["font"] == str(font)


def test_a_colour_that_is_none_is_refused():
    with pytest.raises(OptionError, match="'ground' of emoji is 'whiet'"):
        Emoji(EmojiOptions(ground="whiet"))


def test_nothing_held_out_is_told(tmp_path, write_font):
    path = write_font(tmp_path / "font.ttf", {"😀": Image.new("RGBA", (136, 128), "gold")})
    with pytest.raises(DataError, match="none is for testing"):
        contents("test", font=path)


@pytest.mark.parametrize("kind", ["truncated", "huge"])
def test_a_picture_that_cannot_be_decoded_is_named(tmp_path, write_font, kind):
    picture = Image.new("RGBA", (2000, 8)) if kind == "huge" else b"\x89PNG\r\n\x1a\n"
    path = write_font(tmp_path / "font.ttf", {"😀": picture})
    with pytest.raises(DataError, match=r"damaged.*😀") as caught:
        contents(font=path)
    assert str(path) in caught.value.message


@pytest.mark.skipif(not SYSTEM, reason="needs Debian's fonts-noto-color-emoji")
def test_the_debian_package():
    sides = {split: contents(split, font=SYSTEM[0]) for split in ("train", "test")}
    assert "noto-emoji" in sides["train"][0].record["version"]
    assert min(sides["train"][0].class_counts) >= 40
    assert min(sides["test"][0].class_counts) > 0
    assert 3000 < sides["train"][0].size < 15 * sides["test"][0].size
    flags = sides["train"][1][sides["train"][2] == CLASSES.index("flags")]
    assert (flags[:, :, :3] == 255).float().mean() > 0.99  # flags are flat: above them is the ground
