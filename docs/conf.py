"""How Sphinx makes the site out of these pages: ``make docs``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for the folder `site_pages` beside this file

import gpreg

project = "gpreg"
author = "The gpreg developers"
copyright = "the gpreg developers. MIT licence"  # noqa: A001 -- Sphinx's name
version = release = gpreg.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "site_pages.contract",
    "site_pages.outside",
    "site_pages.python",
]
exclude_patterns = ["_build", "site_pages"]
root_doc = "index"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"gpreg {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
