"""What a plugin does to the process while it is imported is undone, and what it prints is no data."""

import io
import json
import os
import subprocess
import sys
import threading
import warnings

import pytest

from gpreg.registry.discovery import State
from gpreg.registry.quarantine import quarantine

HOOK = """
import gpreg

@gpreg.hookimpl
def gpreg_forms():
    return [gpreg.FormSpec(name="noisy-form", factory="fake_noisy:Form", summary="s")]
"""

NOISE = {
    "print": "print('NOISE')",
    "descriptor": "import os; os.write(1, b'NOISE')",
    "child": "import subprocess, sys; subprocess.run(['sh', '-c', 'echo NOISE'])",
    "original": "import sys; sys.__stdout__.write('NOISE')",
    "buffer": "import sys; sys.stdout.buffer.write(b'NOISE'); sys.stdout.flush()",
    "replaced": "import io, sys; sys.stdout = sys.__stdout__; print('NOISE')",
}


@pytest.mark.parametrize("name", NOISE)
def test_what_is_printed_at_import_goes_to_stderr(site, name):
    site.install("noisy", f"{NOISE[name]}\n{HOOK}")
    result = site.gpreg("plugins", "--json")
    assert result.returncode == 0
    (row,) = [row for row in json.loads(result.stdout)["plugins"] if row["name"] == "noisy"]
    assert row["supplies"] == {"forms": ["noisy-form"]}
    assert row["remarks"] == ["prints"]
    assert "NOISE" in result.stderr


MISCHIEF = {
    "closes stdout": "import sys; sys.stdout.close()",
    "loses stdout": "import sys; sys.stdout = None",
    "deletes stderr": "import sys; del sys.stderr",
    "replaces stdout": "import io, sys; sys.stdout = io.StringIO()",
    "closes descriptor 1": "import os; os.close(1)",
    "moves away": "import os; os.chdir('/')",
    "turns warnings into errors": "import warnings; warnings.simplefilter('error')",
    "interrupts": "raise KeyboardInterrupt",
    "exits": "raise SystemExit(0)",
    "leaves": "import os; os._exit(0)  # never to raise",
    "prints when Python ends": "import atexit; atexit.register(print, 'NOISE')",
    "prints without an end of line": "import os; os.write(1, bytes(range(256)) * 1000)",
    "forks and goes on": "import os; os.fork()",
    "forks": "import os\nif not (child := os.fork()): os._exit(3)\nassert os.waitpid(child, 0)[1] == 3 << 8",
    "ignores the interrupt": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
}


@pytest.mark.parametrize("name", MISCHIEF)
def test_mischief_at_import_spoils_no_listing(site, name):
    site.install("noisy", f"{MISCHIEF[name]}\n{HOOK}")
    result = site.gpreg("plugins", "--json")
    assert result.returncode == 0
    (row,) = [row for row in json.loads(result.stdout)["plugins"] if row["name"] == "noisy"]
    assert row["state"] == ("broken" if "raise" in MISCHIEF[name] else "ok")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-"])
def test_a_command_without_its_streams_still_ends(site, closed):
    site.install("noisy", f"print('NOISE')\n{HOOK}")
    result = subprocess.run(
        ["sh", "-c", f'"$0" -m gpreg list-forms {closed}', sys.executable],
        env=os.environ | {"PYTHONPATH": f"{site.folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode in (0, 1)
    assert "Traceback" not in result.stderr
    assert "NOISE" not in result.stdout


def test_what_a_factory_s_module_prints_is_no_data_either(site):
    site.install("noisy", HOOK.replace("fake_noisy:Form", "fake_deep:Form") + "\nimport gpreg")
    (site.folder / "fake_deep.py").write_text(
        "import os; os.write(1, b'NOISE')\nfrom dataclasses import dataclass\n@dataclass\nclass Options: pass\n"
    )
    source = (
        (site.folder / "fake_noisy.py").read_text().replace('summary="s"', 'summary="s", options="fake_deep:Options"')
    )
    (site.folder / "fake_noisy.py").write_text(source)
    result = site.gpreg("show", "form", "noisy-form", "--json")
    assert json.loads(result.stdout)["form"]["name"] == "noisy-form"
    assert "NOISE" in result.stderr


def test_everything_is_as_it_was(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    before = (sys.stdin, sys.stdout, sys.stderr), os.getcwd(), list(warnings.filters)
    with quarantine(), quarantine():
        os.chdir("/")
        warnings.simplefilter("always")
        os.write(1, b"beneath")
        print("above")
        sys.stdin = sys.stderr = None
    assert before == ((sys.stdin, sys.stdout, sys.stderr), os.getcwd(), list(warnings.filters))
    os.write(1, b"data")
    assert capfd.readouterr() == ("data", "beneathabove\n")


@pytest.mark.parametrize("write", ["stream.write('told')", "stream.buffer.write(b'told')", "os.write(fd(), b'told')"])
def test_who_keeps_the_stream_writes_to_stderr_later_too(capfd, write):
    with quarantine():
        stream = sys.stdout
    eval(write, {"os": os, "stream": stream, "fd": stream.fileno})
    stream.flush()
    assert capfd.readouterr() == ("", "told")


def test_stdin_is_read_after_an_exit_has_closed_it(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    with quarantine():
        assert input() == "one"
        sys.stdin.close()  # as the builtin `exit` does
    assert list(sys.stdin) == ["two\n"]


def test_it_tells_whether_anything_was_printed(capfd):
    with quarantine() as outer:
        with quarantine() as silent:
            sys.stdout.flush()
            sys.stdout.write("")
        with quarantine() as loud:
            os.write(1, b"NOISE")
    assert (silent.printed, loud.printed, outer.printed) == (False, True, True)
    with quarantine() as later:
        pass
    assert not later.printed
    assert capfd.readouterr() == ("", "NOISE")


def test_blocks_of_two_threads_may_overlap(capfd):
    inside, leave = threading.Event(), threading.Event()

    def other():
        with quarantine():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with quarantine():
        thread.start()
        inside.wait(10)
    os.write(1, b"still aside")
    leave.set()
    thread.join(10)
    print("data", end="", flush=True)
    assert capfd.readouterr() == ("data", "still aside")


def test_discovery_works_outside_the_main_thread(site):
    site.install("bad", "raise KeyboardInterrupt")
    found = []
    thread = threading.Thread(target=lambda: found.append(site.discover()))
    thread.start()
    thread.join(30)
    assert found[0]["bad"].state is State.BROKEN
