"""What the critic sees: rows of emoji as they are, and changed by each augmentation.

python docs/pictures/augmentations.py augmentations.png

The dataset is ``emoji``, whose font is Debian's package ``fonts-noto-color-emoji``.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from PIL import Image

import gpreg
from gpreg.interfaces import Opening

COUNT = 12
SIZE = 64
GEOMETRY = dict.fromkeys(("brightness", "contrast", "lumaflip", "hue", "saturation", "cutout"), 0.0)
COLOUR = dict.fromkeys(("xflip", "rotate90", "xint", "scale", "rotate", "aniso", "xfrac", "cutout"), 0.0)
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ada", {"p": 1.0} | GEOMETRY),
    ("ada", {"p": 1.0} | COLOUR),
    ("ada", {"p": 0.5}),
    ("diffaugment", {}),
    ("flip-shift", {}),
    ("noise", {"sigma": 0.2}),
)


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="the PNG file")
    arguments = parser.parse_args()
    registry = gpreg.load_registry()
    data = registry.build("dataset", "emoji", {"size": SIZE}).open(Opening(value_range=(-1.0, 1.0)))
    images, _ = data.take(COUNT, rng=torch.Generator().manual_seed(4))
    rows = [images]
    for name, options in ROWS:
        augmentation = registry.build("augmentation", name, options)
        augmentation.prepare(data.spec)
        rows.append(augmentation(images, torch.Generator().manual_seed(1)))
    pixels = torch.stack(rows).clamp(-1, 1).add(1).mul(127.5).round().byte()
    grid = pixels.permute(0, 3, 1, 4, 2).reshape(len(rows) * SIZE, COUNT * SIZE, 3)
    Image.fromarray(grid.numpy()).quantize(128).save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()
