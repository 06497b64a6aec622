# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
"""A slider of rho: what the coefficient of a penalty does to the smallest GANs.

    python examples/rho_slider.py --out rho_slider.png               # a picture of several rho
    python examples/rho_slider.py --toy two-mode --measure pd --show # a window with the slider
    jupytext --to notebook examples/rho_slider.py                    # a notebook with it

Gradient flow of a toy near its equilibrium is `z' = J z` with `J = [[-rho Q, -R], [R^T, 0]]`. At the left are the
eigenvalues of J in the complex plane, black, and in grey where they go as rho grows; modes decay where it is blue. At
the right is an orbit of the toy itself, not linearised, from the circle to the dot. Without a penalty it turns for
ever. More damps it, up to the rho with which the slowest mode decays fastest, whose eigenvalues have red rings; beyond
it the critic is so stiff that the generator creeps.
"""

# %%
import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import gpreg_theory as theory
from gpreg.pictures import save_png, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.widgets import Slider

DECAYS, PATH = "#e6f0fb", "#6a3fa0"
REACH = 20.0
"""The slider goes from the best rho divided by this to the best rho times this."""

START = 0.7
"""How far from the equilibrium an orbit starts."""


# %%
@dataclass(frozen=True, kw_only=True)
class Game:
    """A toy of the catalogue with a measure, for every rho.

    Args:
        toy, measure: their names, as ``gpreg stability TOY --measure MEASURE`` takes them.
    """

    toy: str = "dirac"
    measure: str = "mid"

    @cached_property
    def linear(self) -> theory.LinearGame:
        """The game linearised at its equilibrium, at rho = 1."""
        return self.at(1.0).linear()

    @cached_property
    def best(self) -> theory.BestRho:
        """The rho with which the slowest mode decays fastest; 0 if no penalty of this kind is better than none."""
        return theory.best_rho(self.linear)

    @property
    def reach(self) -> tuple[float, float]:
        """The smallest and the largest rho of the slider."""
        middle = self.best.rho or 1.0
        return middle / REACH, middle * REACH

    def at(self, rho: float) -> theory.ToySystem:
        """The toy at one rho."""
        return theory.find_toy(self.toy).builder(measure=self.measure, rho=rho)

    def spectrum(self, rho: float) -> NDArray[np.complex128]:
        """``(p + q,)``, the eigenvalues of J."""
        return self.linear.at(rho).spectrum

    def orbit(self, rho: float) -> NDArray[np.float64]:
        """``(T, 2)``, the first parameter of the critic and of the generator, from one start for a while."""
        system = self.at(rho)
        time = 15 / self.best.rate if self.best.rate > 0 else 30.0
        method: Any = "Radau" if rho > 3 * self.best.rho > 0 else "RK45"  # a strong penalty makes the flow stiff
        at = np.linspace(0, time, 600)
        path = theory.trajectory(system, start(system), time, at=at, method=method, rtol=1e-4, atol=1e-6)
        shown: NDArray[np.float64] = path.z[:, [0, system.p]]
        return shown


def start(system: theory.ToySystem) -> NDArray[np.float64]:
    """``(p + q,)``, where orbits begin."""
    begin: NDArray[np.float64] = system.equilibrium + START / np.sqrt(system.p + system.q)
    return begin


# %%
class View:
    """Two panels that show a game at one rho: its eigenvalues and an orbit.

    Args:
        game: what is shown.
        axes: the two panels.
        rho: the rho to begin with.
    """

    def __init__(self, game: Game, axes: Sequence["Axes"], rho: float) -> None:
        self.game = game
        self.plane, self.phase = axes
        self._frame()
        self.eigenvalues = self.plane.plot([], [], "o", color=style.INK, markersize=6, zorder=4)[0]
        self.path = self.phase.plot([], [], color=PATH, linewidth=1.2, zorder=2)[0]
        self.end = self.phase.plot([], [], "o", color=PATH, markersize=5, zorder=3)[0]
        self.show(rho)

    def show(self, rho: float) -> None:
        """Move everything to another rho."""
        values, orbit = self.game.spectrum(rho), self.game.orbit(rho)
        self.eigenvalues.set_data(values.real, values.imag)
        self.path.set_data(*orbit.T)
        self.end.set_data(*orbit[-1:].T)
        slowest = self.game.linear.at(rho).rate
        style.heading(self.plane, f"ρ = {rho:.3g}{' (best)' if np.isclose(rho, self.game.best.rho) else ''}")
        self.phase.set_title(
            f"slowest mode: exp(-{slowest:.2g} t)", fontsize=style.LABEL, color=style.MUTED, loc="left"
        )

    def _frame(self) -> None:
        """What does not depend on rho."""
        low, high = self.game.reach
        paths = np.concatenate([self.game.spectrum(rho) for rho in np.geomspace(low, high, 300)])
        best = self.game.spectrum(self.game.best.rho)
        half = 1.25 * float(np.abs(self.game.spectrum(0.0).imag).max())
        self.plane.axvspan(-10 * half, 0, facecolor=DECAYS, zorder=0)
        look: dict[str, Any] = {"linestyle": "none", "zorder": 1}
        self.plane.plot(paths.real, paths.imag, ".", color="#b9bcc4", markersize=2.5, **look)
        if self.game.best.rho:
            ring: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": style.POINT, "markersize": 11}
            self.plane.plot(best.real, best.imag, "o", **ring, **look)
        self.plane.set(xlim=(-2.2 * half, 0.3 * half), ylim=(-1.25 * half, 1.25 * half), aspect="equal")
        self.plane.set_xlabel("real part", fontsize=style.LABEL, color=style.MUTED)
        self.plane.set_ylabel("imaginary part", fontsize=style.LABEL, color=style.MUTED)
        system = self.game.at(low)
        begin, rest = (states[[0, system.p]] for states in (start(system), system.equilibrium))
        self.phase.plot(*begin, "o", color=PATH, markerfacecolor="white", markersize=6, zorder=4)
        self.phase.plot(*rest, "+", color=style.INK, markersize=9, zorder=4)
        span = 1.6 * float(np.abs(begin - rest).max())
        limits = [(middle - span, middle + span) for middle in rest]
        self.phase.set(xlim=limits[0], ylim=limits[1], aspect="equal")
        self.phase.set_xlabel("ψ, the critic", fontsize=style.LABEL, color=style.MUTED)
        self.phase.set_ylabel("θ, the generator", fontsize=style.LABEL, color=style.MUTED)
        for axes in (self.plane, self.phase):
            style.quiet(axes)


# %%
def several(game: Game, rhos: Sequence[float] = ()) -> "Figure":
    """A picture with a row for each rho; without any, for a tenth of the best, the best, and five times the best."""
    middle = game.best.rho or 1.0
    rhos = rhos or (middle / 10, middle, middle * 5)
    figure = style.figure(800, 400 * len(rhos))
    for axes, rho in zip(figure.subplots(len(rhos), 2, squeeze=False), rhos, strict=True):
        View(game, axes, rho)
    return figure


def slider(game: Game) -> "Slider":
    """A figure with a slider of rho, on a logarithmic scale, with the best one marked; keep what is returned alive."""
    from matplotlib import pyplot as plt
    from matplotlib.widgets import Slider

    figure, axes = plt.subplots(1, 2, figsize=(9, 5))
    figure.subplots_adjust(bottom=0.25, wspace=0.3)
    low, high = np.log10(game.reach)
    view = View(game, axes, float(10 ** ((low + high) / 2)))
    widget = Slider(figure.add_axes((0.15, 0.06, 0.7, 0.05)), "ρ", low, high, valinit=(low + high) / 2)
    if game.best.rho:
        widget.ax.axvline(np.log10(game.best.rho), color=style.POINT, linewidth=2)

    def move(power: float) -> None:
        view.show(float(10**power))
        widget.valtext.set_text(f"{10**power:.3g}")
        figure.canvas.draw_idle()

    widget.on_changed(move)
    move(widget.val)
    return widget


# %% tags=["active-ipynb"]
# %matplotlib widget
# kept = slider(Game(toy="dirac", measure="mid"))


# %% tags=["active-py"]
def main() -> None:
    """Draw the picture, or show the window."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--toy", choices=("dirac", "uniform", "two-mode", "ring"), default="dirac", help="which GAN")
    parser.add_argument("--measure", default="mid", help="where the gradient is penalised")
    parser.add_argument("--rho", type=float, nargs="*", default=(), help="rows of the picture")
    parser.add_argument("--out", type=Path, default=Path("rho_slider.png"), help="where the picture goes")
    parser.add_argument("--show", action="store_true", help="a window with the slider instead")
    arguments = parser.parse_args()
    game = Game(toy=arguments.toy, measure=arguments.measure)
    if arguments.show:
        from matplotlib import pyplot as plt

        kept = slider(game)  # matplotlib itself does not hold on to a slider
        plt.show()
        kept.disconnect_events()
        return
    save_png(several(game, arguments.rho), arguments.out)
    print(f"best rho: {game.best.rho:.4g}, with which the slowest mode decays as exp(-{game.best.rate:.4g} t)")
    print(f"picture: {arguments.out}")


if __name__ == "__main__":
    main()
