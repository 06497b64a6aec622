"""Call the command line in this process."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

from gpreg.cli.main import main


@dataclass(frozen=True)
class Called:
    """What came of a command.

    Attributes:
        code: its exit code.
        out, err: what it printed.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


def call(*words: object) -> Called:
    """Run one command, whose words may be paths and numbers; errors become exit codes, as on a terminal.

    >>> call("list-measures", "--json").json["measures"][0]["name"]
    'wgan'
    """
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = main([str(word) for word in words])
    return Called(int(code), out.getvalue(), err.getvalue())
