"""A score of one run, as the statistics take it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A score of one run.

    Attributes:
        row: what is compared, such as a measure.
        column: what it is compared on, such as a dataset.
        seed: pairs the runs of two rows.
        value: the score; ``None``: the run diverged or failed, which counts as worse than any number.
    """

    row: str
    column: str
    seed: int
    value: float | None
