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
        formula: the function as text, in terms of the coordinates.
        evaluate: the function, ``(..., p + q) -> (...)``.
        derivative: the derivative along the flow, as text; ``"0"`` for a conserved quantity.
    """

    formula: str
    evaluate: Callable[[Array], Array] = field(repr=False)
    derivative: str = "0"

    def __call__(self, z: ArrayLike) -> Array:
        """Evaluate the function, ``(..., p + q) -> (...)``."""
        return self.evaluate(np.asarray(z, dtype=np.float64))
