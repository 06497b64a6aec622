"""What is remarked about plugins that work."""

import os
import sys
import time

import pytest

from gpreg.registry import watch
from gpreg.registry.discovery import State

HEAD = "import gpreg\n"
HOOK = """
@gpreg.hookimpl
def gpreg_forms():
    return [gpreg.FormSpec(name=f"form{n}", factory="nowhere:Nothing", summary="s") for n in range(%d)]
"""


@pytest.fixture
def load(site):
    def one(source, count=1):
        site.install("odd", HEAD + source + HOOK % count)
        return site.discover()["odd"]

    return one


def test_a_plain_plugin_has_no_remarks(load):
    record = load("")
    assert record.remarks == ()
    assert 0 < record.seconds < 10


def test_a_slow_one_is_named_with_its_seconds(load, monkeypatch):
    monkeypatch.setattr(watch, "SLOW", 0.02)
    record = load("import time; time.sleep(0.03)")
    (remark,) = record.remarks
    assert remark == f"takes {record.seconds:.2f} s to load"
    assert record.seconds >= 0.03


def test_one_that_imports_torch_is_named_if_it_is_the_first(site, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    (site.folder / "torch.py").write_text("")  # the real one takes 2 s
    for name in ("one", "two"):
        site.install(name, HEAD + "import torch" + HOOK.replace('f"form', f'f"{name}') % 1)
    records = site.discover()
    sys.modules.pop("torch")
    assert (records["one"].remarks, records["two"].remarks) == (("imports torch",), ())


@pytest.mark.parametrize("source", ["print('NOISE')", "import os; os.write(1, b'NOISE')", "import sys; sys.exit(3)"])
def test_one_that_prints_or_exits_is_named(load, capfd, source):
    record = load(source)
    assert record.remarks == (("calls exit",) if "exit" in source else ("prints",))
    assert record.state is (State.BROKEN if "exit" in source else State.OK)
    assert capfd.readouterr().out == ""


def test_ten_thousand_specs_are_loaded_and_named(load):
    began = time.process_time()
    record = load("", count=10_000)
    assert time.process_time() - began < 2
    assert len(record.specs["form"]) == 10_000
    assert "supplies 10,000 things" in record.remarks


class Terminal:
    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_is_told_what_it_waits_for(load, monkeypatch, terminal):
    stream = Terminal(terminal)
    monkeypatch.setattr(watch, "PATIENCE", 0.04)
    monkeypatch.setattr(sys, "stderr", stream)
    assert load("import time; time.sleep(0.3)").state is State.OK
    told = "Loading plugin odd (fake-odd 1.0) ...; `gpreg --no-plugin odd` leaves it out\n"
    assert stream.text == (told if terminal else "")


def test_nothing_is_left_behind(load):
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    load("import os; os.write(1, b'NOISE')")
    after = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    assert before == after
