import json
from dataclasses import dataclass
from pathlib import Path

from gpreg import Citation, Claim, MeasureSpec, MetricSpec, option
from gpreg.registry import schema
from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.discovery import PluginRecord, State
from gpreg.registry.kinds import KINDS


@dataclass(frozen=True, kw_only=True)
class Options:
    folder: Path = option(Path("a"), help="where")
    point: tuple[float, ...] = option((1.0, 2.0), help="what", ge=0)


SPEC = MeasureSpec(
    name="x",
    factory="a:B",
    summary="s",
    penalty="p",
    sampling="q",
    options=Options,
    claims=(
        Claim(assumption="5a", verdict="holds", because="so"),
        Claim(assumption="6c", verdict="depends", because="if"),
    ),
    cites=(Citation(key="k", authors="A", title="T", year=2018, venue="V"),),
    package="pack",
    version="1.2",
)


def test_a_measure_s_row():
    assert schema.listing(KINDS["measure"], (SPEC,)) == {
        "schema": 1,
        "measures": [
            {
                "name": "x",
                "summary": "s",
                "package": "pack",
                "version": "1.2",
                "penalty": "p",
                "sampling": "q",
                "mass": "1",
                "form": "squared",
                "claims": {"5a": "holds", "6c": "depends"},
            }
        ],
    }


def test_details_add_options_reasons_and_sources():
    details = schema.details(KINDS["measure"], SPEC)["measure"]
    assert details["claims"] == {
        "5a": {"verdict": "holds", "because": "so", "statement": ASSUMPTIONS["5a"].short},
        "6c": {"verdict": "depends", "because": "if", "statement": ASSUMPTIONS["6c"].short},
    }
    assert details["options"] == [
        {"name": "folder", "type": "path", "default": "a", "bounds": "", "help": "where"},
        {"name": "point", "type": "list of float", "default": [1.0, 2.0], "bounds": ">= 0", "help": "what"},
    ]
    assert details["citations"][0]["title"] == "T"
    assert details["citations"][0]["bibtex"].startswith("@inproceedings{k,")
    assert json.loads(json.dumps(details)) == details


def test_other_kinds_give_their_own_fields():
    spec = MetricSpec(name="m", factory="a:b", summary="s", values={"fid": "lower"})
    assert schema.row(spec) == {
        "name": "m",
        "summary": "s",
        "package": "",
        "version": "",
        "values": {"fid": "lower"},
        "shapes": "any",
    }


def test_plugins():
    record = PluginRecord(
        name="n",
        package="p",
        version="1",
        module="m",
        state=State.CLASH,
        error="e",
        specs={"measure": (SPEC,), "loss": ()},
        seconds=0.123456,
        remarks=("prints",),
    )
    assert schema.plugins((record,)) == {
        "schema": 1,
        "plugins": [
            {
                "name": "n",
                "package": "p",
                "version": "1",
                "module": "m",
                "state": "clash",
                "supplies": {"measures": ["x"]},
                "error": "e",
                "seconds": 0.1235,
                "remarks": ["prints"],
            }
        ],
    }
