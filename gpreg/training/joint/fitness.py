"""Which runs can be trained jointly: what only the networks themselves tell, and not the recipe."""

from collections.abc import Sequence

import torch
from torch import nn

from gpreg.errors import GpregError
from gpreg.training.joint.stack import CriticStack, Stack
from gpreg.training.roles import CRITIC, MEASURE
from gpreg.training.setup import Setup

MOST_PARAMETERS = 50_000
"""Of one network. Above, the arithmetic costs more than its overhead, and less is gained than locality loses."""

SAMPLES, TOLERANCE = 3, 1e-4
"""On how many samples a common forward pass is compared with each network's own, and how closely they must agree."""


def why_alone(setup: Setup) -> str | None:
    """Why a run cannot be trained with others; ``None``: nothing speaks against it."""
    if setup.ranks.count > 1:
        return "it has several processes"
    if MEASURE in setup.players:
        return "its measure has parameters of its own"
    if any(player.terms for player in setup.players.values()):
        return "a player minimises further terms"
    if setup.players[CRITIC].augmentations:
        return "its samples are augmented"
    if any(player.constraints.keys() - {MEASURE} for player in setup.players.values()):
        return "its recipe constrains a network"
    reasons = (_unfit(name, network) for name, network in (("generator", setup.generator), ("critic", setup.critic)))
    return next((reason for reason in reasons if reason is not None), None)


def _unfit(name: str, network: nn.Module) -> str | None:
    parameters = list(network.parameters())
    count = sum(parameter.numel() for parameter in parameters)
    if next(network.buffers(), None) is not None:
        return f"the {name} has buffers"
    if not parameters or not all(parameter.requires_grad for parameter in parameters):
        return f"the {name}, or a part of it, is not trained"
    if count > MOST_PARAMETERS:
        return f"the {name} has {count:,} parameters, and joint training is for at most {MOST_PARAMETERS:,}"
    return None


def why_apart(setups: Sequence[Setup]) -> str | None:
    """Why runs, each of which could be trained with others, cannot be trained with one another; ``None``: they can.

    Their common forward passes are tried on a few samples.
    """
    for name, networks in (
        ("generators", [setup.generator for setup in setups]),
        ("critics", [setup.critic for setup in setups]),
    ):
        shapes = [[(key, tensor.shape) for key, tensor in network.named_parameters()] for network in networks]
        if any(each != shapes[0] for each in shapes):
            return f"their {name} differ"
    rng = torch.Generator(setups[0].device).manual_seed(0)
    z = torch.stack([setup.generator.draw_latent(SAMPLES, rng) for setup in setups])
    try:
        x = _common("generators", [setup.generator for setup in setups], Stack, z)
        _common("critics", [setup.critic for setup in setups], CriticStack, x)
    except _ApartError as reason:
        return str(reason)
    return None


class _ApartError(Exception):
    """Networks that have no common forward pass."""


@torch.no_grad()
def _common(name: str, networks: Sequence[nn.Module], kind: type[Stack], inputs: torch.Tensor) -> torch.Tensor:
    """The common outputs on inputs ``(N, B, ...)``, after comparing them with each network's own.

    Raises:
        _ApartError: there are none, or they are others.
    """
    try:
        outputs = kind(networks)(inputs)
        own = [network(own).reshape(one.shape) for network, own, one in zip(networks, inputs, outputs, strict=True)]
    except (RuntimeError, TypeError, ValueError, GpregError) as error:  # vmap refuses random numbers, and much else
        raise _ApartError(
            f"their {name} have no common forward pass: {(str(error).splitlines() or [''])[0][:200]}"
        ) from error
    if not torch.allclose(outputs, torch.stack(own), rtol=TOLERANCE, atol=TOLERANCE):
        raise _ApartError(f"the common forward pass of their {name} is not each one's own")
    return outputs
