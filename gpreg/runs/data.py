"""Open the data of a plan, and describe it for ``data.json``."""

import json
from typing import Any

from gpreg.errors import PluginError
from gpreg.interfaces import Data, Opening
from gpreg.interfaces.dataset import Split
from gpreg.registry.kinds import DATASET
from gpreg.registry.plain import plain
from gpreg.runs.classes import Classes
from gpreg.runs.networks import architecture_of, spec_to_table
from gpreg.runs.plan import Plan

DATA = "data.json"
SCHEMA = 1


def open_data(plan: Plan, split: Split = "train") -> Data:
    """Open the plan's dataset, scaled to the value range of its architecture.

    Raises:
        DataError: it is missing or damaged; says what was looked for, where, and how to get it.
    """
    source = plan.build(DATASET)
    value_range = architecture_of(plan).value_range
    supply = plan.supply
    return source.open(Opening(root=supply.data_root, download=supply.download, split=split, value_range=value_range))


def data_document(data: Data, held_out: Data | None, *, dataset: str) -> dict[str, Any]:
    """The document ``data.json``: shape and range of a sample, classes, sizes, notes, and the dataset's record.

    Args:
        data: the training split.
        held_out: the test split, if it was opened.
        dataset: name of the dataset, for the error.

    Raises:
        PluginError: JSON cannot represent the record.
    """
    classes = Classes.of(data)
    document = {
        "schema": SCHEMA,
        **spec_to_table(data.spec),
        **(classes or Classes(number=0)).to_table(),
        "size": data.size,
        "held_out": held_out.size if held_out else None,
        "notes": list(data.notes),
        "record": plain(dict(data.record)),
    }
    try:
        json.dumps(document, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PluginError(f"dataset {dataset!r} has a record that JSON does not know: {error}") from error
    return document
