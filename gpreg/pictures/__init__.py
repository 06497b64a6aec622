"""Pictures: sample grids, the plane with the critic over it, curves, interpolations, phase portraits, spectra.

The only folder that knows matplotlib and Pillow. Figures have canvases of their own, without pyplot: they work in
threads and without a display, and leave nothing behind.
"""

from gpreg.pictures.basin import Basin, basins
from gpreg.pictures.curves import curves
from gpreg.pictures.files import save_images, save_png
from gpreg.pictures.grid import grid, to_unit
from gpreg.pictures.interpolation import codes_between, interpolation, ways
from gpreg.pictures.mesh import Mesh, gradient_field, square_limits
from gpreg.pictures.plane import plane
from gpreg.pictures.portrait import Portrait, portraits
from gpreg.pictures.rows import legible, rows
from gpreg.pictures.scatter import scatter
from gpreg.pictures.spectrum import Spectrum, damping_ratios, rates, spectra
from gpreg.pictures.surfaces import Surface, surfaces

__all__ = [
    "Basin",
    "Mesh",
    "Portrait",
    "Spectrum",
    "Surface",
    "basins",
    "codes_between",
    "curves",
    "damping_ratios",
    "gradient_field",
    "grid",
    "interpolation",
    "legible",
    "plane",
    "portraits",
    "rates",
    "rows",
    "save_images",
    "save_png",
    "scatter",
    "spectra",
    "square_limits",
    "surfaces",
    "to_unit",
    "ways",
]
