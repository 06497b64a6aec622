"""The child process of ``gpreg verify``: it imports a function, examines it, and answers on a pipe, in lines of JSON.

``{"doing": "import"}`` and ``{"doing": "examine"}`` say where it is, so that its parent can say where it died; the last
line is ``{"document": ...}`` or ``{"error": ...}``. The pipe is the stdout that the process was started with. Whatever
else is written to stdout goes to stderr.
"""

import faulthandler
import json
import os
import sys
import traceback
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gpreg.cli.files import Words
from gpreg.cli.session import Session
from gpreg.errors import ExitCode, GpregError
from gpreg.registry.place import raised_at
from gpreg.registry.wording import reason_of
from gpreg_verify.commands import finding


def main() -> None:
    """Answer the request in the first argument, and end the process, whatever threads the file has started."""
    request = json.loads(sys.argv[1])
    pipe = os.dup(1)
    os.dup2(2, 1)
    sys.argv = [request["source"]]
    from gpreg_verify.examination import examine  # torch, before the user's folder is searched for modules

    with os.fdopen(pipe, "wb", buffering=0) as answers:

        def say(line: dict[str, Any]) -> None:
            answers.write(json.dumps(line).encode() + b"\n")

        doing = "import"
        say({"doing": doing})
        faulthandler.enable(answers)
        faulthandler.dump_traceback_later(request["seconds"], exit=True, file=answers)
        try:
            with _session(request).registry.activate():
                name, function = finding.find(request["source"], request["attribute"], request["word"])
                doing = "examine"
                say({"doing": doing})
                answer = {"document": examine(function, name=name, every=request["every"]).to_dict()}
        except BaseException as error:  # a file may raise anything, SystemExit too
            if request["traceback"]:
                traceback.print_exc()
            answer = {"error": explained(error, request["source"], request["word"], importing=doing == "import")}
        faulthandler.cancel_dump_traceback_later()
        say(answer)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # closed, or something else by now
                stream.flush()
        os._exit(0)


def _session(request: dict[str, Any]) -> Session:
    """The plugins of the parent's command line."""
    session = Session()
    session.disabled = tuple(request["disabled"])
    files = tuple(map(Path, request["plugins"]))
    session.files = Words([], files, frozenset(request["without_hooks"]), False)
    return session


def explained(error: BaseException, source: str, word: str, *, importing: bool) -> dict[str, Any]:
    """What was raised, as the fields of an error of gpreg."""
    if isinstance(error, GpregError):
        return {"message": error.message, "remedy": error.remedy, "code": int(error.exit_code)}
    at = raised_at(error, _file(source)) or raised_at(error)
    where = f", at {at}" if at and not at.startswith("<") else ""  # a file that is no text has no line
    what = f"{source} fails when it is imported{where}" if importing else f"{word} fails{where}"
    remedy = None
    if isinstance(error, SystemExit):
        what += f", where it ends Python with sys.exit({error.code if error.code is not None else ''})"
    else:
        what += f": {reason_of(error)}"
    if isinstance(error, EOFError):
        remedy = "nobody is asked in a verification: give what it reads from stdin as a default"
    elif isinstance(error, ModuleNotFoundError):
        remedy = "what it imports must be installed, or lie in its folder, here, or in a folder that PYTHONPATH names"
    elif importing and not isinstance(error, SyntaxError):
        remedy = 'put what is to run, and not to be imported, under `if __name__ == "__main__":`'
    return {"message": what, "remedy": remedy, "code": int(ExitCode.USAGE if importing else ExitCode.FAILED)}


def _file(source: str) -> str | None:
    """The path of a file, or of a module's file."""
    if source.endswith(".py"):
        return str(Path(source).expanduser().absolute())
    with suppress(Exception):  # the module may not even be found
        spec = find_spec(source)
        return spec.origin if spec else None
    return None


if __name__ == "__main__":
    main()
