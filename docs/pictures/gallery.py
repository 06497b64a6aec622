"""Draw the gallery: ``python docs/pictures/gallery.py`` writes docs/pictures/gallery/KIND-NAME.png.

With names (``python docs/pictures/gallery.py measure-mid form-power``) only those are drawn. Everything random comes
from fixed seeds. `gallery_samples` draws what needs images.
"""

import io
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gallery_samples import augmented, images, points
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from measures import FAKE, REAL, panel
from PIL import Image

from gpreg import load_registry
from gpreg.interfaces import Opening
from gpreg.pictures.style import FRAME, INK, MUTED
from gpreg.registry.kinds import AUGMENTATION, CONSTRAINT, DATASET, FORM, LOSS, MEASURE, Kind

FOLDER = Path(__file__).parent / "gallery"
PLUGINS = Path(__file__).parents[2] / "plugins"
"""The project's own packages, whose things are drawn."""

COLOURS = 128
"""Of a saved picture: a palette that nobody tells from the full one, at a third of the size."""

OPTIONS: dict[str, dict[str, Any]] = {
    "mixture": {"parts": ("pd", "mid")},
    "concave-f": {"f": "exponential", "generator": "non-saturating"},
}
"""Options with which a measure or a loss is drawn, if its defaults show nothing that others do not."""

FORMS: dict[str, tuple[dict[str, Any], ...]] = {
    "squared": ({},),
    "one-centered": ({}, {"centre": 0.5}),
    "one-sided": ({}, {"squared": False}),
    "power": ({}, {"k": 1.0, "p": 2.0}),
}
"""Options with which each form is drawn, its defaults first."""


def measure(name: str) -> Figure:
    """Where a measure looks."""
    modes = load_registry().build(DATASET, "8gaussians").open(Opening()).modes
    assert modes is not None
    figure, axes = empty(3.2, 3.2)
    panel(axes, name, modes, OPTIONS.get(name))
    legend = figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8, handletextpad=0.1)
    for handle in legend.legend_handles:
        assert isinstance(handle, PathCollection)
        handle.set_alpha(1)
        handle.set_sizes([30])
    tell(axes, name)
    return figure


def form(name: str) -> Figure:
    """A form over the norm of the gradient."""
    figure, axes = empty(3.2, 2.3)
    norms = torch.linspace(0, 2.2, 441)
    spec = load_registry().get(FORM, name)
    for number, options in enumerate(FORMS.get(name, ({},))):
        built = load_registry().build(FORM, name, options)
        values = built(torch.stack([norms, torch.zeros_like(norms)], 1))
        label = spec.formula if not options else told(options)
        axes.plot(
            norms, values, color=(REAL, MUTED)[number], lw=(1.8, 1.2)[number], ls=("-", "--")[number], label=label
        )
    axes.set(xlim=(0, 2.2), ylim=(-0.1, 4), yticks=[0, 1, 2, 3, 4])
    axes.set_xlabel("|g|, the norm of the critic's gradient", fontsize=8, color=MUTED)
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def loss(name: str) -> Figure:
    """What a sample costs each player, over the critic's output."""
    figure, axes = empty(3.2, 2.6)
    built, zero = load_registry().build(LOSS, name, OPTIONS.get(name)), torch.zeros(241)
    d = torch.linspace(-3, 3, 241)
    if built.needs_real:
        axes.plot(d, built.critic_loss(d, zero), color=REAL, lw=1.8, label="the critic's loss")
        axes.plot(d, built.generator_loss(zero, d), color=FAKE, lw=1.8, ls="--", label="the generator's")
        axes.set_xlabel("D(x_d) - D(x_g)", fontsize=8, color=MUTED)
    else:
        shared = built.critic_loss(zero, zero) / 2  # a constant that both samples have a half of
        axes.plot(d, built.critic_loss(d, zero) - shared, color=REAL, lw=1.8, label="critic, real sample")
        axes.plot(d, built.critic_loss(zero, d) - shared, color=FAKE, lw=1.8, label="critic, fake sample")
        axes.plot(d, built.generator_loss(d), color=INK, lw=1.2, ls=(0, (4, 3)), label="generator, fake sample")
        axes.set_xlabel("D(x)", fontsize=8, color=MUTED)
    axes.set(xlim=(-3, 3), ylim=(-3.3, 5))
    axes.axhline(0, color=FRAME, lw=0.8, zorder=0)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8, handlelength=1.8)
    tell(axes, name)
    return figure


def constraint(name: str) -> Figure:
    """The singular values of a layer, as it may be after some training, and of the layer that obeys."""
    figure, axes = empty(3.2, 2.3)
    torch.manual_seed(0)
    layer = torch.nn.Linear(64, 1 if name == "san" else 64)  # of `san` the critic's last one
    with torch.no_grad():
        layer.weight.mul_(3)
        before = torch.linalg.svdvals(layer.weight)
        network = torch.nn.Sequential(layer)
        built = load_registry().build(CONSTRAINT, name)
        built.attach(network)
        built(network)
        after = torch.linalg.svdvals(layer.weight)
    number = range(1, len(before) + 1)
    axes.plot(number, before, "o", color=MUTED, markersize=3, label="a layer's singular values")
    axes.plot(number, after, "o", color=REAL, markersize=3, label=f"with {name}")
    axes.set(xlim=(0, 65), ylim=(0, 3.9))
    axes.axhline(1, color=FRAME, lw=0.8, zorder=0)
    axes.legend(frameon=False, fontsize=8, loc="upper right", handletextpad=0.1)
    return figure


def empty(width: float, height: float) -> tuple[Figure, Any]:
    """A figure of so many inches, and its axes."""
    figure = Figure(figsize=(width, height), dpi=200, layout="constrained")
    axes = figure.subplots()
    axes.tick_params(labelsize=8, length=2.5, width=0.6, color=FRAME, labelcolor=MUTED)
    for side in axes.spines.values():
        side.set(color=FRAME, linewidth=0.8)
    return figure, axes


def tell(axes: Any, name: str) -> None:
    """Over a picture, the options with which it is drawn."""
    if name in OPTIONS:
        axes.set_title(told(OPTIONS[name]), fontsize=8, color=MUTED, loc="left")


def told(options: dict[str, Any]) -> str:
    """Options in the words of the command line."""
    texts = {key: ",".join(map(str, value)) if isinstance(value, tuple) else value for key, value in options.items()}
    return ", ".join(f"{key}={str(text).lower()}" for key, text in texts.items())


def pictures() -> dict[str, Callable[[], Figure | np.ndarray]]:
    """What draws each picture, by its name. Of data that lies on no disk here there is none."""
    drawn: dict[str, Callable[[], Figure | np.ndarray]] = {}
    every: dict[Kind[Any, Any], Callable[[str], Figure | np.ndarray]] = {
        MEASURE: measure,
        FORM: form,
        LOSS: loss,
        CONSTRAINT: constraint,
        AUGMENTATION: augmented,
    }
    for kind, draw in every.items():
        names = [spec.name for spec in load_registry().list(kind) if (PLUGINS / spec.package).is_dir()]
        drawn |= {f"{kind}-{name}": partial(draw, name) for name in names}
    drawn |= {f"dataset-{name}": partial(images, name) for name in ("digits", "fashion-mnist", "emoji")}
    flat = ("8gaussians", "25gaussians", "swissroll", "two-gaussians")
    return drawn | {f"dataset-{name}": partial(points, name, empty) for name in flat}


def save(picture: Figure | np.ndarray, file: Path) -> None:
    """Write a picture as PNG with a palette."""
    if isinstance(picture, Figure):
        encoded = io.BytesIO()
        picture.savefig(encoded, format="png", facecolor="white", metadata={"Software": None})
        with Image.open(encoded) as opened:
            image = opened.convert("RGB")
    else:
        image = Image.fromarray(picture)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def main(names: Sequence[str]) -> None:
    """Draw the pictures of these names, or all."""
    FOLDER.mkdir(exist_ok=True)
    drawn = pictures()
    for name in names or drawn:
        save(drawn[name](), FOLDER / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
