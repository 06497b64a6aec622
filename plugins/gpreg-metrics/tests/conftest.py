import pytest

from gpreg.errors import DataError
from gpreg.interfaces import Batch, Data, SampleSpec


class Cloud(Data):
    """A finite cloud of points, with the modes that it is said to come from."""

    def __init__(self, points, modes=None):
        self.points, self.modes = points, modes
        self.spec = SampleSpec(shape=tuple(points.shape[1:]))
        self.size = len(points)

    def stream(self, batch_size, *, seed, device="cpu", rank=0, ranks=1):
        raise AssertionError("a metric draws with take()")

    def take(self, n, *, rng):
        if n > self.size:
            raise DataError(f"{n} points are asked for and there are {self.size}")
        order = self.points.new_empty(self.size).uniform_(generator=rng).argsort()
        return Batch(self.points[order[:n]], None)


@pytest.fixture(scope="session")
def cloud():
    return Cloud
