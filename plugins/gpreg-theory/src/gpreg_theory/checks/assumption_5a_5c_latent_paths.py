"""Assumptions 5a and 5c of a measure on paths between codes, where its encoder inverts the generator."""

from collections.abc import Iterable

import torch
from torch import nn

from gpreg.critics.calls import preserved_buffers
from gpreg.interfaces import PenaltyBatch
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.check import Said, deciding, holds
from gpreg_theory.checks.evidence.draws import FEWEST, Points, flat, generated
from gpreg_theory.checks.evidence.neighbours import MARGIN, TRUSTED_DIMENSION, outside
from gpreg_theory.checks.evidence.operations import unknown
from gpreg_theory.networks.players import GeneratorPlayer

EXACT = 1e-3
"""Up to this error, relative to the size of the codes, an encoder counts as the generator's inverse."""


def _on_paths(case: Case) -> bool:
    return case.measure.path_encoder() is not None and isinstance(case.batch.generator, nn.Module)


@deciding("5a", "5c", points=("equilibrium",), applies=_on_paths)
def check(case: Case) -> Iterable[Said]:
    """Decide both at an equilibrium whose encoder inverts the generator, and say nothing elsewhere.

    The loss of such an encoder is at its smallest, so that training leaves it there. The codes of real data then
    follow the latent law, and the penalty's points lie where p_g has its samples, as long as the paths between codes
    do not leave the support of the latent law. What is left to show is that G is continuous in theta, and its
    operations show that.
    """
    encoder = case.measure.path_encoder()
    assert encoder is not None
    error = max(_error(encoder, batch) for batch in case.pair)
    if error > EXACT or not _continuous(case.batch):
        return
    lead = f"the encoder inverts the generator to within {error:.1g} of the codes' size, on both batches"
    evidence = f"{lead}: its loss is at its minimum, so that it stays there; and the generator's operations are all "
    yield holds(f"{evidence}continuous, so that mu tends to mu* with theta", statistics={"inversion": error}, of="5a")
    codes = [_codes(encoder, batch) for batch in case.pair]
    latents = [flat(batch.latent) for batch in case.pair]
    if latents[0].shape[1] > TRUSTED_DIMENSION or min(map(len, latents)) < FEWEST:
        return
    found = [outside(own, *_halves(other)) for own, other in zip(codes, latents[::-1], strict=True)]
    if all(own.farthest <= MARGIN * own.radius for own in found):
        evidence = (
            f"{lead}, and none of {len(codes[0])} and {len(codes[1])} codes on the paths leaves the effective support "
            "of the latent law: every point is in p_g's support, which tends to S because the generator's operations "
            "are all continuous"
        )
        yield holds(evidence, statistics={"inversion": error, "farthest": [own.farthest for own in found]}, of="5c")


@torch.no_grad()
def _error(encoder: nn.Module, batch: PenaltyBatch) -> float:
    """The largest ``|E(G(z)) - z|`` relative to the root mean square of ``|z|``."""
    with preserved_buffers(encoder):
        codes = encoder(generated(batch)).to(batch.latent)
    size = batch.latent.square().sum(1).mean().sqrt()
    return float((codes - batch.latent).norm(dim=1).max() / size.clamp_min(1e-300))


@torch.no_grad()
def _codes(encoder: nn.Module, batch: PenaltyBatch) -> Points:
    """Codes on the paths: several for each pair of a real sample's code and a latent code."""
    with preserved_buffers(encoder):
        ends = encoder(batch.real).to(batch.latent)
    shares = torch.linspace(0, 1, 9).to(batch.latent)
    return flat(torch.cat([a * ends + (1 - a) * batch.latent for a in shares]))


def _halves(points: Points) -> tuple[Points, Points]:
    middle = -(-len(points) // 2)
    return points[:middle], points[middle:]


def _continuous(batch: PenaltyBatch) -> bool:
    """Whether the generator makes each sample by itself, by operations that are known to be continuous."""
    maker = GeneratorPlayer(batch.generator)
    labels = None if batch.labels_of_fake is None else batch.labels_of_fake[:8]
    return not maker.couples and not unknown(maker.network, maker.convert(batch.latent[:8]), labels)
