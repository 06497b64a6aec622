import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from fontTools.fontBuilder import FontBuilder
from fontTools.misc import sstruct
from fontTools.ttLib import newTable
from fontTools.ttLib.tables.BitmapGlyphMetrics import SmallGlyphMetrics
from fontTools.ttLib.tables.C_B_D_T_ import cbdt_bitmap_format_17
from fontTools.ttLib.tables.E_B_L_C_ import SbitLineMetrics, Strike, eblc_index_sub_table_1, sbitLineMetricsFormat
from PIL import Image

from gpreg_datasets import emoji_font


@pytest.fixture(autouse=True)
def _no_shared_data(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GPREG_DATA", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("GPREG_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(emoji_font, "FOLDERS", ())


@pytest.fixture(autouse=True)
def _global_random_states_stay_untouched():
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    yield
    assert torch.equal(torch.get_rng_state(), torch_state)
    for before, after in zip(numpy_state, np.random.get_state(), strict=True):
        assert np.array_equal(before, after)


def idx_bytes(array):
    """An array of bytes in the idx format: magic 0x0000 08 <dimensions>, big-endian sizes, data."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def small_mnist(train=30, test=12, *, apart=0):
    """The four files of a small MNIST, by name: image i has every pixel i, and label i % 10; test images from apart."""
    files = {}
    for prefix, numbers in (("train", np.arange(train)), ("t10k", np.arange(test) + apart)):
        n = len(numbers)
        files[f"{prefix}-images-idx3-ubyte"] = idx_bytes(np.broadcast_to(numbers[:, None, None], (n, 28, 28)))
        files[f"{prefix}-labels-idx1-ubyte"] = idx_bytes(numbers % 10)
    return files


@pytest.fixture
def write_idx():
    def write(folder: Path, *, packed=False, **sizes):
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in small_mnist(**sizes).items():
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
        return folder

    return write


@pytest.fixture
def idx_contents():
    return small_mnist


@pytest.fixture
def write_images():
    def write(folder: Path, count: int, *, first=0, size=(8, 8), mode="RGB"):
        """PNGs of one colour each: image i is i + first everywhere."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + count):
            colour = number if mode == "L" else (number, number, number)
            Image.new(mode, size, colour).save(folder / f"{number:03}.png")
        return folder

    return write


def bitmap_strike(pixels, glyphs):
    """The location and the data of a strike, with a PNG for each glyph."""
    strike = Strike()
    index = eblc_index_sub_table_1(b"", None)
    index.indexFormat, index.imageFormat, index.names = 1, 17, list(glyphs)
    strike.indexSubTables = [index]
    table = strike.bitmapSizeTable
    table.colorRef, table.ppemX, table.ppemY, table.bitDepth, table.flags = 0, pixels, pixels, 32, 1
    table.hori, table.vert = SbitLineMetrics(), SbitLineMetrics()
    for line in (table.hori, table.vert):
        vars(line).update(dict.fromkeys(sstruct.getformat(sbitLineMetricsFormat)[1], 0))
    data = {}
    for name, png in glyphs.items():
        data[name] = cbdt_bitmap_format_17(b"", None)
        data[name].metrics, data[name].imageData = SmallGlyphMetrics(), png
        vars(data[name].metrics).update(height=pixels, width=pixels, BearingX=0, BearingY=0, Advance=pixels)
    return strike, data


@pytest.fixture
def write_font():
    def write(path: Path, pictures: dict[str, Image.Image | bytes], *, bitmaps=True, smaller=None):
        """A font like Noto's: a bitmap for each text; a ligature, if it has several characters."""
        single = sorted({character for text in pictures for character in text})
        names = {character: f"u{ord(character):X}" for character in single}
        ligatures = {text: f"picture{number}" for number, text in enumerate(pictures) if len(text) > 1}
        builder = FontBuilder(1024)
        builder.setupGlyphOrder([".notdef", *names.values(), *ligatures.values()])
        builder.setupCharacterMap({ord(character): name for character, name in names.items()})
        builder.setupNameTable({"familyName": "Tiny", "version": "Version 1.5"})
        builder.setupPost()
        if ligatures:
            rules = "".join(
                f"sub {' '.join(names[character] for character in text)} by {name};" for text, name in ligatures.items()
            )
            builder.addOpenTypeFeatures(f"feature ccmp {{ {rules} }} ccmp;")
        if bitmaps:
            of_glyph = {}
            for text, picture in pictures.items():
                file = io.BytesIO()
                if isinstance(picture, Image.Image):
                    picture.save(file, "PNG")
                else:
                    file.write(picture)
                of_glyph[ligatures.get(text) or names[text]] = file.getvalue()
            order = {name: of_glyph[name] for name in builder.font.getGlyphOrder() if name in of_glyph}
            strikes = [bitmap_strike(109, order)]
            if smaller is not None:
                strikes.insert(0, bitmap_strike(20, dict.fromkeys(order, smaller)))
            locations, data = newTable("CBLC"), newTable("CBDT")
            locations.version = data.version = 3.0
            locations.strikes, data.strikeData = map(list, zip(*strikes, strict=True))
            builder.font["CBLC"], builder.font["CBDT"] = locations, data
        path.parent.mkdir(parents=True, exist_ok=True)
        builder.save(path)
        return path

    return write
