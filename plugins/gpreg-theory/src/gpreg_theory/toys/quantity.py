"""What the flow of a toy conserves, or how its penalty changes it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Quantity:
    """A function of the state whose derivative along the flow is known.

    Attributes:
        formula: in words of the coordinates.
        evaluate: ``(..., p + q) -> (...)``.
        derivative: along the flow, as a formula; ``"0"``: it is conserved.
    """

    formula: str
    evaluate: Callable[[Array], Array] = field(repr=False)
    derivative: str = "0"

    def __call__(self, z: ArrayLike) -> Array:
        """``(..., p + q) -> (...)``."""
        return self.evaluate(np.asarray(z, dtype=np.float64))
