"""The scenes that a function is tried on: images first, then vectors, sequences, videos and shapes that code fixes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import torch

from gpreg_verify.probes import Answer, Scene


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Samples of one kind: two shapes with two batch sizes, no two of whose numbers are equal.

    Attributes:
        name: what the samples are.
        shapes: of two scenes.
        batches: their batch sizes.

    >>> len(STAGES[0].scenes("flat", torch.float64))
    10
    """

    name: str
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    batches: tuple[int, int] = (4, 6)

    def scenes(self, answer: Answer, dtype: torch.dtype, *, pack: int = 1) -> list[Scene]:
        """Linear critics of several sizes, which tell the form, and curved ones, which tell the points.

        Args:
            answer: what the critic returns.
            dtype: of samples and weights.
            pack: rows of a sample; more than one for vectors only.
        """
        first, second = (
            Scene(shape=(shape[0] * pack,) if pack > 1 else shape, batch=batch, answer=answer, dtype=dtype, pack=pack)
            for shape, batch in zip(self.shapes, self.batches, strict=True)
        )
        return [
            *(replace(first, size=size) for size in (0.3, 0.8, 1.7, 3.0)),
            *(replace(first, size=size, depth=1.0, critic_seed=seed) for size, seed in ((0.8, 1), (2.0, 2))),
            *(replace(second, size=size, scene_seed=1) for size in (0.6, 2.2)),
            *(
                replace(second, size=size, depth=1.0, critic_seed=seed, scene_seed=1)
                for size, seed in ((0.5, 3), (1.5, 4))
            ),
        ]


IMAGES = Stage(name="images", shapes=((3, 5, 7), (2, 3, 5)))
VECTORS = Stage(name="vectors", shapes=((7,), (5,)))
SQUARE_IMAGES = Stage(name="samples of shape (4, 4, 4) in batches of 4", shapes=((4, 4, 4), (4, 4, 4)), batches=(4, 4))
STAGES = (
    IMAGES,
    VECTORS,
    Stage(name="sequences", shapes=((5, 3), (7, 2))),
    Stage(name="videos", shapes=((2, 3, 5, 7), (3, 2, 5, 2))),
    *(
        Stage(name=f"samples of shape {shape}", shapes=(shape, shape))
        for shape in ((3, 32, 32), (1, 28, 28), (784,), (3, 64, 64), (2,))
    ),
    Stage(name="samples of shape (4,) in batches of 4", shapes=((4,), (4,)), batches=(4, 4)),
    SQUARE_IMAGES,
)


def attempts(stage: Stage) -> Iterator[tuple[Answer, torch.dtype]]:
    """What the critic returns, and the dtype, in the order in which they are tried."""
    answers: tuple[Answer, ...] = ("flat", "column", "tuple", "pair", "map", "dict")
    yield from product(answers[:2], (torch.float64,))
    if stage in STAGES[:3]:
        yield from product(answers[2:], (torch.float64,))
        yield from product(answers[:2], (torch.float32,))
