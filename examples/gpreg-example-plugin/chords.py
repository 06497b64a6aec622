"""Draw the chords of a batch, as `wgan-gp` and as `ot-chords` have them.

    python chords.py chords.png

Real points are from ``8gaussians``, fake ones those of a generator that has learnt the middle.
"""

import sys
from pathlib import Path

import torch
from gpreg_example.ot_chords import plan

import gpreg
from gpreg.interfaces import Opening
from gpreg.pictures import save_png, style


def main(out: Path) -> None:
    """Draw both pairings of one batch of 64 side by side."""
    rng = torch.Generator().manual_seed(0)
    real = gpreg.load_registry().build("dataset", "8gaussians").open(Opening()).take(64, rng=rng).samples
    fake = 0.45 * torch.randn(64, 2, generator=rng)
    figure = style.figure(1000, 560)
    pairings = {"wgan-gp": torch.arange(64), "ot-chords": plan(real, fake)}
    for axes, (name, partner) in zip(figure.subplots(1, 2), pairings.items(), strict=True):
        for start, end in zip(real, fake[partner], strict=True):
            axes.plot(*torch.stack([start, end]).T, color=style.POINT, linewidth=0.7, alpha=0.6, zorder=1)
        axes.scatter(*real.T, s=12, color=style.REAL, linewidths=0, zorder=2, label="real")
        axes.scatter(*fake.T, s=12, color=style.FAKE, linewidths=0, zorder=2, label="fake")
        length = (real - fake[partner]).norm(dim=1).mean()
        style.heading(axes, name, f"mean length {length:.2f}")
        axes.set(aspect="equal", xticks=[], yticks=[])
        style.quiet(axes)
    axes.legend(frameon=False, fontsize=style.LABEL, loc="lower right")
    save_png(figure, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
