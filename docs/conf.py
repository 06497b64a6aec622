"""How Sphinx makes the site out of these pages: ``make docs``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for the folder `site_pages` beside this file
sys.path.insert(1, str(Path(__file__).parents[1] / "tests"))  # for tests/contract, which knows the public names

import gpreg

project = "gpreg"
author = "The gpreg developers"
copyright = "the gpreg developers. MIT licence"  # noqa: A001 -- Sphinx's name
version = release = gpreg.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "site_pages.contract",
    "site_pages.outside",
    "site_pages.python",
]
exclude_patterns = ["_build", "site_pages"]
root_doc = "index"

myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autosummary_generate = False  # its tables only; the pages are those of site_pages.python
toc_object_entries_show_parents = "hide"
maximum_signature_line_length = 88  # longer ones have a line for each argument
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False  # so that one line may explain several arguments, `rank, ranks: ...`
napoleon_custom_sections = [("Attributes", "params_style")]

nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!gpreg\.)[A-Za-z_][\w.\[]*"),  # other packages, whose inventories are on the network; short names
    ("py:.*", r"gpreg\.(?!(interfaces|penalties|data|testing|errors)\.)[a-z_]+\..*"),  # what is not public
    ("py:.*", r"gpreg\.[a-z_]+\.[a-z_]+\.\w+"),
    ("py:mod", r"gpreg\..*"),
]

html_theme = "furo"
html_title = f"gpreg {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
