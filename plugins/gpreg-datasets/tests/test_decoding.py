import os
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import center_crop, pil_to_tensor, resize

from gpreg_datasets.decoding import MOST_PIXELS, Trait, Unreadable, decode, open_regular


def read(path, *, size=8, channels=3, ground=(255, 255, 255)):
    return decode(open_regular(str(path)), size=size, channels=channels, ground=ground)


def picture(width=37, height=23, seed=0):
    pixels = np.random.RandomState(seed).randint(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def expected(image, size, mode="RGB"):
    return pil_to_tensor(center_crop(resize(image.convert(mode), size, InterpolationMode.LANCZOS), size))


@pytest.mark.parametrize("size", [8, 23, 40])
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
@pytest.mark.parametrize("opaque", ["RGB", "RGBA", "CMYK", "P", "L", "1", "LA"])
def test_images_without_anything_special_are_resized_and_cropped_alone(tmp_path, size, channels, mode, opaque):
    image = picture().convert(opaque)
    path = tmp_path / ("x.tif" if opaque == "CMYK" else "x.png")
    image.save(path)
    pixels, traits = read(path, size=size, channels=channels)
    assert torch.equal(pixels, expected(image, size, mode))
    assert traits == 0


def test_shorter_side_resized_then_centre_cropped(tmp_path):
    wide = Image.new("RGB", (40, 20), (0, 0, 0))  # thirds by colour: the crop keeps the middle one
    wide.paste((255, 0, 0), (10, 0, 30, 20))
    for number, image in enumerate((wide, wide.transpose(Image.Transpose.ROTATE_90))):
        image.save(tmp_path / f"{number}.png")
        pixels, _ = read(tmp_path / f"{number}.png", size=10)
        assert pixels.shape == (3, 10, 10)
        assert (pixels[1:] == 0).all()
        assert (pixels[0, 3:-3, 3:-3] == 255).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "RGB", "L"])
@pytest.mark.parametrize("ground", [(255, 255, 255), (10, 200, 30)])
def test_what_is_transparent_lies_on_the_ground(tmp_path, mode, ground):
    path = tmp_path / "x.png"
    if mode in ("RGBA", "LA"):
        image = Image.new(mode, (8, 8), (100, 128)[: len(mode)] if mode == "LA" else (100, 100, 100, 128))
        image.save(path)
        wanted = [round((100 * 128 + part * 127) / 255) for part in ground]
    else:
        image = Image.new(mode, (8, 8), {"P": 3, "RGB": (9, 9, 9), "L": 9}[mode])
        if mode == "P":
            image.putpalette([0] * 768)
        image.save(path, transparency={"P": 3, "RGB": (9, 9, 9), "L": 9}[mode])
        wanted = list(ground)
    pixels, traits = read(path, ground=ground)
    assert traits == Trait.TRANSPARENT
    assert (pixels - torch.tensor(wanted).view(3, 1, 1)).abs().max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_are_turned_as_exif_says(tmp_path, orientation):
    image = picture()
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(tmp_path / "x.png", exif=exif)
    pixels, traits = read(tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as saved:
        assert torch.equal(pixels, expected(ImageOps.exif_transpose(saved), 8))
    assert traits == (Trait.TURNED if orientation > 1 else 0)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0junk", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_damaged_metadata_does_not_spoil_the_pixels(tmp_path, exif):
    image = picture()
    image.save(tmp_path / "x.png", exif=exif)
    assert torch.equal(read(tmp_path / "x.png")[0], expected(image, 8))


@pytest.mark.parametrize("ending", ["gif", "webp", "png", "tiff"])
def test_of_several_frames_the_first_counts(tmp_path, ending):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    lossless = {"lossless": True} if ending == "webp" else {}
    frames[0].save(tmp_path / f"x.{ending}", save_all=True, append_images=frames[1:], **lossless)
    pixels, traits = read(tmp_path / f"x.{ending}")
    assert traits == Trait.ANIMATED
    assert pixels[:, 0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("ending", "dtype"), [("png", "<u2"), ("tif", "<u2"), ("tif", ">u2"), ("tif", "<i4"), ("pgm", "<i4")]
)
def test_sixteen_bits_are_divided_by_their_range(tmp_path, ending, dtype):
    values = np.linspace(0, 65535, 256).astype(dtype).reshape(16, 16)
    Image.fromarray(values).save(tmp_path / f"x.{ending}")
    pixels, traits = read(tmp_path / f"x.{ending}", size=16, channels=1)
    assert traits == Trait.DEEP
    assert pixels.flatten().tolist() == list(range(256))


def test_dark_sixteen_bits_stay_dark(tmp_path):
    Image.fromarray(np.full((8, 8), 1000, np.uint16)).save(tmp_path / "x.png")
    assert read(tmp_path / "x.png")[0].unique().tolist() == [round(1000 / 257)]


def test_floats_are_of_zero_to_one_or_refused(tmp_path):
    values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    Image.fromarray(values).save(tmp_path / "x.tif")
    assert read(tmp_path / "x.tif", size=16, channels=1)[0].flatten().tolist() == list(range(256))
    for wrong in (values * 2, values - 1, np.full_like(values, np.nan)):
        Image.fromarray(wrong).save(tmp_path / "x.tif")
        with pytest.raises(Unreadable, match="must lie in 0 to 1"):
            read(tmp_path / "x.tif")


def png(width, height):
    """A PNG of black, of any size, in a few hundred bytes to a few hundred kilobytes."""
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + -(-width // 8))) for _ in range(height)) + packer.flush()

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(65000, 1), (1, 65000), (1_000_000, 2)])
@pytest.mark.parametrize("size", [64, 1024])
def test_very_long_images_take_little(tmp_path, bounded, width, height, size):
    (tmp_path / "x.png").write_bytes(png(width, height))
    with bounded():
        pixels, _ = read(tmp_path / "x.png", size=size)
    assert pixels.shape == (3, size, size)
    assert not pixels.any()


def test_of_a_long_image_the_middle_counts(tmp_path):
    image = Image.new("RGB", (1001, 10), (0, 0, 255))
    image.paste((255, 0, 0), (460, 0, 541, 10))
    image.save(tmp_path / "x.png")
    assert read(tmp_path / "x.png")[0].flatten(1).float().mean(1).tolist() == [255, 0, 0]


@pytest.mark.parametrize("side", [9_460, 20_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path, bounded, side):
    assert side**2 > MOST_PIXELS
    whole = png(8, 8)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    crc = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    (tmp_path / "x.png").write_bytes(whole[:16] + header + crc + whole[33:])
    with bounded(), pytest.raises(Unreadable, match="decompression bomb"):
        read(tmp_path / "x.png")


@pytest.mark.parametrize("mode", ["RGBA"])
def test_the_largest_image_takes_less_than_two_gigabytes(tmp_path, bounded, mode):
    side = int(MOST_PIXELS**0.5)
    Image.new(mode, (side, side)).save(tmp_path / "x.tif")
    with bounded():
        assert read(tmp_path / "x.tif")[0].shape == (3, 8, 8)


@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "folder", "loop", "missing", "empty", "text", "eps"])
def test_what_is_no_image_is_never_waited_for_nor_run(tmp_path, kind):
    path = tmp_path / "x.png"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = "/dev/zero"
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as server:
            here = os.getcwd()
            os.chdir(tmp_path)
            server.bind("x.png")
            os.chdir(here)
    elif kind != "missing":
        path.write_bytes(
            {"empty": b"", "text": b"hello", "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"}[kind]
        )
    with pytest.raises(Unreadable):
        read(path)
