"""One named check of the conformance kit, ready to be called by a test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """A check bound to what it checks; ``str`` names it, calling it raises AssertionError if it fails."""

    function: Callable[[Any], None]
    subject: Any

    def __call__(self) -> None:
        """Run the check."""
        self.function(self.subject)

    def __str__(self) -> str:
        return f"{self.subject}-{self.function.__name__}"


def expect(condition: object, message: str) -> None:
    """Raise AssertionError with the message unless the condition holds; unlike ``assert`` it survives ``python -O``."""
    if not condition:
        raise AssertionError(message)
