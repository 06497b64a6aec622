"""The coefficient rho of a run, which may be chosen anew while it trains."""

from dataclasses import dataclass

UNTUNED = 1.0
"""What rho = auto is until it is chosen."""


@dataclass
class Coefficient:
    """Rho of ``(rho/2) E_mu[form(grad D)]``, before a schedule changes it; saved with the run.

    Attributes:
        rho: at least 0.
    """

    rho: float
