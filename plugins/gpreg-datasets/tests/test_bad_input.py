"""Files and folders that were damaged at random: whatever they hold, they are read or refused, within bounds."""

import gzip
import io
import os
import random
import shutil
import struct

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, features

from gpreg.errors import GpregError
from gpreg.interfaces import Opening
from gpreg_datasets.decoding import Unreadable, decode, open_regular
from gpreg_datasets.emoji import Emoji
from gpreg_datasets.idx import Mnist
from gpreg_datasets.image_folder import ImageFolder
from gpreg_datasets.npz import Npz
from gpreg_datasets.options import EmojiOptions, IdxOptions, ImageFolderOptions, NpzOptions

pytestmark = pytest.mark.fuzz
SEEDS = st.integers(0, 2**64)
FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A few random changes, of the kinds that upset readers."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 8, 30))):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(8)
        if kind == 0:
            changed[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 2:
            width = rng.choice("bhiqBHIQ")
            number = rng.choice((0, 1, 2, 127, 255, 2**15 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63 - 1))
            number %= 2 ** (8 * struct.calcsize(width) - width.islower())
            packed = struct.pack(rng.choice("<>") + width, number)
            changed[at : at + len(packed)] = packed
        elif kind == 3:
            del changed[at : at + rng.choice((1, 2, 4, 16, 100))]
        elif kind == 4:
            changed[at:at] = changed[rng.randrange(len(changed) + 1) :][: rng.choice((1, 4, 64, 1000))]
        elif kind == 5:
            del changed[at:]
        elif kind == 6:
            changed[at:at] = rng.randbytes(rng.choice((1, 4, 64)))
        else:
            changed[at : at + 4] = rng.choice((b"IDAT", b"IEND", b"PK\3\4", b"PK\1\2", b"\xff\xd8\xff\xda", b"%!PS"))
    return bytes(changed)


def _pictures() -> list[bytes]:
    noise = np.random.RandomState(0).randint(0, 256, (19, 27, 3), dtype=np.uint8)
    colour = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds = [
        ("RGB", "PNG", {"exif": exif}),
        ("RGBA", "PNG", {}),
        ("P", "PNG", {"transparency": 3}),
        ("I;16", "PNG", {}),
        ("1", "PNG", {}),
        ("RGB", "PNG", {"save_all": True, "append_images": [colour, colour]}),
        ("RGB", "JPEG", {"exif": exif}),
        ("RGB", "JPEG", {"progressive": True}),
        ("CMYK", "JPEG", {}),
        ("P", "GIF", {"save_all": True, "append_images": [colour.rotate(90)], "transparency": 1}),
        ("RGBA", "WEBP", {"save_all": True, "append_images": [colour.rotate(90)]}),
        ("RGB", "BMP", {}),
        ("RGB", "TIFF", {"compression": "tiff_lzw"}),
        ("RGB", "TIFF", {"compression": "tiff_adobe_deflate"}),
        ("RGB", "TIFF", {"compression": "jpeg"}),
        ("I;16", "TIFF", {}),
        ("F", "TIFF", {}),
        ("1", "TIFF", {"compression": "group4"}),
        ("RGB", "TGA", {"compression": "tga_rle"}),
        ("RGB", "PPM", {}),
        ("RGB", "JPEG2000", {}),
        *([("RGB", "AVIF", {})] if features.check("avif") else []),
    ]
    written = []
    for mode, name, options in kinds:
        file = io.BytesIO()
        (Image.fromarray(noise[..., 0].astype(np.uint16)) if mode == "I;16" else colour.convert(mode)).save(
            file, name, **options
        )
        written.append(file.getvalue())
    written.append(b"P3 3 2 255 " + b"1 2 3 " * 6)
    return written


PICTURES = _pictures()


def _arrays() -> list[bytes]:
    x = np.arange(5 * 3 * 4 * 4, dtype=np.uint8).reshape(5, 3, 4, 4)
    written = []
    for save, arrays in (
        (np.savez, {"x": x, "y": np.arange(5)}),
        (np.savez_compressed, {"x": x, "y": np.arange(5)}),
        (np.savez, {"samples": x.astype("f4") / 255, "labels": np.arange(5), "value_range": np.array([0, 1], "f4")}),
        (np.savez_compressed, {"x": np.ones((6, 3))}),
    ):
        file = io.BytesIO()
        save(file, **arrays)
        written.append(file.getvalue())
    return written


ARRAYS = _arrays()


@FEW
@given(seed=SEEDS)
def test_a_damaged_picture_is_decoded_or_refused(tmp_path, capfd, bounded, seed):
    rng = random.Random(seed)
    path = tmp_path / "x.png"
    path.write_bytes(mutated(rng.choice(PICTURES), rng))
    with bounded():
        try:
            pixels, _ = decode(open_regular(str(path)), size=8, channels=rng.choice((1, 3)), ground=(9, 9, 9))
            assert pixels.shape[1:] == (8, 8)
        except Unreadable as error:
            assert str(error)  # noqa: PT017 -- it need not be raised, but says something if it is
    assert capfd.readouterr() == ("", "")


@FEW
@given(seed=SEEDS)
def test_a_damaged_npz_is_read_or_refused(tmp_path, bounded, seed):
    rng = random.Random(seed)
    path = tmp_path / "x.npz"
    path.write_bytes(mutated(rng.choice(ARRAYS), rng))
    with bounded():
        try:
            data = Npz(NpzOptions(file=path, mirror=rng.random() < 0.2)).open(
                Opening(split=rng.choice(("train", "test")))
            )
            data.take(data.size, rng=torch.Generator())
        except GpregError as error:
            assert error.message  # noqa: PT017 -- it need not be raised, but says something if it is


@FEW
@given(seed=SEEDS)
def test_damaged_idx_files_are_read_or_refused(tmp_path, bounded, idx_contents, seed):
    rng = random.Random(seed)
    for name, content in idx_contents(train=4, test=2).items():
        damaged = mutated(content, rng) if rng.random() < 0.6 else content
        for path in (tmp_path / name, tmp_path / f"{name}.gz"):
            path.unlink(missing_ok=True)
        if rng.random() < 0.3:
            packed = gzip.compress(damaged)
            (tmp_path / f"{name}.gz").write_bytes(mutated(packed, rng) if rng.random() < 0.5 else packed)
        else:
            (tmp_path / name).write_bytes(damaged)
    with bounded():
        try:
            data = Mnist(IdxOptions(folder=tmp_path)).open(Opening())
            data.take(data.size, rng=torch.Generator())
        except GpregError as error:
            assert error.message  # noqa: PT017 -- it need not be raised, but says something if it is


@FEW
@given(seed=SEEDS)
def test_a_damaged_font_is_read_or_refused(tmp_path, bounded, write_font, seed):
    rng = random.Random(seed)
    path = tmp_path / "font.ttf"
    if not path.exists():
        noise = np.random.RandomState(0).randint(0, 256, (19, 27, 4), dtype=np.uint8)
        write_font(
            path, {text: Image.fromarray(noise ^ number) for number, text in enumerate(("😀", "🚀", "🏴☠", "🇩🇪"))}
        )
    damaged = tmp_path / "damaged.ttf"
    damaged.write_bytes(mutated(path.read_bytes(), rng))
    with bounded():
        try:
            data = Emoji(EmojiOptions(font=damaged, size=8)).open(Opening(split=rng.choice(("train", "train", "test"))))
            assert data.take(data.size, rng=torch.Generator()).samples.isfinite().all()
        except GpregError as error:
            assert error.message  # noqa: PT017 -- it need not be raised, but says something if it is


@FEW
@given(seed=SEEDS)
def test_a_folder_of_anything_is_opened_or_refused(tmp_path, bounded, seed):
    rng = random.Random(seed)
    folder = tmp_path / "any"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _fill(folder, rng, depth=2)
    options = ImageFolderOptions(
        folder=folder,
        size=rng.choice((1, 8, 33)),
        classes=rng.random() < 0.4,
        skip_unreadable=rng.random() < 0.6,
        in_memory=rng.choice((None, True, False)),
        holdout=rng.choice((0.0, 0.1, 0.9)),
        mirror=rng.random() < 0.3,
        workers=0,
    )
    with bounded():
        try:
            data = ImageFolder(options).open(Opening(split=rng.choice(("train", "train", "test"))))
            assert data.take(data.size, rng=torch.Generator()).samples.isfinite().all()
        except GpregError as error:
            assert str(error).encode("utf-8")  # noqa: PT017 -- it need not be raised, but says something if it is


def _fill(folder, rng, depth):
    for _ in range(rng.randrange(5)):
        name = rng.choice(
            ("a", "B", ".x", "ü", "a\nb", "\x1b[2J", os.fsdecode(b"\xff"), "__MACOSX", "-D", "%s", "x" * 200)
        )
        path = folder / (name + rng.choice((".png", ".PNG", ".jpg", ".gif", ".txt", "")))
        if os.path.lexists(path):
            continue
        kind = rng.randrange(9)
        if kind <= 3:
            content = rng.choice(PICTURES)
            path.write_bytes(content if kind < 3 else mutated(content, rng))
        elif kind <= 5 and depth:
            path.mkdir()
            _fill(path, rng, depth - 1)
        elif kind == 6:
            path.symlink_to(rng.choice((".", "..", path.name, "nowhere", "/dev/zero", "a.png")))
        elif kind == 7:
            os.mkfifo(path)
        else:
            path.write_bytes(b"")
