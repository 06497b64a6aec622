"""Plugins that mean harm, or might as well: each is one record, and nobody else notices."""

import signal

import pytest

from gpreg import FormSpec
from gpreg.registry.discovery import State, discover

HEAD = "import gpreg\nfrom gpreg import FormSpec, MeasureSpec\n"
FORM = 'FormSpec(name="{0}", factory="nowhere:Nothing", summary="s", formula="f")'


def test_an_interrupt_that_a_plugin_raises_is_its_own(site):
    site.install("bad", "raise KeyboardInterrupt")
    site.install_measure("good", "extra")
    records = site.discover()
    assert (records["bad"].state, records["bad"].error) == (State.BROKEN, "KeyboardInterrupt")
    assert records["good"].state is State.OK


def test_an_interrupt_while_loading_is_the_user_s(site):
    site.install("slow", "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nwhile True: pass")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores the signal
    try:
        with pytest.raises(KeyboardInterrupt):
            site.discover()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


HOSTILE = {
    "unsayable": ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "E, whose message cannot"),
    "nameless": (
        "class M(type):\n    @property\n    def __name__(self): raise ValueError\n"
        "class E(Exception, metaclass=M): pass\nraise E('x')",
        "E: x",
    ),
    "enormous": ("raise ValueError('x' * 10**7)", "ValueError: xxx"),
    "escapes": (r"raise ValueError('\x1b[2J\ud800')", r"ValueError: \x1b[2J\ud800"),
    "none": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): pass", "gpreg_forms returned None; it must return a list"),
    "wrapper": (f"{HEAD}@gpreg.hookimpl(wrapper=True)\ndef gpreg_forms():\n    yield", "is a wrapper"),
    "endless-things": (
        f"{HEAD}import itertools\n@gpreg.hookimpl\ndef gpreg_forms(): return itertools.count()",
        "returned a int where FormSpec belongs",
    ),
    "endless-same": (
        f"{HEAD}import itertools\n@gpreg.hookimpl\ndef gpreg_forms(): return itertools.repeat({FORM.format('x')})",
        "returned form 'x' twice",
    ),
    "endless-others": (
        f"{HEAD}import itertools\n@gpreg.hookimpl\n"
        "def gpreg_forms(): return (FormSpec(name=f'f{n}', factory='a:B', summary='') for n in itertools.count())",
        "returned more than 20,000 specs; does it ever end?",
    ),
    "raises-midway": (
        f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms():\n    yield {FORM.format('x')}\n    raise KeyError('k')",
        "KeyError: 'k'",
    ),
    "asks-for-the-registry": ("import gpreg\ngpreg.load_registry()", "asks for the registry while plugins are being"),
    "claims-a-class": (
        f"{HEAD}class L:\n    @property\n    def __class__(self): return FormSpec\n"
        "@gpreg.hookimpl\ndef gpreg_forms(): return [L()]",
        "returned a L where FormSpec belongs",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_plugin_is_a_record_too(site, name):
    source, reason = HOSTILE[name]
    site.install("bad", source)
    site.install_measure("good", "extra")
    records = site.discover()
    assert records["bad"].state is State.BROKEN
    assert reason in records["bad"].error
    assert len(records["bad"].error) <= 500
    assert records["bad"].error.isprintable()
    assert records["good"].state is State.OK


FIELDS = {
    "nan": ("DatasetSpec", "size=float('nan')", "size of 'x' must be a whole number"),
    "bytes": ("FormSpec", "formula=b'g'", "formula of 'x' must be text, not b'g'"),
    "odd-key": ("MetricSpec", "values={3: 'higher'}", "a name in values of 'x' must be text, not 3"),
    "odd-value": ("MetricSpec", "values={'a': 'best'}", "must be one of higher, lower"),
    "surrogate": ("FormSpec", r"formula='\ud83d'", "half of a character"),
    "enormous": ("FormSpec", "formula='x' * 10**6", "has 1,000,000 characters; 10,000 are allowed"),
    "truth": ("ArchitectureSpec", "conditional='yes'", "conditional of 'x' must be True or False"),
    "many-digits": ("DatasetSpec", "size=10**5000", "size of 'x' must be a whole number"),
    "year": (
        "FormSpec",
        "cites=(gpreg.Citation(key='k', authors='A', title='T', venue='V', year=float('nan')),)",
        "year of 'k' must be a whole number",
    ),
    "confusable": ("FormSpec", "name='х'", "must be lower-case letters"),
    "long-name": ("FormSpec", "name='x' * 101", "at most 100"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_a_listing_cannot_show_breaks_its_plugin_alone(site, name):
    kind, field, reason = FIELDS[name]
    words = "" if field.startswith("name") else "name='x', "
    hook = {"DatasetSpec": "datasets", "FormSpec": "forms", "MetricSpec": "metrics"}.get(kind, "architectures")
    site.install(
        "bad",
        f"import gpreg\n@gpreg.hookimpl\ndef gpreg_{hook}():\n"
        f"    return [gpreg.{kind}({words}factory='a:B', summary='s', {field})]",
    )
    record = site.discover()["bad"]
    assert record.state is State.BROKEN
    assert reason in record.error


def test_a_spec_of_a_subclass_is_made_anew_without_it(site):
    site.install(
        "odd",
        f"""
        {HEAD.replace(chr(10), chr(10) + "        ")}
        class Text(str):
            def __eq__(self, other): raise RuntimeError
            def __hash__(self): raise RuntimeError
            def __repr__(self): raise RuntimeError
            def __str__(self): raise RuntimeError

        class Odd(FormSpec):
            def __post_init__(self): pass
            def __eq__(self, other): raise RuntimeError
            def __hash__(self): raise RuntimeError
            def __repr__(self): raise RuntimeError

        @gpreg.hookimpl
        def gpreg_forms():
            return [Odd(name=Text("odd"), factory="a:B", summary=Text("a\\nb\\x1b[31m"), formula="f")]
        """,
    )
    (spec,) = site.discover()["odd"].specs["form"]
    assert type(spec) is FormSpec
    assert type(spec.name) is type(spec.summary) is str
    assert spec.summary == r"a b\x1b[31m"


def test_an_entry_point_s_own_words_can_be_printed(site):
    site.install("good", "x = 1")
    (point,) = site.points()
    odd = point._replace(name="\x1b[2Jbad" + "x" * 10**6, package="p\udc80", version="1\n2")
    (record,) = discover([odd])
    assert str(record).isprintable()
    assert len(str(record)) < 300


def test_many_clashes_are_counted(site):
    many = (
        f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return [FormSpec(name=f'f{{n}}', factory='a:B', summary='') "
        "for n in range(1000)]"
    )
    site.install("one", many)
    site.install("two", many)
    error = site.discover()["one"].error
    assert error.endswith("; and 997 more clashes")
    assert error.count("claimed by") == 3
