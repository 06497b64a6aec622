"""The state of an experiment: everything that a checkpoint must hold for the next step to be the same, bit for bit."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.errors import UsageError
from gpreg.runs.checkpoint import Checkpoint, Score
from gpreg.runs.classes import Classes
from gpreg.runs.networks import spec_to_table
from gpreg.training.experiment import Experiment

GENERATOR, CRITIC, AVERAGE, MEASURE = "generator", "critic", "average", "measure"


def capture(experiment: Experiment, step: int, score: Score | None) -> Checkpoint:
    """The state after a generator step. Every process must call it; process 0's is complete.

    Args:
        experiment: what is trained.
        step: generator steps done.
        score: of the generator at this step, if it was taken.
    """
    weights: dict[str, Mapping[str, Tensor]] = {
        GENERATOR: experiment.generator.state_dict(),
        CRITIC: experiment.critic.state_dict(),
    }
    if experiment.average:
        weights[AVERAGE] = experiment.average.generator.state_dict()
    if measure := _tensors(experiment.penalty):
        weights[MEASURE] = measure
    classes = Classes.of(experiment.data)
    return Checkpoint(
        step=step,
        weights=weights,
        state={
            "sample": spec_to_table(experiment.data.spec) | (classes.to_table() if classes else {}),
            "processes": experiment.ranks.count,
            "optimizers": {name: optimizer.state_dict() for name, optimizer in _optimizers(experiment).items()},
            "precision": experiment.precision.state_dict(),
            "penalty": experiment.penalty.get_extra_state(),
            "rho": experiment.coefficient.rho,
            "latents": experiment.latents.get_state(),
            "ranks": experiment.ranks.gather(_own_state(experiment)),
        },
        score=score,
    )


def restore(experiment: Experiment, checkpoint: Checkpoint) -> None:
    """Continue from a checkpoint.

    Raises:
        UsageError: it was written by another number of processes, or for another recipe.
    """
    state, ranks = checkpoint.state, experiment.ranks
    if state["processes"] != ranks.count:
        raise UsageError(
            f"the run was trained by {state['processes']} processes and cannot go on, bit for bit, with {ranks.count}",
            remedy=f"start it with torchrun and {state['processes']} processes in all"
            if state["processes"] > 1
            else "start it without torchrun",
        )
    try:
        _restore_all(experiment, checkpoint)
    except (RuntimeError, KeyError, ValueError, IndexError) as error:
        raise UsageError(
            f"the recipe describes another experiment than the checkpoint of step {checkpoint.step} is of: "
            f"{str(error).splitlines()[0]}",
            remedy="undo what was changed in recipe.toml since the run was started; to train on with other choices, "
            "start a new run",
        ) from error
    _restore_own(experiment, state["ranks"][ranks.rank])


def restore_networks(experiment: Experiment, checkpoint: Checkpoint) -> None:
    """Take the players' weights from a checkpoint, and the measure's own where it is of the same kind; nothing else.

    Raises:
        UsageError: the networks are others.
    """
    try:
        experiment.generator.load_state_dict(checkpoint.weights[GENERATOR])
        experiment.critic.load_state_dict(checkpoint.weights[CRITIC])
    except RuntimeError as error:
        raise UsageError(
            f"these choices describe other networks than the checkpoint of step {checkpoint.step} has",
            remedy="leave --arch, -A, --dataset and --conditional as the run has them",
        ) from error
    saved = checkpoint.weights.get(MEASURE, {})
    own = _tensors(experiment.penalty)
    if {name: tensor.shape for name, tensor in saved.items()} == {name: tensor.shape for name, tensor in own.items()}:
        _restore_measure(experiment, saved)


def _restore_measure(experiment: Experiment, saved: Mapping[str, Tensor]) -> None:
    own = dict(experiment.penalty.state_dict(keep_vars=True))
    with torch.no_grad():
        for name, tensor in saved.items():
            own[name].copy_(tensor)


def _restore_all(experiment: Experiment, checkpoint: Checkpoint) -> None:
    """What is the same in every process."""
    state = checkpoint.state
    experiment.generator.load_state_dict(checkpoint.weights[GENERATOR])
    experiment.critic.load_state_dict(checkpoint.weights[CRITIC])
    if experiment.average:
        experiment.average.generator.load_state_dict(checkpoint.weights[AVERAGE])
    _restore_measure(experiment, checkpoint.weights.get(MEASURE, {}))
    experiment.penalty.set_extra_state(state["penalty"])
    if "rho" in state:  # older checkpoints do not have it
        experiment.coefficient.rho = experiment.penalty.rho = state["rho"]
    for name, optimizer in _optimizers(experiment).items():
        optimizer.load_state_dict(state["optimizers"][name])
    experiment.precision.load_state_dict(state["precision"])
    experiment.latents.set_state(state["latents"])


def _own_state(experiment: Experiment) -> dict[str, Any]:
    """What differs between processes."""
    return {
        "stream": experiment.stream.state_dict(),
        "draws": experiment.draws.get_state(),
        "noise": experiment.noise.get_state(),
        "global": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(experiment.device) if experiment.device.type == "cuda" else None,
    }


def _restore_own(experiment: Experiment, state: Mapping[str, Any]) -> None:
    experiment.stream.load_state_dict(state["stream"])
    experiment.draws.set_state(state["draws"])
    experiment.noise.set_state(state["noise"])
    torch.set_rng_state(state["global"])
    if state["cuda"] is not None:
        torch.cuda.set_rng_state(state["cuda"], experiment.device)


def _optimizers(experiment: Experiment) -> dict[str, torch.optim.Optimizer]:
    named = {
        "critic": experiment.critic_optimizer,
        "generator": experiment.generator_optimizer,
        "measure": experiment.measure_optimizer,
    }
    return {name: optimizer for name, optimizer in named.items() if optimizer}


def _tensors(module: nn.Module) -> dict[str, Tensor]:
    return {name: value for name, value in module.state_dict().items() if isinstance(value, Tensor)}
