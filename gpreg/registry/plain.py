"""Convert values into what JSON and TOML can represent."""

import math
import os
from collections.abc import Mapping
from datetime import date, time
from typing import Any, Literal

NotFinite = Literal["number", "null", "text"]


def plain(value: Any, *, infinity: NotFinite = "number", nan: NotFinite = "number") -> Any:
    """Convert a value into text, numbers, truth values, ``None``, and lists and tables of these.

    Tuples and arrays become lists, array scalars numbers, and paths, dates and times text; values of other types are
    returned as they are. JSON cannot write numbers that are not finite, so each document has its convention:
    statistics and scores write ``null``, documents of the theory ``"inf"``, ``"-inf"`` and ``null``, a recipe's table
    ``"inf"`` and ``"nan"``.

    Args:
        value: anything.
        infinity, nan: what replaces such a number: nothing (it stays a number), ``None``, or its name.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item, infinity=infinity, nan=nan) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, infinity=infinity, nan=nan) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": value, "null": None, "text": str(value)}[nan if math.isnan(value) else infinity]
    if hasattr(type(value), "tolist"):
        return plain(value.tolist(), infinity=infinity, nan=nan)
    if isinstance(value, date | time):
        return str(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else value
