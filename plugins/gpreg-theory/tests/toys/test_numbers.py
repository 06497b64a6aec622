import pytest
import torch

from gpreg.errors import UsageError
from gpreg_theory.toys.numbers import Numbers, nodes_of

ROWS = 3


def draw(function, values=None):
    rng = torch.Generator()
    with Numbers(rng, ROWS, values) as numbers:
        return function(rng), numbers.laws


@pytest.mark.parametrize(
    ("function", "laws"),
    [
        (lambda rng: torch.rand(ROWS, 1, generator=rng), ["uniform"]),
        (lambda rng: torch.rand((ROWS, 2), generator=rng, dtype=torch.float64), ["uniform"] * 2),
        (lambda rng: torch.randn(ROWS, generator=rng), ["normal"]),
        (lambda rng: torch.empty(ROWS, 1).uniform_(generator=rng), ["uniform"]),
        (lambda rng: torch.empty(ROWS, 1).normal_(generator=rng), ["normal"]),
    ],
)
def test_what_is_drawn_is_replaced(function, laws):
    values = torch.tensor([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], dtype=torch.float64)
    drawn, seen = draw(function, values)
    assert seen == laws
    assert torch.equal(drawn.reshape(ROWS, -1), values[:, : len(laws)].to(drawn.dtype))
    assert draw(function)[1] == laws


def test_bounds_and_moments_are_kept():
    values = torch.full((ROWS, 2), 0.25, dtype=torch.float64)
    assert draw(lambda rng: torch.zeros(ROWS).uniform_(2, 6, generator=rng), values)[0].tolist() == [3.0] * ROWS
    assert draw(lambda rng: torch.zeros(ROWS).normal_(1.0, 4.0, generator=rng), values)[0].tolist() == [2.0] * ROWS


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda rng: torch.randperm(ROWS, generator=rng), "randperm"),
        (lambda rng: torch.rand(2, generator=rng), "one row a sample"),
        (lambda rng: torch.randn(ROWS, 1), "something else than batch.rng"),
    ],
)
def test_other_ways_to_draw_are_refused(function, words):
    with torch.random.fork_rng(), pytest.raises(UsageError, match=words):
        draw(function)


@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("laws", [[], ["uniform"], ["uniform", "normal"], ["uniform"] * 5])
def test_nodes_have_the_moments_of_the_numbers(laws, equal):
    points, weights = nodes_of(laws, 8, equal=equal)
    assert points.shape == (len(weights), len(laws))
    assert len(weights) <= 1024
    assert not equal or weights.std(correction=0) < 1e-15
    for column, law in zip(points.T, laws, strict=True):
        mean, square = (0.5, 1 / 3) if law == "uniform" else (0.0, 1.0)
        assert [float(weights @ column), float(weights @ column**2)] == pytest.approx([mean, square], abs=1e-10)


def test_too_many_numbers_are_refused():
    with pytest.raises(UsageError, match="11 random numbers"):
        nodes_of(["uniform"] * 11, 8, equal=False)
