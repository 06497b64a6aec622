import inspect
import json
from dataclasses import MISSING, fields

import pytest

import gpreg
from gpreg.recipe import Recipe
from gpreg.recipe.layout import ORDER
from gpreg.registry.installed import EntryPoint
from gpreg.registry.kinds import COMMAND, KINDS, MEASURE

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=str)


@every_kind
def test_every_kind_has_its_hook_its_public_spec_and_its_interface(kind):
    assert KINDS[kind.name] is kind
    assert kind.hook == f"gpreg_{kind.plural}"
    assert getattr(gpreg, kind.spec.__name__) is kind.spec
    assert kind.interface is None or inspect.isclass(EntryPoint("x", kind.interface, "p", "1").load())


@every_kind
def test_what_a_recipe_names_has_a_field_there_that_may_be_left_out_if_the_row_says_so(kind):
    found = {field.name: field for field in fields(Recipe)}.get(kind.key) if kind.recipe else None
    assert (found is not None) is (kind.recipe is not None)
    if found is not None:
        assert kind.key in ORDER
        assert (found.default is MISSING) is (kind.recipe == "one")


def test_no_two_kinds_share_a_name_a_letter_or_an_option():
    rows = KINDS.values()
    options = [name for kind in rows if kind.recipe for name in (kind.name, *kind.aliases)]
    for names in ([kind.plural for kind in rows], [kind.letter for kind in rows if kind.letter], options):
        assert len(set(names)) == len(names)
    assert all(kind.letter for kind in rows if kind.recipe in ("one", "optional"))


def test_listing_names_a_command():
    assert MEASURE.listing == "gpreg list-measures"
    assert COMMAND.listing == "gpreg --help"


def test_a_row_and_its_name_ask_for_the_same(site):
    registry = gpreg.load_registry()
    assert registry.list(MEASURE) == registry.list("measure") != ()
    assert registry.get(MEASURE, "mid") is registry.get("measure", "mid")
    assert type(registry.build(MEASURE, "mid")) is type(registry.build("measure", "mid"))


NEW = """
import sys
from dataclasses import dataclass
import gpreg
from gpreg.registry import kinds
from gpreg.registry.spec import Spec

class Sampler:
    pass

class Flip(Sampler):
    pass

@dataclass(frozen=True, kw_only=True)
class SamplerSpec(Spec):
    invertible: bool = True

kinds.KINDS["sampler"] = kinds.Kind(
    "sampler", SamplerSpec, "fake_new:Sampler", "where the codes come from",
    recipe="several",
)

@gpreg.hookimpl
def gpreg_samplers():
    return [
        SamplerSpec(name="flip", factory=Flip, summary="left and right"),
        SamplerSpec(name="noflip", factory=dict, summary="is none", invertible=False),
    ]
"""

ASK = """
import sys
import fake_new  # its row is there before anything reads the table, as if it stood in it
from gpreg.cli.main import main

for words in sys.argv[1:]:
    main(words.split())
    print("====")
print(type(fake_new.gpreg.load_registry().build("sampler", "flip")).__name__)
try:
    fake_new.gpreg.load_registry().build("sampler", "noflip")
except fake_new.gpreg.errors.PluginError as error:
    print(error)
"""


def test_a_kind_is_one_row(site):
    site.install("new", NEW)
    words = ("list-samplers", "list-samplers f* --json", "show sampler noflip", "show --help")
    run = site.python("-c", ASK, *words, "plugins --json", "train --help", GPREG_PLUGINS="new")
    assert run.returncode == 0, run.stderr
    listed, rows, shown, kinds, plugins, train, built = run.stdout.split("====\n")
    assert listed.splitlines()[0].split() == ["name", "invertible", "summary", "package"]
    assert json.loads(rows) == {
        "schema": 1,
        "samplers": [
            {
                "name": "flip",
                "summary": "left and right",
                "package": "fake-new",
                "version": "1.0",
                "invertible": True,
            }
        ],
    }
    assert shown.startswith("sampler noflip: is none\n")
    assert "sampler" in kinds
    supplies = {plugin["name"]: plugin["supplies"] for plugin in json.loads(plugins)["plugins"]}
    assert supplies["new"] == {"samplers": ["flip", "noflip"]}
    assert "--sampler NAME" in train
    assert "where the codes come from" in " ".join(train.split())
    flip, refusal = built.splitlines()[:2]
    assert flip == "Flip"
    assert refusal.startswith("sampler 'noflip' of fake-new 1.0 builds a dict, which is no fake_new.Sampler")
