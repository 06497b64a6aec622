"""Numbers of the theory as JSON knows them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain_numbers(value: Any) -> Any:
    """A statistic as JSON knows it: arrays as lists, an infinity as ``"inf"`` or ``"-inf"``, NaN as ``None``."""
    if isinstance(value, Mapping):
        return {str(key): plain_numbers(item) for key, item in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        return plain_numbers(value.tolist())
    if isinstance(value, list | tuple):
        return [plain_numbers(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
