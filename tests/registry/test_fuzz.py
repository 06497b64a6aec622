"""Plugins of anybody's: whatever they say, do or return, they are a record, and the others are listed as before."""

import itertools
import json
import math
import types
from contextlib import suppress
from dataclasses import fields
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpreg
from gpreg.errors import GpregError
from gpreg.registry import schema
from gpreg.registry.discovery import State, discover
from gpreg.registry.installed import EntryPoint
from gpreg.registry.kinds import KINDS
from gpreg.registry.registry import Registry

pytestmark = pytest.mark.fuzz


class Hostile:
    """Raises at whatever is asked of it."""

    def __init__(self, error=RuntimeError):
        object.__setattr__(self, "error", error)

    def __getattribute__(self, name):
        raise object.__getattribute__(self, "error")(name)

    def __repr__(self):
        raise object.__getattribute__(self, "error")("repr")

    __str__ = __eq__ = __hash__ = __iter__ = __len__ = __bool__ = __call__ = lambda self, *_: repr(self)


class Text(str):
    __slots__ = ()

    def __repr__(self):
        raise RuntimeError

    __str__ = __eq__ = __hash__ = __len__ = lambda self, *_: repr(self)


class UnsayableError(Exception):
    def __str__(self):
        raise SystemExit

    __repr__ = __str__


ERRORS = [
    *(RuntimeError, UnsayableError, KeyboardInterrupt, SystemExit),
    *(GeneratorExit, RecursionError, MemoryError, StopIteration),
]
STRANGE = [
    *(None, True, math.nan, math.inf, -1, 10**5000, len, int, (), [], {}, ("5a",)),
    *(b"x", "", "x", "x" * 10**6, "\ud800", "\x1b[2J\n", "n\u043et-ascii", Text("sly"), "higher"),
    *({1: 2}, {"\ud800": "higher"}, {"a": math.nan}, {"a": "higher"}),
    *map(Hostile, ERRORS[:4]),
]


@st.composite
def odd(draw):
    """Anything; drawn by its number, because whoever looks at some of these has to catch what they raise."""
    return STRANGE[draw(st.integers(0, len(STRANGE) - 1))]


@st.composite
def specs(draw, kind):
    """A spec with some of its fields replaced, past all checks half of the time."""
    spec = kind.spec(name=draw(st.sampled_from(["a", "b", "mid"])), factory="a:b", summary="s")
    names = [field.name for field in fields(kind.spec)]
    changed = draw(st.dictionaries(st.sampled_from(names), odd(), max_size=3))
    if draw(st.booleans()):
        for name, value in changed.items():
            object.__setattr__(spec, name, value)
        return spec
    return lambda: kind.spec(**{"name": "a", "factory": "a:b", "summary": "s"} | changed)


@st.composite
def hooks(draw, kind):
    """What a hook does: return, yield, raise, in any order and without an end."""
    items = draw(st.lists(st.one_of(specs(kind), odd()), max_size=3))
    error, manner = draw(st.sampled_from(ERRORS)), draw(st.sampled_from(["list", "yield", "raise", "endless", "odd"]))
    thing = draw(odd())

    def made():
        return [item() if isinstance(item, types.FunctionType) else item for item in items]

    def generate():
        yield from made()
        raise error("midway")

    manners = {"list": made, "yield": generate, "endless": lambda: itertools.cycle(made()), "odd": lambda: thing}

    def hook():
        if manner == "raise":
            raise error("at once")
        return manners[manner]()

    return gpreg.hookimpl(hook)


@st.composite
def plugins(draw):
    chosen = draw(st.lists(st.sampled_from(list(KINDS.values())), unique=True, max_size=3))
    names = {kind.hook: draw(hooks(kind)) for kind in chosen}
    others = st.sampled_from(["gpreg_nothing", "gpreg_forms", "x", "__all__", "__path__"])
    names |= draw(st.dictionaries(others, odd(), max_size=2))
    return types.SimpleNamespace(**names)


class Point(EntryPoint):
    """An entry point whose module is at hand."""

    __slots__ = ()
    plugins: ClassVar[dict[str, object]] = {}

    def load(self):
        return self.plugins[self.value]


GOOD = types.SimpleNamespace(
    gpreg_forms=gpreg.hookimpl(lambda: [gpreg.FormSpec(name="good", factory="a:b", summary="s")])
)
words = st.one_of(st.text(max_size=30), st.sampled_from(["\x1b[2J", "\ud800", "x" * 10**6, ""]))


@given(plugin=plugins(), name=words, package=words, version=words)
def test_any_plugin_is_a_record_and_nobody_else_notices(plugin, name, package, version):
    Point.plugins = {"odd": plugin, "good": GOOD}
    records = discover([Point(name, "odd", package, version), Point("good", "good", "good", "1")])
    odd, good = sorted(records, key=lambda record: record.module == "good")
    assert good.state in (State.OK, State.CLASH)
    assert (odd.error is None) == (odd.state is State.OK)
    registry = Registry(records)
    written = json.dumps(schema.plugins(records), allow_nan=False, ensure_ascii=False).encode()
    for kind in KINDS.values():
        listed = registry.list(kind.name)
        written += json.dumps(schema.listing(kind, listed), allow_nan=False, ensure_ascii=False).encode()
        for spec in listed:
            try:
                json.dumps(schema.details(kind, spec), allow_nan=False)
                registry.build(kind.name, spec.name)
            except GpregError:
                pass
    assert len(written) < 10**6
    assert str(odd).isprintable()
    assert (odd.error or "").isprintable()


@given(st.binary(max_size=300))
def test_any_entry_points_file_is_read_or_passed_over(tmp_path_factory, text):
    from gpreg.registry.installed import _declared

    path = tmp_path_factory.getbasetemp() / "entry_points.txt"
    path.write_bytes(b"[gpreg]\n" + text)
    for name, value in _declared(str(path), "gpreg"):
        (record,) = discover([EntryPoint(name, value, "p", "1")])
        assert record.state is State.BROKEN or not record.error
        assert str(record).isprintable()


@given(st.binary(max_size=300).map(lambda text: text.replace(b"\n", b" ")), st.sampled_from(["0.1.0", "0.1rc1"]))
def test_any_requirement_is_decided_or_refused(tmp_path_factory, text, version):
    from gpreg.registry.requirement import unmet

    path = tmp_path_factory.getbasetemp() / "METADATA"
    path.write_bytes(b"Requires-Dist: gpreg" + text)
    with suppress(ValueError):  # which breaks the plugin
        unmet(str(path), version)
