"""Values that are wrong for a batch of 1, for a critic that returns ``(B, 1)``, or for an axis as long as the batch."""

import re
from dataclasses import replace

from gpreg_verify.explanation import Explanation
from gpreg_verify.pairwise import Pairwise
from gpreg_verify.parameters import ParameterFit
from gpreg_verify.plans import signature_of
from gpreg_verify.probes import Answer, Scene
from gpreg_verify.scenes import STAGES, VECTORS
from gpreg_verify.subject import Trial
from gpreg_verify.verification import Defect

_REMEDY = (
    "keep one number a sample: outputs.reshape(len(x)), grad.flatten(1) rather than squeeze(), and "
    "alpha = torch.rand(len(real), *[1] * (real.ndim - 1))"
)


def broadcasts(found: Explanation) -> Defect | None:
    """Compare with the explanation where broadcasting changes what a line means."""
    if found.fit is None or isinstance(found.fit, ParameterFit):
        return None
    if found.stage in STAGES[-2:] and found.where.shared:
        return _defect(
            f"it runs only where an axis of the samples is as long as the batch, here {found.scene.batch} samples of "
            f"shape {found.scene.shape}, and there {found.where.shared}"
        )
    other: dict[Answer, Answer] = {"flat": "column", "column": "flat"}
    alone = replace(found.scene, batch=1)
    told = _of_one(found, found.subject.fresh()(alone))
    if not told and found.scene.answer in other:
        answer = other[found.scene.answer]
        shape = "(B, 1)" if answer == "column" else "(B,)"
        for batch in (found.scene.batch, 1):
            trial = found.subject.fresh()(replace(found.scene, answer=answer, batch=batch))
            told = told or _deviation(found, trial, f"when the critic returns {shape} for {batch} samples")
    if not told and len(found.scene.shape) in (1, 3) and found.scene.pack == 1:
        square = replace(found.scene, shape=(4,) * len(found.scene.shape), batch=4)
        told = _deviation(found, found.subject.fresh()(square), "for 4 samples of shape " + str(square.shape))
    if not told and found.stage is VECTORS and _speaks_of_images(found):
        told = _square_image(found)
    return _defect(told) if told else None


def squares_the_batch(found: Explanation) -> Defect | None:
    """Of a function that nothing explains: for a ``(B, 1)`` critic, its value is another, of pairs of samples."""
    if found.fit is not None or found.scene.answer not in ("flat", "column"):
        return None
    scene = replace(found.scene, batch=11)  # as long as no axis
    pairs, trials = [], []
    for answer in ("flat", "column"):
        with Pairwise(scene.batch) as seen:
            trials.append(found.subject.fresh()(replace(scene, answer=answer), slope=False))
        pairs.append(seen.seen)
    flat, column = trials
    if flat.error or column.error or abs(column.value - flat.value) <= 1e-6 * abs(flat.value):
        return None
    made = [operation for operation in pairs[1] if not pairs[0]] or [
        operation for operation in pairs[0] if not pairs[1]
    ]
    if not made:
        return None
    return _defect(
        f"its value is {flat.value:.6g} when the critic returns (B,) for {scene.batch} samples, and {column.value:.6g} "
        f"when the same critic returns (B, 1): in {made[0]!r}, (B, 1) and (B,) give {scene.batch} x {scene.batch} "
        "numbers"
    )


def _defect(told: str) -> Defect:
    return Defect(name="broadcast", evidence=told, remedy=_REMEDY)


def _of_one(found: Explanation, trial: Trial) -> str:
    if isinstance(trial.error, IndexError | RuntimeError):
        return f"for a batch of 1 it raises {type(trial.error).__name__}: {str(trial.error).splitlines()[0]}"
    return _deviation(found, trial, "for a batch of 1")


def _deviation(found: Explanation, trial: Trial, when: str) -> str:
    if trial.error is not None or trial.value != trial.value or found.fit is None:
        return ""
    right = float(found.fit.predict(trial))
    if abs(trial.value - right) <= 0.01 * abs(right) + 1e-9:
        return ""
    return f"{when} the value is {trial.value:.6g} instead of {right:.6g}"


def _square_image(found: Explanation) -> str:
    scene = Scene(shape=(4, 4, 4), batch=4, size=2.0, depth=1.0, answer=found.scene.answer)
    trial = found.subject.fresh()(scene)
    if trial.error is not None or not trial.calls:
        return ""
    points = trial.calls[-1].points
    if len(points) != len(trial.real):
        return ""
    a = (points - trial.fake) / (trial.real - trial.fake)
    varied = float(a.flatten(1).std(dim=1).mean())
    if varied < 1e-3:
        return ""
    return (
        f"4 images of shape (4, 4, 4) are interpolated with weights that differ within an image (standard deviation "
        f"{varied:.2f}), and images with axes of other lengths raise an error"
    )


def _speaks_of_images(found: Explanation) -> bool:
    function = found.subject.function
    signature = signature_of(function)
    words = " ".join([*(signature.parameters if signature else ()), getattr(function, "__doc__", None) or ""])
    return bool(re.search(r"im(a)?ge?s?|pixel|C,\s*H,\s*W", words))
