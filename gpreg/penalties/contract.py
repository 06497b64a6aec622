"""Check that a measure and a form keep their contract: shapes, finite numbers, no negative weights."""

from torch import Tensor

from gpreg.errors import MeasureError
from gpreg.interfaces import PenaltyBatch, PenaltySample


def check_sample(sample: object, batch: PenaltyBatch, origin: str, *, values: bool) -> None:
    """Check what a measure returned.

    Args:
        sample: what the measure returned.
        batch: what the measure was given.
        origin: measure and package, for errors.
        values: whether to look for NaN and negative weights, which synchronises with the device.

    Raises:
        MeasureError: the sample is wrong; names measure, package, what was expected and what came.
    """
    if not isinstance(sample, PenaltySample):
        raise MeasureError(f"measure {origin} returned a {type(sample).__name__}, not a PenaltySample or None")
    points, weights = sample.points, None if callable(sample.weights) else sample.weights
    like = batch.fake if batch.real is None else batch.real
    shape = points.shape[1:] if like is None else like.shape[1:]
    if points.shape[1:] != shape or not len(points):
        expected = ", ".join(("N >= 1", *map(str, shape)))
        raise MeasureError(f"measure {origin} returned points of shape {tuple(points.shape)}; expected ({expected})")
    for name, tensor in (("weights", weights), ("labels", sample.labels)):
        if tensor is not None:
            check_shape(f"the {name} of measure", origin, (len(points),), tensor)
    if values:
        for name, tensor in (("points", points), ("weights", weights)):
            if tensor is not None and not bool(tensor.isfinite().all()):
                raise MeasureError(f"measure {origin} returned {name} with NaN or infinity; expected finite")
        if weights is not None and bool((weights < 0).any()):
            raise MeasureError(f"measure {origin} returned negative weights; a measure has none")


def check_shape(what: str, origin: str, expected: tuple[int, ...], got: Tensor) -> None:
    """Raise MeasureError unless ``got`` has the expected shape."""
    if got.shape != expected:
        raise MeasureError(f"{what} {origin} is of shape {tuple(got.shape)}; expected {tuple(expected)}")
