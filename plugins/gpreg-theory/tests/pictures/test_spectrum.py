import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.patches import Circle

from gpreg.errors import UsageError
from gpreg.pictures import save_png, style
from gpreg_theory.pictures import Spectrum, damping_ratios, rates, spectra
from gpreg_theory.pictures.spectrum import HUES

PAIR = np.array([-0.5 + 0.8j, -0.5 - 0.8j])


def dots(figure, colour):
    """Eigenvalues drawn in a colour."""
    found = [line for line in figure.axes[0].lines if line.get_marker() == "o" and line.get_color() == colour]
    return {complex(*point) for line in found for point in line.get_xydata()}


def names(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def circles(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)]


def test_eigenvalues_of_a_flow_decay_left_of_the_axis():
    figure = spectra([Spectrum(values=np.array([*PAIR, 1j, -1j, 0.2]))])
    assert dots(figure, style.INK) == set(PAIR)
    assert dots(figure, style.POINT) == {1j, -1j, 0.2}
    assert names(figure) == ["decays", "does not decay"]


@pytest.mark.parametrize(("step", "decays"), [(0.5, True), (1.2, False)])
def test_a_step_has_its_disk(step, decays):
    figure = spectra([Spectrum(values=PAIR, step=step)])
    (disk,) = circles(figure)
    assert disk.center == pytest.approx((-1 / step, 0))
    assert disk.radius == pytest.approx(1 / step)
    assert bool(dots(figure, style.INK)) == decays
    assert (np.abs(1 + step * PAIR) < 1).all() == decays
    assert f"|1 + hλ| < 1 for h = {step:g}" in names(figure)


def test_eigenvalues_of_an_update_decay_inside_the_unit_circle():
    figure = spectra([Spectrum(values=np.array([0.5, 0.9j, -1.1]), multipliers=True)])
    (unit,) = circles(figure)
    assert (unit.center, unit.radius) == ((0, 0), 1)
    assert dots(figure, style.INK) == {0.5, 0.9j}
    assert dots(figure, style.POINT) == {-1.1}


def test_every_eigenvalue_is_inside_the_panel():
    values = np.array([-30 + 2j, 4 - 7j])
    axes = spectra([Spectrum(values=values)]).axes[0]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert left < values.real.min() < values.real.max() < right
    assert bottom < values.imag.min() < values.imag.max() < top


def test_paths_over_rho_are_coloured_by_it(tmp_path):
    rho = np.geomspace(0.1, 1.9, 7)
    values = np.stack([[-r / 2 + 1j * np.sqrt(1 - r**2 / 4), -r / 2 - 1j * np.sqrt(1 - r**2 / 4)] for r in rho])
    figure = spectra([Spectrum(values=values, rho=rho)])
    (path,) = figure.axes[0].collections
    np.testing.assert_allclose(path.get_offsets(), np.stack([values.real.ravel(), values.imag.ravel()], axis=1))
    np.testing.assert_allclose(path.get_array().reshape(7, 2), np.repeat(rho[:, None], 2, axis=1))
    assert names(figure) == ["ρ = 0.1", "ρ = 1.9"]
    save_png(figure, tmp_path / "spectra.png")


@pytest.mark.parametrize("values", [np.zeros(0), np.zeros(2), np.full(3, np.nan)])
def test_any_spectrum_is_drawn(tmp_path, values):
    save_png(spectra([Spectrum(values=values)]), tmp_path / "spectrum.png")


CURVES = {name: (np.geomspace(0.1, 10, 5), k + np.array([0.1, 0.4, 0.6, 0.3, 0.2])) for k, name in enumerate("ab")}


def test_rates_are_drawn_with_the_best_rho_and_the_ceiling():
    figure = rates(CURVES, best={"b": (1.0, 1.6)}, ceiling=2.0)
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert names(figure) == ["a", "b: 1.6 at ρ = 1"]
    (best,) = [line for line in axes.lines if line.get_marker() == "o"]
    assert best.get_xydata().tolist() == [[1.0, 1.6]]
    assert best.get_color() == HUES[1]
    assert [line.get_ydata()[0] for line in axes.lines if len(set(line.get_ydata())) == 1 and line != best] == [2.0]
    assert axes.get_ylim()[1] > 2.0
    for name, (rho, rate) in CURVES.items():
        (curve,) = [line for line in axes.lines if str(line.get_label()).startswith(name)]
        np.testing.assert_array_equal(curve.get_xydata(), np.stack([rho, rate], axis=1))


def test_more_curves_than_hues_are_told_apart():
    curves = {str(k): CURVES["a"] for k in range(len(HUES) + 1)}
    lines = rates(curves).axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(curves)


def test_damping_ratios_are_bars_and_an_undamped_mode_a_cross(tmp_path):
    figure = damping_ratios({"mid": np.array([0.5, 2.0]), "wgan": np.array([0.0, 0.0])}, np.array([1.0, 2 / 3]))
    axes = figure.axes[0]
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    assert heights[0] == [0.5, 2.0]
    (cross,) = [line for line in axes.lines if line.get_marker() == "x"]
    assert len(cross.get_xydata()) == 2
    assert same_color(cross.get_color(), style.POINT)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "0.667"]
    assert set(names(figure)) == {"mid", "wgan", "undamped"}
    save_png(figure, tmp_path / "damping.png")


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: spectra([]), "no spectrum"),
        (lambda: spectra([Spectrum(values=PAIR, rho=np.ones(2))]), "2 values of rho do not go with 1 row"),
        (lambda: rates({}), "no rate"),
        (lambda: damping_ratios({"mid": np.ones(2)}, np.ones(3)), "3 modes"),
        (lambda: damping_ratios({}, np.ones(0)), "0 modes"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, said):
    with pytest.raises(UsageError, match=said):
        draw()
