"""The options of augmentations."""

from dataclasses import dataclass

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class NoiseOptions:
    """Options of ``noise``."""

    sigma: float = option(0.1, ge=0, le=1e30, help="standard deviation at the first step, in units of the samples")
    final: float | None = option(
        None, ge=0, le=1e30, help="standard deviation where the run's schedule ends; none: as at the first step"
    )
