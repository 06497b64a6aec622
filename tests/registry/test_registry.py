import pytest

from gpreg.errors import OptionError, PluginError, UnknownNameError, UsageError
from gpreg.registry.discovery import discover
from gpreg.registry.registry import Registry, discover_registry, load_registry

EXECUTORS = """
from dataclasses import dataclass
import gpreg

@dataclass(frozen=True, kw_only=True)
class Options:
    workers: int = gpreg.option(2, help="how many", ge=1)

class Pool:
    def __init__(self, options):
        self.options = options

def active():
    return gpreg.load_registry()

def failing():
    raise RuntimeError("no cluster")

@gpreg.hookimpl
def gpreg_executors():
    def spec(name, factory, **rest):
        return gpreg.ExecutorSpec(name=name, factory=factory, summary="s", **rest)

    return [
        spec("pool", "fake_ex:Pool", options=Options),
        spec("by-class", Pool, options=Options),
        spec("active", active),
        spec("failing", failing),
        spec("no-module", "no_such_module:x"),
        spec("no-attribute", "fake_ex:nothing"),
    ]

@gpreg.hookimpl
def gpreg_forms():
    return [gpreg.FormSpec(name="no-form", factory=dict, summary="s", formula="f")]
"""


@pytest.fixture
def registry(site):
    site.install("ex", EXECUTORS)
    return Registry(discover(site.points()))


def test_list_takes_a_shell_pattern_and_keeps_the_plugin_s_order(registry):
    assert [spec.name for spec in registry.list("executor")][:3] == ["pool", "by-class", "active"]
    assert [spec.name for spec in registry.list("executor", "no-*")] == ["no-module", "no-attribute"]
    assert registry.list("executor", "zzz") == ()


@pytest.mark.parametrize("name", ["pool", "by-class"])
@pytest.mark.parametrize(("options", "workers"), [(None, 2), ({"workers": "3"}, 3), ({"workers": 4}, 4)])
def test_build_reads_the_options(registry, name, options, workers):
    built = registry.build("executor", name, options)
    assert built.options.workers == workers
    assert registry.build("executor", name, built.options).options == built.options


def test_build_refuses_options_that_cannot_be(registry):
    with pytest.raises(OptionError, match="'wrokers'; did you mean 'workers'"):
        registry.build("executor", "pool", {"wrokers": 1})
    with pytest.raises(OptionError, match="executor 'active' has no option 'a' \\(it has none\\)"):
        registry.build("executor", "active", {"a": 1})


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("executor", "failing", "executor 'failing' of fake-ex 1.0 could not be built: RuntimeError: no cluster"),
        ("executor", "no-module", "executor 'no-module' of fake-ex 1.0 does not import: ModuleNotFoundError"),
        ("executor", "no-attribute", "does not import: AttributeError"),
        ("form", "no-form", "builds a dict, which is no gpreg.interfaces.GradientForm"),
    ],
)
def test_a_factory_at_fault_is_the_plugin_s_fault(registry, kind, name, reason):
    with pytest.raises(PluginError, match=reason):
        registry.build(kind, name)


def test_a_factory_sees_the_registry_it_is_built_from(registry):
    assert registry.build("executor", "active") is registry
    assert load_registry() is not registry


def test_unknown_kind_and_name(registry):
    with pytest.raises(UsageError, match="no kind 'mesure'; did you mean 'measure'") as caught:
        registry.get("mesure", "x")
    assert "executor" in caught.value.remedy
    with pytest.raises(UnknownNameError, match="did you mean 'pool'") as unknown:
        registry.get("executor", "pol")
    assert unknown.value.suspects == ()


def test_suspects_are_the_plugins_that_are_not_loaded(site):
    site.install("bad", "raise RuntimeError")
    site.install_measure("off", "mid")
    registry = Registry(discover(site.points(), disabled=frozenset({"off"})))
    with pytest.raises(UnknownNameError) as caught:
        registry.get("measure", "mid")
    assert caught.value.suspects == ("bad (fake-bad 1.0) [broken]", "off (fake-off 1.0) [disabled]")


def test_a_clashing_name_is_refused_and_both_owners_named(site):
    site.install_measure("one", "same")
    site.install_measure("two", "same")
    with pytest.raises(PluginError, match=r"claimed by one .* and by two .*, so neither") as caught:
        Registry(discover(site.points())).get("measure", "same")
    assert "--no-plugin one" in caught.value.remedy


@pytest.mark.parametrize(("value", "names"), [("", set()), ("ex", {"ex"}), (" fake-ex , other", {"ex"})])
def test_the_environment_says_which_plugins_load(site, monkeypatch, value, names):
    site.install("ex", EXECUTORS)
    monkeypatch.setenv("GPREG_PLUGINS", value)
    records = discover_registry(frozenset()).records
    assert {record.name for record in records if record.state.value == "ok"} == names


@pytest.mark.parametrize(("value", "strict"), [("1", True), ("0", False), ("", False)])
def test_the_environment_makes_discovery_strict(site, monkeypatch, value, strict):
    site.install("bad", "raise RuntimeError")
    monkeypatch.setenv("GPREG_PLUGINS", "bad")
    monkeypatch.setenv("GPREG_STRICT_PLUGINS", value)
    if strict:
        with pytest.raises(PluginError, match="plugin bad"):
            discover_registry(frozenset())
    else:
        assert "bad" in {record.name for record in discover_registry(frozenset()).records}
