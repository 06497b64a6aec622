"""A square root whose derivative at a zero gradient is infinite."""

from dataclasses import replace

import torch

from gpreg_verify.explanation import Explanation
from gpreg_verify.results import value_of
from gpreg_verify.verification import Defect


def root_at_zero(found: Explanation) -> Defect | None:
    """NaN where the critic's gradient is 0, as at initialisation, behind dead units, or at convergence."""
    for dtype in (torch.float32, found.scene.dtype):
        scene = replace(found.scene, size=0.0, depth=0.0, dtype=dtype)
        trial = found.subject.fresh()(scene)
        if trial.error is None:
            break
    if trial.error is not None or value_of(trial.result, found.subject.pick) is None:
        return None
    usual = found.subject.fresh()(replace(scene, size=1.0))
    if usual.value != usual.value or not (usual.slope is None or bool(usual.slope.isfinite().all())):
        return None
    broken = 0 if trial.slope is None else int((~trial.slope.isfinite()).sum())
    if trial.value == trial.value and not broken:
        return None
    what = (
        f"{broken} of {len(trial.slope)} entries of its gradient by the critic's weights are NaN or infinite"
        if trial.slope is not None and broken
        else "its value is NaN"
    )
    return Defect(
        name="sqrt-at-zero",
        evidence=f"for a critic whose gradient is 0 at each sample (value {trial.value:.6g}) {what}: the derivative "
        "of sqrt at 0 is infinite",
        remedy="put an epsilon under the root, (squares.sum(1) + 1e-12).sqrt(), or write grad.flatten(1).norm(2, "
        "dim=1), whose derivative at 0 is 0; a squared norm needs no root",
    )
