"""Values as JSON and TOML know them."""

import math
import os
from collections.abc import Mapping
from datetime import date, time
from typing import Any, Literal

NotFinite = Literal["number", "null", "text"]


def plain(value: Any, *, infinity: NotFinite = "number", nan: NotFinite = "number") -> Any:
    """A value as text, numbers, truth values, ``None``, lists and tables of these; what is no such thing is left alone.

    Tuples and arrays are lists, scalars of arrays are numbers, paths, dates and times are text. JSON has no word for
    numbers that are not finite, so each document says what it writes for them: statistics and scores ``null``, those
    of the theory ``"inf"``, ``"-inf"`` and ``null``, a recipe's table ``"inf"`` and ``"nan"``.

    Args:
        value: anything.
        infinity, nan: what stands for such a number: itself, ``None``, or its name.
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
