"""Weights of interpolation that are not one a sample."""

from gpreg_verify.explanation import Explanation
from gpreg_verify.scenes import STAGES
from gpreg_verify.verification import Defect

ALPHA = "alpha = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)"


def shared_weight(found: Explanation) -> Defect | None:
    """One weight for the whole batch, or one for each element."""
    if not found.where.shared or found.stage in STAGES[-2:]:
        return None
    return Defect(name="one-weight-for-batch", evidence=found.where.shared, remedy=f"one number a sample: {ALPHA}")
