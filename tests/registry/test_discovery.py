import pytest

from gpreg.errors import PluginError
from gpreg.registry.discovery import State

HEAD = "import gpreg\nfrom gpreg import FormSpec, MeasureSpec\n"
FORM = 'FormSpec(name="{0}", factory="nowhere:Nothing", summary="s", formula="f")'

BROKEN = {
    "import-error": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "syntax-error": ("def broken(:", "SyntaxError"),
    "system-exit": ("raise SystemExit(7)", "SystemExit: 7"),
    "base-exception": ("class Panic(BaseException): ...\nraise Panic('rust')", "Panic: rust"),
    "no-hook": ("x = 1", "implements no hook"),
    "unmarked": (f"{HEAD}def gpreg_forms(): return []", "gpreg_forms is not marked with @gpreg.hookimpl"),
    "misspelled": (
        f"{HEAD}@gpreg.hookimpl\ndef gpreg_measure(): return []",
        "unknown hook 'gpreg_measure'; did you mean 'gpreg_measures'? (known: gpreg_measures, gpreg_forms,",
    ),
    "other-hook": (f"{HEAD}@gpreg.hookimpl\ndef configure(): return []", "unknown hook 'configure'"),
    "argument": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(config): return []", "config"),
    "raises": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): 1/0", "ZeroDivisionError: division by zero"),
    "returns-text": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return 'gp'", "gpreg_forms returned str; it must"),
    "returns-number": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return 3", "it must return a list of FormSpec"),
    "returns-spec": (
        f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return {FORM.format('x')}",
        "gpreg_forms returned FormSpec; it must return a list of FormSpec",
    ),
    "wrong-spec": (
        f"{HEAD}@gpreg.hookimpl\ndef gpreg_measures(): return [{FORM.format('x')}]",
        "gpreg_measures returned a FormSpec where MeasureSpec belongs",
    ),
    "wrong-item": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return ['x']", "returned a str where FormSpec belongs"),
    "bad-name": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return [{FORM.format('X y')}]", "name 'X y' must be"),
    "twice": (
        f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return [{FORM.format('x')}, {FORM.format('x')}]",
        "gpreg_forms returned form 'x' twice",
    ),
    "generator": (f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms():\n    yield 1/0", "ZeroDivisionError"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_a_record_and_stops_no_other(site, name):
    source, reason = BROKEN[name]
    site.install("bad", source)
    site.install_measure("good", "extra")
    records = site.discover()
    assert records["bad"].state is State.BROKEN
    assert reason in records["bad"].error
    assert "\n" not in records["bad"].error
    assert not records["bad"].specs
    assert records["bad"].exception is not None
    assert records["good"].state is State.OK
    assert [spec.name for spec in records["good"].specs["measure"]] == ["extra"]


@pytest.mark.parametrize("name", BROKEN)
def test_strict_raises_naming_the_plugin_and_keeping_the_cause(site, name):
    source, reason = BROKEN[name]
    site.install("bad", source)
    with pytest.raises(PluginError, match=r"plugin bad \(fake-bad 1.0\) is broken") as caught:
        site.discover(strict=True)
    assert reason in str(caught.value)
    assert caught.value.__cause__ is not None


def test_an_entry_point_that_names_nothing_is_broken(site):
    site.install("bad", "x = 1", value="fake_bad:missing")
    assert site.discover()["bad"].error.startswith("AttributeError")


def test_every_spec_knows_its_distribution(site):
    site.install_measure("good", "extra")
    record = site.discover()["good"]
    spec = record.specs["measure"][0]
    assert (record.package, record.version, record.module) == ("fake-good", "1.0", "fake_good")
    assert (spec.package, spec.version) == ("fake-good", "1.0")
    assert str(record) == "good (fake-good 1.0)"


def test_a_plugin_may_be_an_object_of_a_module(site):
    site.install(
        "good",
        f"{HEAD}class A:\n    @gpreg.hookimpl\n    def gpreg_forms(self): return [{FORM.format('x')}]\nhooks = A()",
        value="fake_good:hooks",
    )
    assert [spec.name for spec in site.discover()["good"].specs["form"]] == ["x"]


@pytest.mark.parametrize("name", ["one", "fake-one"])
def test_disabled_by_entry_point_or_package_name(site, name):
    site.install("one", "raise RuntimeError('must not be imported')")
    site.install_measure("two", "extra")
    records = site.discover(disabled=frozenset({name}))
    assert (records["one"].state, records["one"].error) == (State.DISABLED, "disabled by --no-plugin")
    assert records["two"].state is State.OK


@pytest.mark.parametrize(("allowed", "ok"), [(set(), []), ({"two"}, ["two"]), ({"fake-one", "two"}, ["one", "two"])])
def test_only_what_is_allowed_loads(site, allowed, ok):
    site.install_measure("one", "a")
    site.install_measure("two", "b")
    records = site.discover(allowed=frozenset(allowed))
    assert [name for name, record in records.items() if record.state is State.OK] == ok
    assert all(record.error == "not among GPREG_PLUGINS" for name, record in records.items() if name not in ok)


def test_a_clash_refuses_both_claimants_and_nothing_else(site):
    site.install(
        "one",
        f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return [{FORM.format('same')}, {FORM.format('other')}]",
    )
    site.install("two", f"{HEAD}@gpreg.hookimpl\ndef gpreg_forms(): return [{FORM.format('same')}]")
    site.install_measure("three", "same")  # another kind: no clash
    records = site.discover()
    owners = ("one (fake-one 1.0)", "two (fake-two 1.0)")
    for name in ("one", "two"):
        assert records[name].state is State.CLASH
        assert records[name].error == "form 'same' is claimed by one (fake-one 1.0) and by two (fake-two 1.0)"
        assert records[name].refused == {("form", "same"): owners}
    assert [spec.name for spec in records["one"].specs["form"]] == ["other"]
    assert records["three"].state is State.OK
    with pytest.raises(PluginError, match="form 'same' is claimed by"):
        site.discover(strict=True)


def test_a_reserved_name_is_refused(site):
    site.install_measure("one", "taken")
    record = site.discover(reserved=frozenset({("measure", "taken"), ("measure", "free")}))["one"]
    assert record.state is State.CLASH
    assert record.error == "measure 'taken' is claimed by gpreg itself and by one (fake-one 1.0)"
    assert record.specs["measure"] == ()
