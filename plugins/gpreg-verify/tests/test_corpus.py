"""Functions in many people's styles, right and defective: each is named right, and none is accused wrongly."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gpreg_verify import DEFECTS, examine


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CORPUS = [
    pytest.param(getattr(module, name), expected, id=f"{path.stem}-{name}")
    for path in sorted((Path(__file__).parent / "corpus").glob("*.py"))
    for module in [_load(path)]
    for name, expected in module.EXPECTED.items()
]


@pytest.mark.parametrize(("function", "expected"), CORPUS)
def test_each_function_is_named_right_and_none_is_accused_wrongly(function: Any, expected: tuple[Any, ...]) -> None:
    found = examine(function)
    measure, form, rho, *defects = expected
    known = found.identified
    assert (known and known.measure, known and known.form) == (measure, form), found.text
    assert known is None or known.rho == pytest.approx(rho, rel=1e-3), found.text
    assert sorted(defect.name for defect in found.defects) == sorted(defects), found.text
    assert found.right == (known is not None and not defects)


def test_the_corpus_has_every_defect_and_many_right_functions() -> None:
    expected = [parameters.values[1] for parameters in CORPUS]
    assert {name for row in expected for name in row[3:]} == set(DEFECTS)
    assert sum(len(row) == 3 and row[0] is not None for row in expected) >= 25
    assert sum(len(row) > 3 for row in expected) >= 25
