"""The options of regularizers."""

from dataclasses import dataclass

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class DriftOptions:
    """Options of ``drift``."""

    weight: float = option(0.001, ge=0, help="epsilon of epsilon E[D(x_d)^2]")
