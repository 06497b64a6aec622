"""Checks of a measure's points and weights: what they depend on, what they are, and where they lie."""

from collections.abc import Callable
from dataclasses import fields, replace

import torch
from torch import Tensor

from gpreg.interfaces import PenaltyBatch, PenaltySample
from gpreg.penalties import Penalty
from gpreg.testing.checks import expect
from gpreg.testing.critics import LinearCritic
from gpreg.testing.drawn import MeasureCase

COVERED = 0.5
"""Radius about a sample of a law on a square of side 2 within which some of the points must lie."""

MANY = 256


def reads_only_what_it_needs(case: MeasureCase) -> None:
    """It draws the same points from a batch that has nothing but the fields that it says it needs."""
    penalty = case.penalty()
    batch = case.seen(penalty)
    kept = {"rng", "labels", "fake_labels", *penalty.measure.needs}
    spare = [field.name for field in fields(batch) if field.name not in kept]
    expected = case.draw()
    rng = torch.Generator().manual_seed(0)
    try:
        found = case.penalty().draw(replace(batch, rng=rng, **dict.fromkeys(spare)))
    except Exception as error:  # whatever comes of a None
        raise AssertionError(f"reads more of a batch than {sorted(penalty.measure.needs)}: {error}") from error
    same = (found is None) == (expected is None)
    if found is not None and expected is not None:
        same = torch.equal(found.points, expected.points)
    expect(same, f"draws other points from a batch without {', '.join(spare)}, which it does not say it needs")


def leaves_the_batch_alone(case: MeasureCase) -> None:
    """Samples, codes and labels, the critic and the generator are what they were: the loss is to see them, too."""
    penalty, critic = case.penalty(), LinearCritic(case.shape)
    batch = case.seen(penalty, critic)
    tensors = {field.name: getattr(batch, field.name) for field in fields(batch)}
    tensors |= dict(critic.named_parameters())
    before = {name: value.detach().clone() for name, value in tensors.items() if isinstance(value, Tensor)}
    sample = penalty.draw(batch)
    if sample is not None and callable(sample.weights):
        sample.weights(critic(sample.points, sample.labels))
    changed = [name for name, value in before.items() if not torch.equal(tensors[name], value)]
    expect(not changed, f"changes {', '.join(changed)} in place")
    expect(all(p.grad is None for p in critic.parameters()), "leaves gradients on the critic")


def mixes_no_samples(case: MeasureCase) -> None:
    """Each point, and its weight, depends on one real and one fake sample at most, unless the measure says otherwise.

    So the penalties of parts of a batch average to the whole batch's. One that looks at the whole batch, as DRAGAN's
    noise looks at its standard deviation, says so: ``couples = True``.
    """
    penalty = case.penalty()
    if penalty.measure.couples:
        return
    whole = _drawn(case, case.seen(penalty))
    if whole is None:
        return
    real, fake, material = case.batch()
    other_real, other_fake, other = case.batch(seed=1)
    for part in ("real", "fake"):
        moved = torch.zeros(len(whole[0]), dtype=torch.long)
        for j in range(len(real)):
            x, y, others = real.clone(), fake.detach().clone(), {**material, "latent": material["latent"].clone()}
            if part == "real":
                x[j] = other_real[j]
            else:
                y[j], others["latent"][j] = other_fake[j].detach(), other["latent"][j]
            others["rng"] = torch.Generator().manual_seed(0)
            one = _drawn(case, case.penalty().batch(LinearCritic(case.shape), x, y, **others))
            expect(one is not None and len(one[0]) == len(whole[0]), "draws another number of points for other samples")
            if one is not None:
                moved += ((one[0] != whole[0]).flatten(1).any(1) | (one[1] != whole[1])).long()
        worst = int(moved.max())
        expect(worst <= 1, f"lets one point or weight depend on {worst} {part} samples; set couples = True if it must")


def _drawn(case: MeasureCase, batch: PenaltyBatch) -> tuple[Tensor, Tensor] | None:
    """Points ``(N, *x)`` and weights ``(N,)`` of a measure that is built anew."""
    penalty = case.penalty()
    sample = penalty.draw(batch)
    return None if sample is None else (sample.points.detach(), _weights(sample, batch.critic))


def _weights(sample: PenaltySample, critic: Callable[..., Tensor]) -> Tensor:
    if callable(sample.weights):
        return sample.weights(critic(sample.points, sample.labels)).detach()
    return sample.points.new_ones(len(sample.points)) if sample.weights is None else sample.weights


def keeps_dtype_and_device(case: MeasureCase) -> None:
    """Points and weights have dtype and device of the batch: float32 or float64, on the CPU, and on CUDA if any."""
    for device in ("cpu", "cuda")[: 1 + torch.cuda.is_available()]:
        for dtype in (torch.float32, torch.float64):
            penalty = case.penalty()
            batch = case.seen(penalty, dtype=dtype, device=device)
            sample = penalty.draw(batch)
            if sample is None:
                continue
            found = {"points": sample.points, "weights": _weights(sample, batch.critic)}
            for name, tensor in found.items():
                expect(tensor.dtype == dtype, f"has {name} in {tensor.dtype} for samples in {dtype}")
                expect(tensor.device.type == device, f"has {name} on {tensor.device} for samples on {device}")


def stays_on_the_data_as_claimed(case: MeasureCase) -> None:
    """If 5c is claimed to hold: where all samples, real and fake ones, lie on a sphere, all points do."""
    sample = _on_a_sphere(case, case.penalty()) if _claimed(case, "5c") else None
    if sample is not None:
        off = float((sample.points.flatten(1).norm(dim=1) - 1).abs().max())
        expect(off < 1e-9, f"claims 5c, but has points at distance {off:.2g} from data on a sphere")


def _on_a_sphere(case: MeasureCase, penalty: Penalty) -> PenaltySample | None:
    real, fake, material = case.batch()
    real, fake = (x.detach() / x.detach().flatten(1).norm(dim=1).view(-1, *[1] * len(case.shape)) for x in (real, fake))
    return penalty.draw(penalty.batch(LinearCritic(case.shape), real, fake, **material))


def covers_the_data_as_claimed(case: MeasureCase) -> None:
    """If 5b is claimed to hold: where p_g is p_d, in the plane, there are points of positive weight by each sample."""
    if not _claimed(case, "5b"):
        return
    plane = replace(case, shape=(2,))
    penalty = plane.penalty()
    batch = plane.seen(penalty, n=MANY, generated=True)
    sample = penalty.draw(batch)
    expect(sample is not None, "claims 5b, and is the zero measure")
    if sample is not None:
        points = sample.points[_weights(sample, batch.critic) > 0]
        data = plane.batch(n=MANY, generated=True)[0]
        nearest = torch.cdist(data, points).min(dim=1).values if len(points) else data.new_full((1,), torch.inf)
        bare = float((nearest > COVERED).double().mean())
        expect(bare < 0.05, f"claims 5b, but has no point within {COVERED:g} of {bare:.0%} of the samples")


def _claimed(case: MeasureCase, assumption: str) -> bool:
    return any(claim.assumption == assumption and claim.verdict == "holds" for claim in case.spec.claims)
