"""Checks that every dataset must pass. What needs files that are not there is skipped, with the reason."""

import ast
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gpreg.errors import DataError, GpregError
from gpreg.interfaces import Batch, Data, Opening
from gpreg.testing.checks import Check, expect
from gpreg.testing.opened import BATCH, DatasetCase, batch_size, batches, same
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks

LOOKED_AT = 5_000
"""Most samples of a split that are compared with another split's, or counted."""

OVERLAP = 0.01
"""The share of held-out samples that may be equal to training samples: photographs are found twice in real data."""


def is_what_its_spec_declares(case: DatasetCase) -> None:
    """Shape, size and number of classes are those of the spec, which listings show, unless options change them."""
    data, spec = case.data(), case.spec
    shape = data.spec.shape
    expect(shape and all(isinstance(side, int) and side > 0 for side in shape), f"has samples of shape {shape}")
    expect(data.size is None or data.size > 0, f"has {data.size} samples")
    try:
        declared = ast.literal_eval(spec.shape)
    except (ValueError, SyntaxError):  # in words
        declared = shape
    if not case.options:
        expect(shape == declared, f"has samples of shape {shape}, and its spec says {spec.shape}")
        expect(spec.size in (None, data.size), f"has {data.size} samples, and its spec says {spec.size}")
        counted = spec.classes in (None, data.spec.classes)
        expect(counted, f"has {data.spec.classes} classes, and its spec says {spec.classes}")


def knows_its_classes(case: DatasetCase) -> None:
    """Names and counts of classes are one for each class, and the counts are those of the labels."""
    data = case.data()
    for what, told in (("names", data.class_names), ("counts", data.class_counts)):
        expect(told is None or len(told) == data.spec.classes, f"has class_{what} of another number than its classes")
    if data.class_counts is None or data.size is None:
        return
    expect(sum(data.class_counts) == data.size, f"has {data.size} samples, and class_counts of another sum")
    if data.size <= LOOKED_AT:
        labels = data.take(data.size, rng=torch.Generator()).labels
        counts = () if labels is None else tuple(labels.bincount(minlength=len(data.class_counts)).tolist())
        expect(counts == tuple(data.class_counts), "has class_counts that are not those of its labels")


def gives_full_batches(case: DatasetCase) -> None:
    """Samples are ``(B, *x)`` in float32, finite and within the range; labels ``(B,)`` in int64 below the classes."""
    data, b = case.data(), batch_size(case.data())
    for samples, labels in batches(case.stream(), data):
        expect(samples.shape == (b, *data.spec.shape), f"gives {tuple(samples.shape)} for a batch of {b}")
        expect(samples.dtype == torch.float32, f"gives samples in {samples.dtype}")
        expect(samples.isfinite().all(), "gives samples that are not finite")
        low, high = data.spec.value_range or (-float("inf"), float("inf"))
        inside = bool((samples >= low).all() and (samples <= high).all())
        expect(inside, f"leaves its range ({low:g}, {high:g})")
        expect((labels is None) == (data.spec.classes is None), "has labels without classes, or classes without labels")
        if labels is not None and data.spec.classes is not None:
            expect(labels.shape == (b,) and labels.dtype == torch.int64, f"gives labels {labels.shape}, {labels.dtype}")
            expect(bool((labels >= 0).all() and (labels < data.spec.classes).all()), "gives labels beyond its classes")


def follows_its_seed_alone(case: DatasetCase) -> None:
    """One seed gives the same batches each time that the data is opened, and another seed gives other ones."""
    found = []
    for state in (1, 2):
        with global_randomness(state):
            data = case.open()
            found.append(batches(data.stream(batch_size(data), seed=5), data))
    expect(same(*found), "gives other batches when it is opened again, for the same seed")
    data = case.data()
    if data.size is None or data.size > 2 * BATCH:
        expect(not same(found[0], batches(case.stream(seed=6), data)), "gives the same batches for another seed")


def continues_where_it_was_saved(case: DatasetCase) -> None:
    """The state holds tensors, numbers and strings, and the next batch after it is the one that would have followed."""
    data, stream = case.data(), case.stream()
    batches(stream, data)
    file = io.BytesIO()
    torch.save(dict(stream.state_dict()), file)
    expected = batches(stream, data)
    file.seek(0)
    try:
        state = torch.load(file, weights_only=True)
    except Exception as error:  # torch names no class for what it refuses
        raise AssertionError(f"has a state that cannot be read without running code: {error}") from error
    for name, fresh in (("another seed's", case.stream(seed=9)), ("its own", stream)):
        fresh.load_state_dict(state)
        expect(same(expected, batches(fresh, data)), f"does not continue a saved state in {name} stream")


def divides_a_batch_among_processes(case: DatasetCase) -> None:
    """All processes draw the same global batch, and each takes another part of it."""
    data, b = case.data(), batch_size(case.data())
    if data.size == 1:
        return
    alone = data.stream(2 * b, seed=5)
    parts = [data.stream(b, seed=5, rank=rank, ranks=2) for rank in (0, 1)]
    for _ in range(3):
        whole, pieces = next(alone), [next(stream) for stream in parts]
        labels = None if whole.labels is None else torch.cat([p.labels for p in pieces if p.labels is not None])
        joined = Batch(torch.cat([piece.samples for piece in pieces]), labels)
        expect(same([whole], [joined]), "gives two processes other samples than one with the doubled batch")


def takes_samples_by_a_generator(case: DatasetCase) -> None:
    """``take`` uses the generator that it is given and no other random numbers, and gives as many as were asked for."""
    data = case.data()
    n = 9 if data.size is None else min(9, data.size)
    found = []
    for state in (1, 2):
        with global_randomness(state):
            found.append(data.take(n, rng=torch.Generator().manual_seed(3)))
    expect(found[0].samples.shape == (n, *data.spec.shape), f"takes {tuple(found[0].samples.shape)} for {n} samples")
    expect(same(found[:1], found[1:]), "takes other samples from the same random state")
    if data.size is None or data.size > n:
        other = data.take(n, rng=torch.Generator().manual_seed(4))
        expect(not same(found[:1], [other]), "takes the same samples from another random state")


def refuses_more_than_it_has(case: DatasetCase) -> None:
    """More samples than there are, in ``take`` or in a global batch, are a DataError that says what to do."""
    data, size = case.data(), case.data().size
    if size is None:
        return
    for asked in (lambda: data.take(size + 1, rng=torch.Generator()), lambda: data.stream(size, seed=0, ranks=2)):
        try:
            asked()
        except DataError as error:
            expect(error.remedy, f"refuses more samples than it has without a remedy: {error.message}")
        else:
            raise AssertionError(f"has {size} samples, and does not refuse to give more")


def holds_out_its_test_split(case: DatasetCase) -> None:
    """Samples of the test split are not in the training split."""
    train, test = case.data(), case.data("test")
    expect(train.spec == test.spec, f"has other samples in its test split: {test.spec}, and not {train.spec}")
    known, held = {*_rows(train)}, _rows(test)
    looked_at = 1.0 if train.size is None else min(LOOKED_AT, train.size) / train.size
    share = sum(row in known for row in held) / len(held) / looked_at
    expect(share <= OVERLAP, f"has {min(share, 1):.0%} of its test samples in its training split, too")


def _rows(data: Data) -> list[bytes]:
    """Samples of a split: of data that is drawn without end, those of one seed, which the splits must not share."""
    if data.size is None:
        samples: Tensor = next(data.stream(1000, seed=5)).samples
    else:
        samples = data.take(min(LOOKED_AT, data.size), rng=torch.Generator().manual_seed(1)).samples
    return [row.tobytes() for row in samples.flatten(1).numpy()]


def scales_images_alone(case: DatasetCase) -> None:
    """Images arrive in the range that is asked for, (-1, 1) by default; vectors are left as they are."""
    data, other = case.data(), case.open(value_range=(0.0, 1.0))
    n = 9 if data.size is None else min(9, data.size)
    samples, scaled = (each.take(n, rng=torch.Generator().manual_seed(3)).samples for each in (data, other))
    if len(data.spec.shape) == 1:
        expect(torch.equal(samples, scaled), "scales vectors")
        return
    expect(data.spec.value_range == (-1.0, 1.0), f"has the range {data.spec.value_range}, and not (-1, 1)")
    expect(other.spec.value_range == (0.0, 1.0), f"has the range {other.spec.value_range}, and was asked for (0, 1)")
    expect(torch.allclose((samples + 1) / 2, scaled, atol=1e-5), "gives other images in the range (0, 1)")


def lies_around_its_modes(case: DatasetCase) -> None:
    """If the data says that it is a mixture of Gaussians, its samples lie about the centres as it says."""
    data, modes = case.data(), case.data().modes
    if modes is None:
        return
    expect(modes.centres.shape[1:] == data.spec.shape, f"has centres of shape {tuple(modes.centres.shape)}")
    samples = data.take(1000 if data.size is None else min(1000, data.size), rng=torch.Generator()).samples
    nearest = torch.cdist(samples.double(), modes.centres.double()).min(dim=1)
    std = float((nearest.values.square().mean() / samples.shape[1]).sqrt())
    expect(
        abs(std / modes.std - 1) < 0.2, f"has standard deviation {std:.3g} about its centres, and says {modes.std:g}"
    )
    expect(len(nearest.indices.unique()) == len(modes.centres) or len(samples) < 1000, "has centres without samples")


def notices_that_it_has_changed(case: DatasetCase) -> None:
    """If the samples have a fingerprint, it is the same each time, and a state of other samples is refused."""
    fingerprint = getattr(case.data(), "fingerprint", None)
    if fingerprint is None:
        return
    expect(getattr(case.open(), "fingerprint", None) == fingerprint, "has another fingerprint when it is opened again")
    stream = case.stream()
    try:
        stream.load_state_dict({**stream.state_dict(), "fingerprint": "of other samples"})
    except DataError:
        return
    raise AssertionError("continues a state of other samples, by its fingerprint")


def says_what_is_missing(case: DatasetCase) -> None:
    """Without its files, opening is refused with what was looked for and how to get it, and nothing else is raised."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            case.build().open(Opening(root=Path(folder)))
        except GpregError as error:
            expect(error.remedy, f"does not say what to do: {error.message}")


DATASET_CHECKS = (
    is_what_its_spec_declares,
    knows_its_classes,
    gives_full_batches,
    follows_its_seed_alone,
    continues_where_it_was_saved,
    divides_a_batch_among_processes,
    takes_samples_by_a_generator,
    refuses_more_than_it_has,
    holds_out_its_test_split,
    scales_images_alone,
    lies_around_its_modes,
    notices_that_it_has_changed,
    says_what_is_missing,
)


def dataset_checks(name: str, options: Mapping[str, Any] | None = None, *, root: Path | None = None) -> list[Check]:
    """Every check of a registered dataset; without its files, most of them raise :class:`unittest.SkipTest`.

    Args:
        name: name of the dataset.
        options: its options.
        root: folder for data; ``None``: where the dataset looks by itself. Nothing is downloaded.

    >>> for check in dataset_checks("8gaussians"):
    ...     check()
    >>> print(check)
    8gaussians-says_what_is_missing
    """
    case = DatasetCase(name, options or {}, root)
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in DATASET_CHECKS]
