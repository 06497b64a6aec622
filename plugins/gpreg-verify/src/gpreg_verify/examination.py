"""Examine a function: what penalty is it, and what is wrong with it?"""

from collections.abc import Callable
from typing import Any

from gpreg_verify.verification import Verification


def examine(function: Callable[..., Any], *, name: str = "", every: int | None = None) -> Verification:
    """Identify the penalty that a function computes, and find its known defects.

    Args:
        function: a function, a method, or an instance that can be called.
        name: what it is called in the outcome; by default its own name.
        every: the penalty is computed in each ``every``-th step only, by a loop that is not part of the function.

    Raises:
        NotImplementedError: always, so far.
    """
    raise NotImplementedError(f"gpreg-verify cannot examine {name or function!r} yet")
