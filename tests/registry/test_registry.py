import pytest

from gpreg.errors import OptionError, PluginError, UnknownNameError, UsageError
from gpreg.registry.discovery import discover
from gpreg.registry.registry import Registry, discover_registry, load_registry

EXECUTORS = """
from concurrent.futures import Executor
from dataclasses import dataclass
import gpreg

@dataclass(frozen=True, kw_only=True)
class Options:
    workers: int = gpreg.option(2, help="how many", ge=1)

class Pool(Executor):
    def __init__(self, options):
        self.options = options

class Active(Executor):
    def __init__(self):
        self.registry = gpreg.load_registry()

def failing():
    raise RuntimeError("no cluster")

@gpreg.hookimpl
def gpreg_executors():
    def spec(name, factory, **rest):
        return gpreg.ExecutorSpec(name=name, factory=factory, summary="s", **rest)

    return [
        spec("pool", "fake_ex:Pool", options=Options),
        spec("by-class", Pool, options=Options),
        spec("active", Active),
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
    assert registry.build("executor", "active").registry is registry
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


@pytest.mark.parametrize(("value", "names"), [("", set()), ("ex", {"ex"}), (" fake-ex , ", {"ex"}), (" ,", set())])
def test_the_environment_says_which_plugins_load(site, monkeypatch, value, names):
    site.install("ex", EXECUTORS)
    monkeypatch.setenv("GPREG_PLUGINS", value)
    records = discover_registry(frozenset()).records
    assert {record.name for record in records if record.state.value == "ok"} == names


@pytest.mark.parametrize("value", ["nonsense", "ex,nonsense", "nonsense,ex"])
def test_a_plugin_that_the_environment_names_must_be_installed(site, monkeypatch, value):
    site.install("ex", EXECUTORS)
    monkeypatch.setenv("GPREG_PLUGINS", value)
    with pytest.raises(UsageError, match="GPREG_PLUGINS: there is no plugin named 'nonsense'") as caught:
        discover_registry(frozenset())
    assert "env -u GPREG_PLUGINS gpreg plugins" in caught.value.remedy


def test_a_misspelled_plugin_of_the_environment_is_answered_with_the_nearest(site):
    result = site.gpreg("list-measures", GPREG_PLUGINS="mesures")
    assert (result.returncode, result.stdout) == (2, "")
    assert "there is no plugin named 'mesures'; did you mean 'measures'?" in result.stderr


BUILT = """
import gpreg
from gpreg.interfaces import Architecture, GANLoss, PenaltyMeasure, PenaltySample

class Forgetful(PenaltyMeasure):
    def __init__(self): pass
    def sample(self, batch): pass

class Needy(PenaltyMeasure):
    needs = frozenset({"real", "money"})
    def sample(self, batch): pass

class Pair(Architecture):
    value_range = (1.0, -1.0)
    def generator(self, spec): pass
    def critic(self, spec): pass

class Exits(PenaltyMeasure):
    def __init__(self): raise SystemExit(0)
    def sample(self, batch): pass

class Liar:
    @property
    def __class__(self): raise RuntimeError

class FourArguments(gpreg.interfaces.DatasetSource):
    def open(self, *, root=None, download=False, split="train", value_range=None): pass

def specs(kind, **factories):
    return [kind(name=name.replace("_", "-"), factory=factory, summary="s") for name, factory in factories.items()]

@gpreg.hookimpl
def gpreg_measures(): return specs(gpreg.MeasureSpec, forgetful=Forgetful, needy=Needy, exits=Exits, liar=Liar)
@gpreg.hookimpl
def gpreg_forms(): return specs(gpreg.FormSpec, a_class=lambda: gpreg.interfaces.GradientForm)
@gpreg.hookimpl
def gpreg_losses(): return specs(gpreg.LossSpec, a_loss=list)
@gpreg.hookimpl
def gpreg_regularizers(): return specs(gpreg.RegularizerSpec, a_regularizer=list)
@gpreg.hookimpl
def gpreg_constraints(): return specs(gpreg.ConstraintSpec, a_constraint=list)
@gpreg.hookimpl
def gpreg_augmentations(): return specs(gpreg.AugmentationSpec, an_augmentation=list)
@gpreg.hookimpl
def gpreg_architectures(): return specs(gpreg.ArchitectureSpec, pair=Pair, network=list)
@gpreg.hookimpl
def gpreg_datasets(): return specs(gpreg.DatasetSpec, a_dataset=list, four=FourArguments)
@gpreg.hookimpl
def gpreg_metrics(): return specs(gpreg.MetricSpec, a_metric=list)
@gpreg.hookimpl
def gpreg_observers(): return specs(gpreg.ObserverSpec, an_observer=list)
@gpreg.hookimpl
def gpreg_executors(): return specs(gpreg.ExecutorSpec, an_executor=list)
@gpreg.hookimpl
def gpreg_recipes(): return specs(gpreg.RecipeSpec, a_recipe=list)
@gpreg.hookimpl
def gpreg_sweeps(): return specs(gpreg.SweepSpec, a_sweep=list)
@gpreg.hookimpl
def gpreg_commands(): return specs(gpreg.CommandSpec, a_command=list)
"""


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        ("measure", "forgetful", r"does not call super\(\).__init__\(\) in its __init__"),
        ("measure", "needy", "needs 'money'; a batch has real, fake, latent, critic, generator"),
        ("measure", "exits", "could not be built: SystemExit: 0"),
        ("measure", "liar", "builds a Liar, which is no gpreg.interfaces.PenaltyMeasure"),
        ("form", "a-class", "builds the class .* instead of an instance, which is no gpreg.interfaces.GradientForm"),
        ("loss", "a-loss", "builds a list, which is no gpreg.interfaces.GANLoss"),
        ("architecture", "network", "builds a list, which is no gpreg.interfaces.Architecture"),
        ("architecture", "pair", "has value_range = .* must be None or two numbers"),
        ("dataset", "a-dataset", "builds a list, which is no gpreg.interfaces.DatasetSource"),
        (
            "dataset",
            "four",
            r"has open\(\*, root=None, download=False, split='train', value_range=None\), which takes no "
            r"gpreg.interfaces.Opening; write open\(self, opening\), and in it opening.root",
        ),
        ("metric", "a-metric", "builds a list, which is no gpreg.interfaces.Metric"),
        ("observer", "an-observer", "builds a list, which is no gpreg.interfaces.Observer"),
        ("executor", "an-executor", "builds a list, which is no concurrent.futures.Executor"),
        ("recipe", "a-recipe", "builds a list, which is no str"),
        ("sweep", "a-sweep", "builds a list, which is no str"),
        ("command", "a-command", "builds a list, which is no click.Command"),
    ],
)
def test_what_is_built_is_of_its_interface(site, kind, name, reason):
    site.install("built", BUILT)
    with pytest.raises(PluginError, match=f"{kind} '{name}' of fake-built 1.0 {reason}"):
        Registry(discover(site.points())).build(kind, name)


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
