"""Restore a run from a checkpoint, after comparing each part of it with what the run itself would have saved."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.amp import GradScaler

from gpreg.errors import CheckpointError, GpregError, UsageError
from gpreg.runs.checkpoint import Checkpoint
from gpreg.runs.expected import MismatchError, check_like, check_number, check_tensor, check_tensors, load_weights
from gpreg.training.optimizer_state import restore_optimizer
from gpreg.training.optimizers import Schedule
from gpreg.training.roles import CRITIC, GENERATOR, MEASURE
from gpreg.training.setup import Setup
from gpreg.training.state import AVERAGE, modules_of, tensors_of


def restore(setup: Setup, checkpoint: Checkpoint) -> object:
    """Continue from a checkpoint.

    Returns:
        what it keeps of a tick that was in progress, as :class:`gpreg.training.trainer.Trainer` takes it.

    Raises:
        UsageError: it was written by another number of processes, or for another recipe.
        CheckpointError: a part of it cannot be: NaN, a negative count, a random state that is none.
        DataError: the data has changed since.
    """
    state, ranks = checkpoint.state, setup.ranks
    _check_parts(state)
    if state["processes"] != ranks.count:
        raise UsageError(
            f"the run was trained by {state['processes']} processes and cannot go on, bit for bit, with {ranks.count}",
            remedy=f"start it with torchrun and {state['processes']} processes in all"
            if state["processes"] > 1
            else "start it without torchrun",
        )
    if len(state["ranks"]) != ranks.count:
        raise CheckpointError("the state of the checkpoint is damaged: it is not of as many processes as it says")
    try:
        _restore_all(setup, checkpoint)
        return _restore_process(setup, state["ranks"][ranks.rank])
    except MismatchError as error:
        raise UsageError(
            f"the recipe describes another experiment than the checkpoint of step {checkpoint.step} is of: "
            f"{error.message}",
            remedy="undo what was changed in recipe.toml since the run was started; to train on with other choices, "
            "start a new run, with --init RUN from these weights",
        ) from error


def restore_networks(setup: Setup, checkpoint: Checkpoint) -> None:
    """Take the players' weights from a checkpoint, and the measure's own where it is of the same kind; nothing else.

    Raises:
        UsageError: the networks are others.
        CheckpointError: a weight is not finite.
    """
    try:
        _restore_players(setup, checkpoint)
    except MismatchError as error:
        raise UsageError(
            f"these choices describe other networks than the checkpoint of step {checkpoint.step} has: {error.message}",
            remedy="leave --arch, -A, --dataset, --conditional, --constraint and -C as the run has them",
        ) from error
    with suppress(MismatchError):
        _restore_measure(setup, checkpoint)


def start_from(setup: Setup, checkpoint: Checkpoint, origin: Path) -> None:
    """Begin with the weights of another run: both players', and the average's where both have one.

    Without an average there, this run's begins at the generator. Optimisers, measure, random numbers and data
    are as for any new run.

    Args:
        setup: set up, before its first step.
        checkpoint: of the other run.
        origin: where it was read, for errors.

    Raises:
        UsageError: the networks are others; names the first tensor that differs.
        CheckpointError: a weight is not finite.
    """
    average = AVERAGE if AVERAGE in checkpoint.weights else GENERATOR
    try:
        _restore_players(setup, checkpoint)
        if setup.average:
            load_weights(setup.average.generator, checkpoint.weights[average], average)
    except MismatchError as error:
        raise UsageError(
            f"--init {origin} has other networks than this run: {error.message}",
            remedy="choose --arch, -A, --dataset and --conditional as that run has them: its recipe.toml says which",
        ) from error


def _check_parts(state: Mapping[str, Any]) -> None:
    """Refuse a state that does not have the parts of one."""
    parts = {"processes": int, "optimizers": Mapping, "precision": Mapping, "penalty": Mapping, "ranks": list}
    for name, kind in parts.items():
        if not isinstance(state.get(name), kind):
            raise CheckpointError(f"the state of the checkpoint is damaged: {name!r} is missing or of another type")


def _restore_players(setup: Setup, checkpoint: Checkpoint) -> None:
    load_weights(setup.generator, checkpoint.weights.get(GENERATOR), GENERATOR)
    load_weights(setup.critic, checkpoint.weights.get(CRITIC), CRITIC)


def _restore_measure(setup: Setup, checkpoint: Checkpoint) -> None:
    _restore_tensors(setup.penalty, checkpoint.weights.get(MEASURE, {}), MEASURE)


def _restore_all(setup: Setup, checkpoint: Checkpoint) -> None:
    """Restore the part of the state that is equal in all processes."""
    state = checkpoint.state
    _restore_players(setup, checkpoint)
    if setup.average:
        load_weights(setup.average.generator, checkpoint.weights.get(AVERAGE), AVERAGE)
    _restore_measure(setup, checkpoint)
    _restore_penalty(setup, state["penalty"])
    if "rho" in state:  # older checkpoints do not have it
        setup.penalty.rho = float(check_number(state["rho"], "rho"))
    if checkpoint.step:
        _, setup.penalty.factor = Schedule(setup.recipe.schedule, setup.recipe.training.steps)(checkpoint.step - 1)
    for name, player in setup.players.items():
        restore_optimizer(player.optimizer, state["optimizers"].get(name), f"{name}_optimizer")
    _restore_precision(setup, state["precision"])
    _random(state, "latents", setup.latents)


def _restore_penalty(setup: Setup, state: Mapping[str, Any]) -> None:
    rng = state.get("rng")
    if type(state.get("steps")) is not int or not (rng is None or isinstance(rng, Mapping)):
        raise MismatchError("the penalty's count of steps is missing, or is none")
    check_number(state["steps"], "the penalty's count of steps")
    with _valid("the penalty's random numbers"):
        setup.penalty.set_extra_state({"steps": state["steps"], "rng": rng})


def _restore_precision(setup: Setup, state: Mapping[str, Any]) -> None:
    """The loss scales; in other precisions than float16 there are none."""
    scale = GradScaler("cpu").state_dict()
    for player, saved in state.items() if setup.precision.name == "fp16" else ():
        if player not in (CRITIC, GENERATOR):
            raise MismatchError("the checkpoint has a loss scale of no player")
        check_like(saved, scale, f"the loss scale of {player}")
    with _valid("the loss scales"):
        setup.precision.load_state_dict(state)


def _random(state: Mapping[str, Any], name: str, rng: torch.Generator) -> None:
    """Restore the state of a random generator."""
    found = state.get(name)
    check_tensor(found, rng.get_state(), f"the state of the random numbers {name!r}")
    with _valid(f"the state of the random numbers {name!r}"):
        rng.set_state(cast(Tensor, found))


def _restore_added(setup: Setup, state: object) -> None:
    """Restore the state of terms and constraints, which older checkpoints lack."""
    for player, modules in modules_of(setup).items():
        found = state.get(player) if isinstance(state, Mapping) else None
        for name, module in modules.items():
            _restore_tensors(module, found.get(name) if isinstance(found, Mapping) else None, f"{name} of {player}")


def _restore_tensors(module: nn.Module, found: object, what: str) -> None:
    """A module's tensors, without the extra state that it may have."""
    saved, tensors = check_tensors(found, tensors_of(module), what), dict(module.state_dict(keep_vars=True))
    with torch.no_grad():
        for name, tensor in saved.items():
            tensors[name].copy_(tensor)


@contextmanager
def _valid(what: str) -> Iterator[None]:
    """Errors of whoever takes a state over, which the outside of it does not show, such as of a random generator."""
    try:
        yield
    except GpregError:
        raise
    except Exception as error:
        raise CheckpointError(f"{what} cannot be as the checkpoint says: {type(error).__name__}") from error


def _restore_process(setup: Setup, state: object) -> object:
    """Restore the part of the state that differs between processes; returns the tick in progress."""
    if not isinstance(state, Mapping) or not isinstance(state.get("stream"), Mapping):
        raise MismatchError("the checkpoint has no state of this process")
    check_like(state["stream"], setup.stream.state_dict(), "the place in the data")
    with _valid("the place in the data"):
        setup.stream.load_state_dict(state["stream"])
    _restore_added(setup, state.get("added"))
    _random(state, "draws", setup.draws)
    _random(state, "noise", setup.noise)
    _random(state, "global", torch.default_generator)
    if state.get("cuda") is not None and setup.device.type == "cuda":
        _random(state, "cuda", torch.cuda.default_generators[setup.device.index])
    return state.get("tick")
