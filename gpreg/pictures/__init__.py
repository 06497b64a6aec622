"""Pictures: sample grids, the plane with the critic over it, curves and interpolations.

The only folder that knows matplotlib and Pillow. Figures are made without pyplot, so that they work in threads and
without a display, and leave no global state behind.
"""

from gpreg.pictures.curves import curves as curves
from gpreg.pictures.files import save_images as save_images
from gpreg.pictures.files import save_png as save_png
from gpreg.pictures.grid import grid as grid
from gpreg.pictures.grid import to_unit as to_unit
from gpreg.pictures.interpolation import codes_between as codes_between
from gpreg.pictures.interpolation import interpolation as interpolation
from gpreg.pictures.interpolation import ways as ways
from gpreg.pictures.mesh import Mesh as Mesh
from gpreg.pictures.mesh import gradient_field as gradient_field
from gpreg.pictures.mesh import square_limits as square_limits
from gpreg.pictures.plane import plane as plane
from gpreg.pictures.rows import legible as legible
from gpreg.pictures.rows import rows as rows
from gpreg.pictures.scatter import scatter as scatter
