"""A named check of the conformance kit, which a test calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from gpreg.registry.registry import load_registry


@dataclass(frozen=True)
class Check:
    """A check of one case; ``str`` gives its name, and calling it raises AssertionError if it fails."""

    function: Callable[[Any], None]
    subject: Any

    def __call__(self) -> None:
        """Run the check."""
        self.function(self.subject)

    def __str__(self) -> str:
        return f"{self.subject}-{self.function.__name__}"


@dataclass(frozen=True)
class Case:
    """A registered thing with its options; the subclass says of which kind."""

    kind: ClassVar[str]
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def build(self) -> Any:
        """Build the thing."""
        return load_registry().build(self.kind, self.name, self.options)


def expect(condition: object, message: str) -> None:
    """Raise AssertionError with the message unless the condition holds; unlike ``assert`` it survives ``python -O``."""
    if not condition:
        raise AssertionError(message)
