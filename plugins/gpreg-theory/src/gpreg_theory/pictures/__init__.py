"""Pictures of the theory: phase portraits, basins of attraction, spectra and damping ratios."""

from gpreg_theory.pictures.basin import Basin, basins
from gpreg_theory.pictures.portrait import Portrait, portraits
from gpreg_theory.pictures.spectrum import Spectrum, damping_ratios, rates, spectra

__all__ = ["Basin", "Portrait", "Spectrum", "basins", "damping_ratios", "portraits", "rates", "spectra"]
