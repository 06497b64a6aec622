import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import torch

from gpreg.registry.plain import plain

INF, NAN = float("inf"), float("nan")


def test_what_json_and_toml_know():
    assert plain({"a": (1, 2.5, "x"), "b": Path("p/q"), "c": None, "d": True}) == {
        "a": [1, 2.5, "x"],
        "b": "p/q",
        "c": None,
        "d": True,
    }
    assert plain({1: 2}) == {"1": 2}
    assert plain([date(2020, 1, 2), datetime(2020, 1, 2, 3, tzinfo=UTC)]) == [
        "2020-01-02",
        "2020-01-02 03:00:00+00:00",
    ]
    assert plain(None) is None


@pytest.mark.parametrize("array", [np.array([[1.0, INF]]), torch.tensor([[1.0, INF]])])
def test_arrays_are_lists_and_their_scalars_numbers(array):
    assert plain({"x": array}, infinity="text") == {"x": [[1.0, "inf"]]}
    assert type(plain(array[0, 0])) is float
    assert type(plain(np.int64(3))) is int


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({}, [INF, -INF, NAN]),
        ({"infinity": "null", "nan": "null"}, [None, None, None]),
        ({"infinity": "text", "nan": "null"}, ["inf", "-inf", None]),
        ({"infinity": "text", "nan": "text"}, ["inf", "-inf", "nan"]),
    ],
)
def test_each_document_has_its_words_for_numbers_that_are_not_finite(words, told):
    assert repr(plain([INF, -INF, NAN], **words)) == repr(told)
    assert plain({"a": [1.0, sys.float_info.max]}, **words) == {"a": [1.0, sys.float_info.max]}
    if words:
        assert json.loads(json.dumps(plain((INF, NAN), **words), allow_nan=False)) == [told[0], told[2]]
