"""Examine a function in a child process, which may fail, print, crash or never return without harm to this one."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Any

from gpreg.errors import ExitCode, GpregError, UsageError

WORKER = ("-m", "gpreg_verify.commands.worker")
"""What the child runs; what it is to do follows as JSON."""

START = 60.0
"""Seconds for the child to start and to import torch, beyond which it is killed however long the limit is."""

MOST_PRINTED = 20_000
"""Most bytes of what a file prints that are shown."""

MOST_ANSWERED = 2**22
"""Most bytes of an answer: a function that finds the pipe may write to it, too."""

_FRAME = re.compile(r'^  File "(.+)", line (\d+)', re.MULTILINE)


class Outcome:
    """What came of a child process.

    Attributes:
        document: the outcome of the examination as JSON data, :meth:`gpreg_verify.Verification.to_dict`.
        printed: what the file and the function printed.
        error: why there is no document.
    """

    def __init__(self, document: dict[str, Any] | None, printed: str, error: GpregError | None) -> None:
        self.document, self.printed, self.error = document, printed, error


def run(request: Mapping[str, Any], *, seconds: float) -> Outcome:
    """Examine what a request names (:mod:`gpreg_verify.commands.worker` reads it) in a child with a time limit."""
    words = [sys.executable, "-P", *WORKER, json.dumps({**request, "seconds": seconds})]
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"MPLBACKEND": "Agg", **os.environ},  # a window would wait for somebody to close it
        start_new_session=True,  # so that what the file itself has started can be ended, too
    )
    answered, printed = _Reader(process.stdout, MOST_ANSWERED), _Reader(process.stderr, MOST_PRINTED)
    late = False
    try:
        process.wait(START + seconds)
    except subprocess.TimeoutExpired:
        late = True
    finally:
        _end(process)
    said, shown = answered.text(), printed.text()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{") and _is_json(line)]
    last = lines[-1] if lines else {}
    if "document" in last:
        return Outcome(last["document"], shown, None)
    if "error" in last:
        return Outcome(None, shown, _told(last["error"]))
    return Outcome(None, shown, _died(request, last.get("doing"), said, process.returncode, seconds, late=late))


def _died(
    request: Mapping[str, Any], doing: str | None, said: str, code: int, seconds: float, *, late: bool
) -> GpregError:
    """The error for a child that gave no answer."""
    if doing is None:
        return GpregError(
            f"the process that examines {request['word']} did not start (exit code {code})",
            remedy="what it printed is above",
        )
    importing = doing == "import"
    what = f"{request['source']}, when it is imported," if importing else request["word"]
    where = _where(said, request)
    at = f" at {where}" if where else ""
    remedy = None
    if late or "Timeout (" in said:
        problem = f"{what} does not return: it was ended{at} after {seconds:g} s"
        remedy = "give it more time with --timeout SECONDS, or find out what it waits for"
        if importing:
            remedy = f'put what is to run under `if __name__ == "__main__":`, or {remedy}'
    elif code < 0:
        with suppress(ValueError):
            problem = f"{what} kills the process{at} ({signal.Signals(-code).name})"
        if -code == getattr(signal, "SIGKILL", None):
            remedy = "the system ends a process like this that takes too much memory"
    else:
        problem = f"{what} ends the process{at} with exit code {code} (os._exit?)"
    return UsageError(problem, remedy=remedy) if importing else GpregError(problem, remedy=remedy)


def _where(said: str, request: Mapping[str, Any]) -> str:
    """The innermost line of the user's file in a stack that :mod:`faulthandler` wrote, else the innermost of all."""
    frames = _FRAME.findall(said)
    own = [(file, line) for file, line in frames if os.path.basename(file) == os.path.basename(request["source"])]
    for file, line in own or frames:
        return f"{os.path.relpath(file) if os.path.isabs(file) else file}:{line}"
    return ""


def _told(error: Mapping[str, Any]) -> GpregError:
    kind = UsageError if error["code"] == ExitCode.USAGE else GpregError
    return kind(error["message"], remedy=error["remedy"])


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and all that it has started, and wait for it."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


class _Reader:
    """Reads a pipe to its end, so that its writer never waits, and keeps the first bytes."""

    def __init__(self, pipe: IO[bytes] | None, most: int) -> None:
        self._pipe, self._most, self._kept, self._dropped = pipe, most, bytearray(), 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._pipe is not None
        while part := os.read(self._pipe.fileno(), 2**16):
            room = self._most - len(self._kept)
            self._kept += part[:room]
            self._dropped += len(part[room:])

    def text(self) -> str:
        """All that was kept, and how much was not."""
        self._thread.join(2.0)  # a process that was started by the child, and moved away, may hold the pipe open
        more = f"\n... and {self._dropped:,} more bytes" if self._dropped else ""
        assert self._pipe is not None
        if not self._thread.is_alive():
            self._pipe.close()
        return bytes(self._kept).decode("utf-8", "replace") + more
