"""The slider of rho shows the spectra and orbits that theory gives, and comes as script, picture and notebook."""

import ast
import sys

import jupytext
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

import rho_slider


@pytest.fixture
def dirac(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)
    plt.switch_backend("Agg")
    yield rho_slider.Game(toy="dirac", measure="mid")
    plt.close("all")


def eigenvalues(rho):
    """Of the Dirac-GAN: J = [[-rho, -1], [1, 0]]."""
    root = np.sqrt(complex(rho**2 - 4))
    return np.sort_complex([(-rho - root) / 2, (-rho + root) / 2])


def test_the_slider_moves_the_eigenvalues_and_the_orbit(dirac):
    widget = rho_slider.slider(dirac)
    plane, phase = widget.ax.figure.axes[:2]
    orbits = []
    for rho in (0.5, 2.0, 6.0):
        widget.set_val(np.log10(rho))
        shown = next(line for line in plane.get_lines() if line.get_color() == rho_slider.style.INK)
        real, imaginary = shown.get_data()
        np.testing.assert_allclose(np.sort_complex(real + 1j * imaginary), eigenvalues(rho), atol=1e-6)
        assert widget.valtext.get_text() == f"{rho:.3g}"
        assert ("best" in plane.get_title(loc="left")) == (rho == 2)
        orbits.append(np.array(phase.get_lines()[0].get_data()))
    assert all(np.allclose(orbit[:, 0], orbits[0][:, 0]) for orbit in orbits)
    left = [np.linalg.norm(orbit[:, -1]) for orbit in orbits]
    assert min(left) == left[1], "with the best rho it comes nearest"


def test_without_damping_nothing_is_best_and_the_orbit_turns(dirac):
    np.testing.assert_allclose(np.linalg.norm(dirac.orbit(0.0), axis=1), rho_slider.START, rtol=0.01)
    clipped = rho_slider.Game(toy="dirac", measure="wgan")
    assert clipped.best.rho == 0
    assert len(rho_slider.several(clipped, [1.0]).axes) == 2


def test_as_a_script_it_draws_a_picture(tmp_path, monkeypatch, capsys):
    out = tmp_path / "new" / "slider.png"
    monkeypatch.setattr(sys, "argv", ["rho_slider.py", "--rho", "0.2", "2", "--out", str(out)])
    rho_slider.main()
    assert capsys.readouterr().out.startswith("best rho: 2, with which the slowest mode decays as exp(-1 t)")
    with Image.open(out) as image:
        assert image.size == (800, 800)


def test_as_a_notebook_it_has_the_slider_and_not_the_script():
    cells = jupytext.read(rho_slider.__file__).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert cells[0].cell_type == "markdown"
    assert code[-1].startswith("%matplotlib widget\nkept = slider(")
    assert not any("argparse.ArgumentParser" in source for source in code)
    for source in code:
        ast.parse(source.removeprefix("%matplotlib widget"))
