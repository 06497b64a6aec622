"""Pictures: sample grids, the plane with the critic over it, curves and interpolations.

The only folder that knows matplotlib and Pillow. Figures are made without pyplot, so that they work in threads and
without a display, and leave no global state behind.
"""

from gpreg.pictures.curves import curves
from gpreg.pictures.files import save_images, save_png
from gpreg.pictures.grid import grid, to_unit
from gpreg.pictures.interpolation import codes_between, interpolation, ways
from gpreg.pictures.mesh import Mesh, gradient_field, square_limits
from gpreg.pictures.plane import plane
from gpreg.pictures.rows import legible, rows
from gpreg.pictures.scatter import scatter
from gpreg.pictures.surfaces import Surface, surfaces

__all__ = [
    "Mesh",
    "Surface",
    "codes_between",
    "curves",
    "gradient_field",
    "grid",
    "interpolation",
    "legible",
    "plane",
    "rows",
    "save_images",
    "save_png",
    "scatter",
    "square_limits",
    "surfaces",
    "to_unit",
    "ways",
]
