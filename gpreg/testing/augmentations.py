"""Checks that every augmentation must pass, on samples of each shape that it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from gpreg.errors import UsageError
from gpreg.interfaces import Augmentation, SampleSpec
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks

SPECS = (
    SampleSpec(shape=(2,)),
    SampleSpec(shape=(3, 8, 8), value_range=(-1.0, 1.0)),
    SampleSpec(shape=(1, 8, 8), value_range=(0.0, 1.0)),
    SampleSpec(shape=(3, 16, 16), value_range=(-1.0, 1.0)),
)
"""Samples on which an augmentation is tried. It need not take all of them."""

_READ_BACK = ("_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero")
"""Operators whose result the host waits for: ``item()``, ``if tensor``, ``x[mask]``."""


@dataclass(frozen=True)
class AugmentationCase(Case):
    """A registered augmentation with its options."""

    kind = "augmentation"

    def prepared(self) -> list[tuple[Augmentation, Tensor]]:
        """One for each kind of sample that it takes, with four samples in float64.

        Raises:
            AssertionError: it takes none of them, or refuses one without saying what to do.
        """
        found = []
        for spec in SPECS:
            augmentation = self.build()
            try:
                augmentation.prepare(spec)
            except UsageError as error:
                expect(error.remedy, f"refuses samples of shape {spec.shape}, and does not say what to do instead")
            else:
                found.append((augmentation, _samples(spec)))
        expect(found, f"takes none of the shapes {', '.join(str(spec.shape) for spec in SPECS)}")
        return found


def _samples(spec: SampleSpec) -> Tensor:
    low, high = spec.value_range or (-1.0, 1.0)
    values = torch.rand(4, *spec.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return low + (high - low) * values


def _changed(augmentation: Augmentation, x: Tensor, seed: int = 0) -> Tensor:
    return cast(Tensor, augmentation(x, torch.Generator().manual_seed(seed)))


def keeps_shape_and_dtype(case: AugmentationCase) -> None:
    """``(B, *x)`` stay ``(B, *x)``, in float32 and in float64, finite, and the given samples are not written on."""
    for augmentation, samples in case.prepared():
        for x in (samples, samples.float(), samples[:1]):
            given = x.clone()
            y = _changed(augmentation, x)
            expect(y.shape == x.shape, f"makes {tuple(y.shape)} of {tuple(x.shape)}")
            expect(y.dtype is x.dtype, f"makes {y.dtype} of {x.dtype}")
            expect(y.isfinite().all(), "returns values that are not finite")
            expect(torch.equal(x, given), "writes on the samples that it is given")


def is_differentiable_twice(case: AugmentationCase) -> None:
    """Both derivatives by the samples agree with finite differences, for a fixed random state."""
    for augmentation, samples in case.prepared():
        x = samples[:2].requires_grad_()

        def changed(x: Tensor, augmentation: Augmentation = augmentation) -> Tensor:
            return _changed(augmentation, x)

        expect(changed(x).requires_grad, "has no derivative by the samples, so that no penalty reaches them")
        expect(torch.autograd.gradcheck(changed, (x,), fast_mode=True), "has a wrong derivative")
        expect(torch.autograd.gradgradcheck(changed, (x,), fast_mode=True), "has a wrong second derivative")


def changes_each_sample_by_itself(case: AugmentationCase) -> None:
    """A changed sample does not depend on the others in the batch; equal samples get changes of their own."""
    for augmentation, samples in case.prepared():
        others = torch.cat([samples[:1], samples[1:].flip(0) / 2])
        first, again = _changed(augmentation, samples)[0], _changed(augmentation, others)[0]
        expect(torch.equal(first, again), "lets the others in a batch change what becomes of a sample")
        alike = samples[:1].expand(32, *samples.shape[1:])
        one, other = (_changed(augmentation, alike, seed) for seed in (0, 1))
        if not torch.equal(one, other):
            same = sum(bool((row == one[0]).all()) for row in one)
            expect(same < len(one), "changes all samples of a batch alike")


def uses_only_its_generator(case: AugmentationCase) -> None:
    """The generator decides what becomes of the samples, whatever the global random states are."""
    for augmentation, samples in case.prepared():
        found = []
        for seed in (0, 1):
            with global_randomness(seed):
                found.append(_changed(augmentation, samples))
        expect(torch.equal(*found), "gives something else for the same state of the generator")


def goes_on_where_it_was(case: AugmentationCase) -> None:
    """With its buffers restored it goes on to the same bits, and takes what training passes to it."""
    for (whole, samples), (later, _) in zip(case.prepared(), case.prepared(), strict=True):
        rng = torch.Generator().manual_seed(0)
        for step in range(6):
            _step(whole, samples, rng, step)
        state, place = {name: value.clone() for name, value in whole.state_dict().items()}, rng.get_state()
        expected = [_step(whole, samples, rng, step) for step in range(6, 12)]
        rng.set_state(place)
        with torch.no_grad():
            for name, value in later.state_dict(keep_vars=True).items():
                value.copy_(state[name])
        for step, y in enumerate(expected, start=6):
            expect(torch.equal(_step(later, samples, rng, step), y), "goes on differently after its state is restored")
        for name, value in whole.state_dict().items():
            expect(torch.equal(value, later.state_dict()[name]), f"goes on with another {name} after it is restored")


def waits_for_no_device(case: AugmentationCase) -> None:
    """Nothing of a step is read back from the device."""
    for augmentation, samples in case.prepared():
        rng = torch.Generator().manual_seed(0)
        _step(augmentation, samples, rng, 0)
        with _NoReadBack() as watched:
            for step in range(1, 6):
                _step(augmentation, samples, rng, step)
        expect(not watched.found, f"reads values back from the device, by {', '.join(sorted(watched.found))}")


class _NoReadBack(TorchDispatchMode):
    """Notes the operators that the host waits for."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own is not annotated
        self.found: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        if name in _READ_BACK:
            self.found.add(name)
        return func(*args, **(kwargs or {}))


def _step(augmentation: Augmentation, samples: Tensor, rng: torch.Generator, step: int) -> Tensor:
    """As much of a generator iteration as an augmentation sees."""
    augmentation.follow(step / 12)
    y = cast(Tensor, augmentation(samples.float(), rng))
    augmentation.observe(y.flatten(1).mean(1) + step - 4)
    return y


AUGMENTATION_CHECKS = (
    keeps_shape_and_dtype,
    is_differentiable_twice,
    changes_each_sample_by_itself,
    uses_only_its_generator,
    goes_on_where_it_was,
    waits_for_no_device,
)


def augmentation_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered augmentation.

    >>> for check in augmentation_checks("noise", {"final": 0.0}):
    ...     check()
    >>> print(check)
    noise-waits_for_no_device
    """
    case = AugmentationCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in AUGMENTATION_CHECKS]
