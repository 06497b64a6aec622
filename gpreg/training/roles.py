"""The names of the players of a run."""

from typing import Final, Literal

CRITIC: Final[Literal["critic"]] = "critic"
GENERATOR: Final[Literal["generator"]] = "generator"
MEASURE: Final[Literal["measure"]] = "measure"
"""A measure with parameters of its own."""
