"""The theory of regularized GANs: linear games, toys, the sources' formulas, real networks, checks of assumptions.

The public names of its five parts in one place: ``import gpreg_theory as theory``, then ``theory.LinearGame(...)``.
Each is imported when it is first used, so that asking for the theory never waits for torch. ``__init__.pyi`` lists all.
"""

from gpreg.stub import public_names as _public_names

__all__, __getattr__ = _public_names(__name__, __file__)


def __dir__() -> list[str]:
    return sorted({*__all__, *globals()})
