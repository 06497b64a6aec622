"""A plugin registers without torch, which an interpreter of its own shows."""

from dataclasses import replace

import pytest

from gpreg import MeasureSpec, load_registry
from gpreg.registry.discovery import PluginRecord
from gpreg.testing.registration import registration_checks

OWN = PluginRecord(name="own", package="own", version="1", module="fixtures")


def run(record):
    (check,) = registration_checks(record)
    check()


@pytest.mark.parametrize("name", ["recipes", "theory"])
def test_what_is_shipped_registers_without_torch(name):
    run(next(record for record in load_registry().records if record.name == name))


def with_options(reference):
    spec = MeasureSpec(name="mine", factory="fixtures:none", options=reference, summary="s")
    return replace(OWN, specs={"measure": (spec,)})


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (with_options("decimal:Decimal"), "imports decimal with decimal"),
        (replace(OWN, module="no_such_module"), "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_what_does_not_is_found(monkeypatch, record, told):
    monkeypatch.setattr("gpreg.testing.registration.HEAVY", "decimal")  # which takes less time than torch
    with pytest.raises(AssertionError, match=told):
        run(record)


def test_a_file_may_import_it():
    run(replace(OWN, module="torch", path="mine.py"))
