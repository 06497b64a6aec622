"""The kit finds the defects that it is there for: one wrong augmentation for each check."""

import re

import pytest
import torch
from fixtures.kits import outcomes

from gpreg import AugmentationSpec
from gpreg.errors import UsageError
from gpreg.interfaces import Augmentation
from gpreg.testing import augmentation_checks


class Shake(Augmentation):
    """As it should be."""

    def forward(self, x, rng):
        return x + 0.1 * torch.randn(x.shape, generator=rng, dtype=x.dtype)


class Flattens(Shake):
    def forward(self, x, rng):
        return super().forward(x, rng).flatten(1)[:, :2]


class Doubles(Shake):
    def forward(self, x, rng):
        return super().forward(x, rng).double()


class WritesInPlace(Shake):
    def forward(self, x, rng):
        if not x.requires_grad:
            x += 0.1
        return super().forward(x, rng)


class Detaches(Shake):
    def forward(self, x, rng):
        return super().forward(x.detach(), rng)


class OnceOnly(Shake):
    def forward(self, x, rng):
        return super().forward(Square.apply(x), rng)


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad


class CentresTheBatch(Shake):
    def forward(self, x, rng):
        return super().forward(x - x.mean(0), rng)


class MovesAllAlike(Augmentation):
    def forward(self, x, rng):
        return x + torch.randn(x.shape[1:], generator=rng, dtype=x.dtype)


class UsesTheGlobalRandomState(Augmentation):
    def forward(self, x, rng):
        return x + torch.randn_like(x.detach())


class RemembersOutsideOfBuffers(Shake):
    steps = 0

    def observe(self, d_real):
        self.steps += 1

    def forward(self, x, rng):
        return super().forward(x, rng) + self.steps


class ReadsBack(Shake):
    def forward(self, x, rng):
        return super().forward(x, rng) if x.mean() > -100 else x


class RefusesAll(Shake):
    def prepare(self, spec):
        raise UsageError("not such samples", remedy="choose others")


class RefusesWithoutRemedy(Shake):
    def prepare(self, spec):
        if len(spec.shape) == 1:
            raise UsageError("not such samples")


def outcome(built):
    spec = AugmentationSpec(name="subject", summary="under test", factory=built)
    return outcomes("augmentation", spec, augmentation_checks)


def test_a_right_one_passes_all_checks():
    assert not outcome(Shake)


@pytest.mark.parametrize(
    ("built", "check", "says"),
    [
        (Flattens, "keeps_shape_and_dtype", r"makes \(4, 2\) of \(4, 3, 8, 8\)"),
        (Doubles, "keeps_shape_and_dtype", "makes torch.float64 of torch.float32"),
        (WritesInPlace, "keeps_shape_and_dtype", "writes on the samples"),
        (Detaches, "is_differentiable_twice", "has no derivative by the samples"),
        (OnceOnly, "is_differentiable_twice", "Jacobian mismatch"),
        (CentresTheBatch, "changes_each_sample_by_itself", "lets the others in a batch change"),
        (MovesAllAlike, "changes_each_sample_by_itself", "changes all samples of a batch alike"),
        (UsesTheGlobalRandomState, "uses_only_its_generator", "moves torch's global random state"),
        (RemembersOutsideOfBuffers, "goes_on_where_it_was", "goes on differently"),
        (ReadsBack, "waits_for_no_device", "reads values back from the device"),
        (RefusesAll, "keeps_shape_and_dtype", "takes none of the shapes"),
        (RefusesWithoutRemedy, "uses_only_its_generator", "does not say what to do instead"),
    ],
)
def test_a_wrong_one_fails_the_check_that_is_about_it(built, check, says):
    assert re.search(says, outcome(built).get(check, "passes")), outcome(built)
