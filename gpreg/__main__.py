"""The ``gpreg`` command, and ``python -m gpreg``; Ctrl-C gives no traceback, not even while libraries are loaded."""

import os
import sys
from contextlib import suppress

import gpreg


def main() -> int:
    """Run the command that the process was started with, and return its exit code."""
    try:
        from gpreg.cli.main import main as run

        status = run()
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        status = 130
    with suppress(OSError):  # one of the two is closed
        os.dup2(2, 1)  # what libraries print when Python ends is no data
    return status


if __name__ == "__main__":
    with suppress(OSError):  # the current folder was removed
        if not sys.flags.safe_path and sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(gpreg.__file__)):
            del sys.path[0]  # files in the current folder must not shadow libraries; `gpreg` does not see them either
    sys.exit(main())
