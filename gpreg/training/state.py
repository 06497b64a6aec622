"""The state of an experiment: everything that a checkpoint must hold for the next step to be the same, bit for bit."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.runs.checkpoint import Checkpoint, Score
from gpreg.runs.classes import Classes
from gpreg.runs.networks import spec_to_table
from gpreg.training.experiment import Experiment

GENERATOR, CRITIC, AVERAGE, MEASURE = "generator", "critic", "average", "measure"


def capture(
    experiment: Experiment, step: int, score: Score | None, tick: Mapping[str, Any] | None = None
) -> Checkpoint:
    """The state after a generator step. Every process must call it; process 0's is complete.

    Args:
        experiment: what is trained.
        step: generator steps done.
        score: of the generator at this step, if it was taken.
        tick: what this process keeps of a tick in progress, see :mod:`gpreg.training.tick`.
    """
    weights: dict[str, Mapping[str, Tensor]] = {
        GENERATOR: experiment.generator.state_dict(),
        CRITIC: experiment.critic.state_dict(),
    }
    if experiment.average:
        weights[AVERAGE] = experiment.average.generator.state_dict()
    if measure := tensors_of(experiment.penalty):
        weights[MEASURE] = measure
    classes = Classes.of(experiment.data)
    return Checkpoint(
        step=step,
        weights=weights,
        state={
            "sample": spec_to_table(experiment.data.spec) | (classes.to_table() if classes else {}),
            "processes": experiment.ranks.count,
            "optimizers": {name: optimizer.state_dict() for name, optimizer in optimizers_of(experiment).items()},
            "precision": experiment.precision.state_dict(),
            "penalty": experiment.penalty.get_extra_state(),
            "rho": experiment.coefficient.rho,
            "latents": experiment.latents.get_state(),
            "ranks": experiment.ranks.gather(own_state(experiment) | {"tick": tick}),
        },
        score=score,
    )


def own_state(experiment: Experiment) -> dict[str, Any]:
    """What differs between processes."""
    return {
        "stream": experiment.stream.state_dict(),
        "draws": experiment.draws.get_state(),
        "noise": experiment.noise.get_state(),
        "global": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(experiment.device) if experiment.device.type == "cuda" else None,
    }


def optimizers_of(experiment: Experiment) -> dict[str, torch.optim.Optimizer]:
    """The optimisers of an experiment, by whose parameters they move."""
    named = {
        "critic": experiment.critic_optimizer,
        "generator": experiment.generator_optimizer,
        "measure": experiment.measure_optimizer,
    }
    return {name: optimizer for name, optimizer in named.items() if optimizer}


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """A module's tensors by name, without the extra state that it may have."""
    return {name: value for name, value in module.state_dict().items() if isinstance(value, Tensor)}
