"""Specs and plugin records as JSON, schema 1: what ``--json`` prints."""

from dataclasses import asdict, fields
from typing import Any

from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.kinds import KINDS, Kind
from gpreg.registry.options import describe
from gpreg.registry.plain import plain
from gpreg.registry.reference import options_of
from gpreg.registry.spec import Spec
from gpreg.registry.specs import MeasureSpec

SCHEMA = 1
"""The version of the JSON, increased when a key is renamed or removed, but not when one is added."""


def listing(kind: Kind[Spec, Any], specs: tuple[Spec, ...]) -> dict[str, Any]:
    """What a ``list-`` command prints, one row for each spec: ``{"schema": 1, "measures": [...]}``."""
    return {"schema": SCHEMA, kind.plural: [row(spec) for spec in specs]}


def row(spec: Spec) -> dict[str, Any]:
    """A spec's name, summary, package and version, then the fields of its kind; claims as ``{"5a": "holds"}``."""
    base = {field.name for field in fields(Spec)}
    said = {field.name: plain(getattr(spec, field.name)) for field in fields(spec) if field.name not in base}
    if isinstance(spec, MeasureSpec):
        said["claims"] = {claim.assumption: claim.verdict for claim in spec.claims}
    return {"name": spec.name, "summary": spec.summary, "package": spec.package, "version": spec.version, **said}


def details(kind: Kind[Spec, Any], spec: Spec) -> dict[str, Any]:
    """What ``gpreg show`` prints, ``{"schema": 1, "measure": {...}}``: the row, options, citations, claims' reasons."""
    full = row(spec)
    if isinstance(spec, MeasureSpec):
        full["claims"] = {
            claim.assumption: {
                "verdict": claim.verdict,
                "because": claim.because,
                "statement": ASSUMPTIONS[claim.assumption].short,
            }
            for claim in spec.claims
        }
    full["options"] = [
        asdict(info) | {"default": plain(info.default)} for info in describe(options_of(spec, kind.name))
    ]
    full["citations"] = [asdict(cite) | {"bibtex": cite.bibtex()} for cite in spec.cites]
    return {"schema": SCHEMA, kind.name: full}


def plugins(records: tuple[PluginRecord, ...]) -> dict[str, Any]:
    """What ``gpreg plugins`` prints, ``{"schema": 1, "plugins": [...]}``: one row for each plugin.

    A row has the names that the plugin supplies, by the plural of their kind; how many seconds it took to load, or
    null if it was not loaded; and a ``path`` if the plugin is a file.
    """
    return {
        "schema": SCHEMA,
        "plugins": [
            {
                "name": record.name,
                "package": record.package,
                "version": record.version,
                "module": record.module,
                "state": record.state.value,
                "supplies": {
                    KINDS[kind].plural: [spec.name for spec in specs] for kind, specs in record.specs.items() if specs
                },
                "error": record.error,
                "seconds": None if record.seconds is None else round(record.seconds, 4),
                "remarks": list(record.remarks),
            }
            | ({"path": record.path} if record.path else {})
            for record in records
        ],
    }
