"""Capture the state of a run: everything that a checkpoint needs so that the next step is the same, bit for bit."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.runs.checkpoint import Checkpoint, Score
from gpreg.runs.classes import Classes
from gpreg.runs.networks import spec_to_table
from gpreg.training.roles import CRITIC, GENERATOR, MEASURE
from gpreg.training.setup import Setup

AVERAGE = "average"


def capture(setup: Setup, step: int, score: Score | None, tick: Mapping[str, Any] | None = None) -> Checkpoint:
    """The state after a generator step. All processes must call this; only process 0 gets the complete state.

    Args:
        setup: the set-up that is trained.
        step: number of generator steps done.
        score: score of the generator at this step, if one was taken.
        tick: this process's state of a tick in progress, see :mod:`gpreg.training.tick`.
    """
    weights: dict[str, Mapping[str, Tensor]] = {
        GENERATOR: setup.generator.state_dict(),
        CRITIC: setup.critic.state_dict(),
    }
    if setup.average:
        weights[AVERAGE] = setup.average.generator.state_dict()
    if measure := tensors_of(setup.penalty):
        weights[MEASURE] = measure
    classes = Classes.of(setup.data)
    return Checkpoint(
        step=step,
        weights=weights,
        state={
            "sample": spec_to_table(setup.data.spec) | (classes.to_table() if classes else {}),
            "processes": setup.ranks.count,
            "optimizers": {name: player.optimizer.state_dict() for name, player in setup.players.items()},
            "precision": setup.precision.state_dict(),
            "penalty": setup.penalty.get_extra_state(),
            "rho": setup.penalty.base_rho,
            "latents": setup.latents.get_state(),
            "ranks": setup.ranks.gather(own_state(setup) | {"tick": tick}),
        },
        score=score,
    )


def own_state(setup: Setup) -> dict[str, Any]:
    """The part of the state that differs between processes."""
    return {
        "stream": setup.stream.state_dict(),
        "draws": setup.draws.get_state(),
        "noise": setup.noise.get_state(),
        "added": {
            player: {name: _on_cpu(tensors_of(module)) for name, module in modules.items()}
            for player, modules in modules_of(setup).items()
        },
        "global": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(setup.device) if setup.device.type == "cuda" else None,
    }


def modules_of(setup: Setup) -> dict[str, dict[str, nn.Module]]:
    """Terms and constraints that have state, by player and name."""
    return {
        player.name: {name: module for name, module in player.modules.items() if tensors_of(module)}
        for player in setup.players.values()
    }


def _on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.cpu().clone() for name, tensor in tensors.items()}


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """A module's tensors by name, without its extra state."""
    return {name: value for name, value in module.state_dict().items() if isinstance(value, Tensor)}
