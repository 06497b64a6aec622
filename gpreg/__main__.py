"""``python -m gpreg``: the same as the ``gpreg`` command."""

import os
import sys
from contextlib import suppress

import gpreg

with suppress(OSError):  # the current folder was removed
    if not sys.flags.safe_path and sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(gpreg.__file__)):
        del sys.path[0]  # what lies in the current folder must not stand in for a library, as it does not for `gpreg`

from gpreg.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
