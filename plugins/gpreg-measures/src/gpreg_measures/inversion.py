"""What follows for ``latent-path`` from an encoder that inverts the generator."""

from collections.abc import Iterator

import torch
from torch import nn

from gpreg.interfaces import CheckContext, Finding, PenaltyBatch
from gpreg.penalties.critics import preserved_buffers
from gpreg_theory.checks.evidence.draws import FEWEST, Points, flat
from gpreg_theory.checks.evidence.neighbours import MARGIN, TRUSTED_DIMENSION, outside
from gpreg_theory.checks.evidence.operations import unknown
from gpreg_theory.networks.players import GeneratorPlayer

EXACT = 1e-3
"""Up to this error, relative to the size of the codes, an encoder is the generator's inverse."""


def findings(encoder: nn.Module, context: CheckContext) -> Iterator[Finding]:
    """Assumptions 5a and 5c at an equilibrium whose encoder inverts the generator; nothing elsewhere.

    Such an encoder is where its loss is smallest, so that it stays; the codes of real data are then codes of the
    latent law, and the points are p_g's where the paths between codes do not leave that law's support. What is left
    is that G is continuous in theta, which its operations show.
    """
    if not context.simple or context.point != "equilibrium" or not isinstance(context.batch.generator, nn.Module):
        return
    batches = context.batch, context.second_batch
    error = max(_error(encoder, batch) for batch in batches)
    if error > EXACT or not _continuous(context.batch):
        return
    lead = f"the encoder inverts the generator to within {error:.1g} of the codes' size, on both batches"
    yield Finding(
        assumption="5a",
        verdict="holds",
        basis="measured",
        evidence=f"{lead}: its loss is at its minimum, so that it stays there; and the generator's operations are "
        "all continuous, so that mu tends to mu* with theta",
        statistics={"inversion": error},
    )
    codes = [_codes(encoder, batch) for batch in batches]
    latents = [flat(batch.latent) for batch in batches]
    if latents[0].shape[1] > TRUSTED_DIMENSION or min(map(len, latents)) < FEWEST:
        return
    found = [outside(own, *_halves(other)) for own, other in zip(codes, latents[::-1], strict=True)]
    if all(own.farthest <= MARGIN * own.radius for own in found):
        yield Finding(
            assumption="5c",
            verdict="holds",
            basis="measured",
            evidence=f"{lead}, and none of {len(codes[0])} and {len(codes[1])} codes on the paths leaves the "
            "effective support of the latent law: every point is in p_g's support, which tends to S because the "
            "generator's operations are all continuous",
            statistics={"inversion": error, "farthest": [own.farthest for own in found]},
        )


@torch.no_grad()
def _error(encoder: nn.Module, batch: PenaltyBatch) -> float:
    """The largest ``|E(G(z)) - z|`` relative to the root mean square of ``|z|``."""
    with preserved_buffers(batch.generator), preserved_buffers(encoder):
        labels = batch.labels_of_fake
        fake = batch.generator(batch.latent) if labels is None else batch.generator(batch.latent, labels)
        codes = encoder(fake.to(batch.real)).to(batch.latent)
    size = batch.latent.square().sum(1).mean().sqrt()
    return float((codes - batch.latent).norm(dim=1).max() / size.clamp_min(1e-300))


@torch.no_grad()
def _codes(encoder: nn.Module, batch: PenaltyBatch) -> Points:
    """Codes on the paths, several for each pair of a real sample and a latent code."""
    with preserved_buffers(encoder):
        ends = encoder(batch.real).to(batch.latent)
    shares = torch.linspace(0, 1, 9).to(batch.latent)
    return flat(torch.cat([a * ends + (1 - a) * batch.latent for a in shares]))


def _halves(points: Points) -> tuple[Points, Points]:
    middle = -(-len(points) // 2)
    return points[:middle], points[middle:]


def _continuous(batch: PenaltyBatch) -> bool:
    """Whether the generator is made of operations that are known to be continuous, each sample by itself."""
    maker = GeneratorPlayer(batch.generator)
    labels = None if batch.labels_of_fake is None else batch.labels_of_fake[:8]
    return not maker.couples and not unknown(maker.network, maker.own(batch.latent[:8]), labels)
