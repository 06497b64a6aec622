import errno
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from gpreg.cli.faults import meaning
from gpreg.errors import ExitCode, PluginError


def raised(action):
    try:
        action()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def wrapped(error):
    try:
        raise PluginError("could not be built") from error
    except PluginError as outer:
        return outer


MEMORY = {
    "torch": lambda: torch.empty(2**55),
    "numpy": lambda: np.empty(2**55),
    "python": lambda: [0] * 2**55,
}
SIZE = {
    "storage": lambda: torch.empty(2**61, 2**3),
    "elements": lambda: torch.empty(2**40, 2**40),
    "integer": lambda: torch.empty(10**30),
    "numpy": lambda: np.empty((2**40, 2**40)),
    "python": lambda: [0] * 2**70,
}


@pytest.mark.parametrize("how", [lambda error: error, wrapped], ids=["bare", "wrapped"])
@pytest.mark.parametrize("action", MEMORY.values(), ids=MEMORY)
def test_no_memory_is_nobodys_fault(action, how):
    found = meaning(how(raised(action)))
    assert found.exit_code is ExitCode.FAILED
    assert found.message.startswith("there is not enough memory")
    assert "--batch-size" in found.remedy


@pytest.mark.parametrize("how", [lambda error: error, wrapped], ids=["bare", "wrapped"])
@pytest.mark.parametrize("action", SIZE.values(), ids=SIZE)
def test_what_no_memory_can_hold_is_a_usage_error(action, how):
    assert meaning(how(raised(action))).exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (errno.ENAMETOOLONG, ExitCode.USAGE, "name"),
        (errno.ELOOP, ExitCode.USAGE, "name"),
        (errno.ENOSPC, ExitCode.FAILED, "space"),
        (errno.EDQUOT, ExitCode.FAILED, "space"),
    ],
)
def test_names_and_space(number, code, word):
    found = meaning(OSError(number, os.strerror(number), "x" * 500))
    assert (found.exit_code, word in found.remedy) == (code, True)


@pytest.mark.parametrize("error", [ValueError("x"), OSError(errno.EACCES, "no"), wrapped(KeyError("k"))])
def test_any_other_error_keeps_its_blame(error):
    assert meaning(error) is None


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("-A", "width=1000000000000"), 1, "not enough memory"),
        (("--set", "compute.threads=1000000"), 2, "<= 1024"),
        (("--set", "training.noise=1e308"), 2, "<= 1e+30"),
        (("--set", "report.check_samples=1000000000"), 2, "<= 1e+07"),
        (("--set", "training.accumulate=9999999999"), 2, "<= 1e+08"),
        (("--set", "training.accumulate=99999999"), 2, "training.accumulate = 512 or"),
        (("--out", "x" * 300), 2, "name"),
        (("--out", "a\0b"), 2, "NUL"),
        (("--set", "training.seed=" + "9" * 5000), 2, "must be an int"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_sizes_and_names_that_do_not_go(call, words, code, told, bounded):
    with bounded():
        result = call("train", "plane", "--dry-run", *words)
    assert (result.code, result.out) == (code, "")
    assert told in result.err
    assert "raised by plugin" not in result.err


@pytest.mark.parametrize("words", [("train", "r" * 300 + ".toml"), ("train", "plane" * 200), ("resume", "r" * 300)])
def test_names_that_no_file_can_have(call, words):
    assert call(*words).code == 2


def gpreg(*words, **settings):
    return subprocess.run([sys.executable, "-m", "gpreg", *words], check=False, text=True, timeout=60, **settings)


def test_a_closed_stdout_is_no_error():
    done = gpreg("list-measures", stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_a_reader_who_has_gone_is_no_traceback():
    read, write = os.pipe()
    os.close(read)
    done = gpreg("list-measures", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a device that is always full")
def test_a_full_disk_is_said():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = gpreg("list-measures", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == ["Error: cannot write: No space left on device", "free some space"]


def test_an_interrupt_while_listing_is_130(call, monkeypatch):
    monkeypatch.setattr("gpreg.registry.schema.listing", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    result = call("list-measures", "--json")
    assert (result.code, result.out) == (130, "")
    assert result.err.strip() == "Interrupted."


@pytest.mark.parametrize("seconds", [0.06, 0.12, 0.2, 0.3])
def test_an_interrupt_at_any_time_is_no_traceback(seconds):
    code = f"signal.setitimer(signal.ITIMER_REAL, {seconds}); from gpreg.__main__ import main; code = main()"
    code = f"import signal, sys; signal.signal(signal.SIGALRM, signal.default_int_handler); {code}"
    over = "signal.setitimer(signal.ITIMER_REAL, 0); sys.exit(code)"  # Python that ends has no handler any more
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {over}", "list-measures"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (0, 130)
    assert "Traceback" not in done.stderr
