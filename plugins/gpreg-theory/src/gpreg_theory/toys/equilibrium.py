"""An equilibrium of a toy, and its kind by its spectrum."""

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from gpreg_theory.linear.game import Matrix, Spectrum, Vector

ZERO = 1e-9
"""Eigenvalues with a real part up to this, relative to the largest modulus, count as imaginary."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Equilibrium:
    """A point where the field vanishes.

    Attributes:
        point: ``(p + q,)``, the state.
        spectrum: the eigenvalues of the Jacobian there; empty where the field is not smooth.
        kind: that of the linearised flow: ``"stable node"``, ``"stable focus"``, ``"unstable node"``,
            ``"unstable focus"``, ``"saddle"`` or ``"centre"``; ``"degenerate"`` where linearisation does not decide,
            and ``"not smooth"`` where there is none.
        note: what else is known.
    """

    point: Vector
    spectrum: Spectrum
    kind: str
    note: str = ""

    @property
    def stable(self) -> bool:
        """Whether all eigenvalues have negative real parts."""
        return self.kind.startswith("stable")


def classified(point: Vector, jacobian: Matrix, note: str = "") -> Equilibrium:
    """Make an equilibrium of a point and the Jacobian there."""
    spectrum: Spectrum = np.sort_complex(linalg.eigvals(jacobian))
    return Equilibrium(point=point, spectrum=spectrum, kind=kind_of(spectrum), note=note)


def kind_of(spectrum: Spectrum) -> str:
    """The kind of an equilibrium with these eigenvalues."""
    size = max(float(np.abs(spectrum).max(initial=0.0)), ZERO)
    real, turns = spectrum.real, bool((np.abs(spectrum.imag) > ZERO * size).any())
    growing, decaying = real > ZERO * size, real < -ZERO * size
    if growing.any() and decaying.any():
        return "saddle"
    if growing.all() or decaying.all():
        return f"{'unstable' if growing.all() else 'stable'} {'focus' if turns else 'node'}"
    if not growing.any() and not decaying.any() and turns:
        return "centre"
    return "degenerate"
