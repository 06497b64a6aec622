"""``python -m gpreg``: the same as the ``gpreg`` command."""

import sys

from gpreg.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
