"""Restore an optimiser's state from a checkpoint, after comparing it with a state that the same optimiser makes."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from gpreg.errors import CheckpointError
from gpreg.runs.expected import MismatchError, check_number, check_tensor

_COUNTS = {"step", "step_size", "eta", "mu", "mu_product"}
_SQUARES = {"exp_avg_sq", "max_exp_avg_sq", "square_avg", "second_moment", "acc_delta", "sum", "exp_inf"}
_FACTORS = {"row_var", "col_var", "variance"}
NOT_NEGATIVE = frozenset(_COUNTS | _SQUARES | _FACTORS)
"""Entries that must not be negative, by torch's names: counts and rates; averages of squares, whose root is taken, and
their factors."""

OWN = frozenset({"params", "lr", "initial_lr", "foreach", "fused", "capturable", "differentiable"})
"""Entries of a group that may differ from the recipe: rates follow the schedule, and the device decides the rest."""


def restore_optimizer(optimizer: Optimizer, found: object, what: str) -> None:
    """Restore an optimiser from its saved state, after checking every part of it.

    Kernels that update all parameters at once trust the sizes of the state that they are given. So a state is made
    here, by a step of a copy with gradients of 0. The saved tensors are copied into it if names, shapes and dtypes
    agree and the values are possible. Arguments are those of the recipe, except what a schedule moves: the learning
    rate and the second beta, which are restored.

    Args:
        optimizer: a new optimiser of the run's parameters.
        found: its ``state_dict`` from a checkpoint.
        what: what errors call the optimiser.

    Raises:
        MismatchError: the state belongs to another optimiser, other parameters or other arguments.
        CheckpointError: a number is not finite, or negative where that is impossible.
    """
    if not isinstance(found, Mapping) or found.keys() != {"state", "param_groups"}:
        raise MismatchError(f"the checkpoint has no state of {what}")
    asked = optimizer.state_dict()
    groups = _groups(found["param_groups"], asked["param_groups"], what)
    reference = _after_a_step(optimizer)["state"]
    if not isinstance(found["state"], Mapping) or not reference.keys() >= found["state"].keys():
        raise MismatchError(f"the state of {what} is of other parameters")
    state = {index: _state(kept, reference[index], what) for index, kept in found["state"].items()}
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _after_a_step(optimizer: Optimizer) -> dict[str, Any]:
    """The state after one step on a copy of the parameters."""
    trial = copy.deepcopy(optimizer)
    for group in trial.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.zeros_like(parameter)
    trial.step()
    return trial.state_dict()


def _state(found: object, expected: Mapping[str, Any], what: str) -> dict[str, Any]:
    """One parameter's state."""
    if not isinstance(found, Mapping) or found.keys() != expected.keys():
        raise MismatchError(f"the state of {what} has other parts in the checkpoint")
    return {name: _value(found[name], value, f"{name} of {what}", name) for name, value in expected.items()}


def _value(found: object, expected: object, what: str, name: str) -> object:
    least = 0.0 if name in NOT_NEGATIVE else float("-inf")
    if isinstance(expected, Tensor):
        # copied into new memory: the tensor that was read may be a single number, with strides that repeat it
        return torch.empty_like(expected).copy_(check_tensor(found, expected, what, least=least))
    if type(found) is not type(expected):
        raise MismatchError(f"{what} is a {type(found).__name__} in the checkpoint")
    return found if found is None else check_number(found, what)


def _groups(found: object, asked: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    """The groups of the recipe, with the learning rates and second betas of the checkpoint."""
    if (
        not isinstance(found, list)
        or len(found) != len(asked)
        or not all(isinstance(group, Mapping) for group in found)
    ):
        raise MismatchError(f"the groups of {what} are others in the checkpoint")
    groups = []
    for kept, group in zip(found, asked, strict=True):
        if kept.get("params") != group["params"]:
            raise MismatchError(f"the parameters of {what} are others in the checkpoint")
        betas = _betas(kept, group, what)
        for key in group.keys() & kept.keys() - OWN - betas.keys():
            if type(kept[key]) is not type(group[key]) or kept[key] != group[key]:
                raise MismatchError(f"{key} of {what} is {group[key]!r}, and another in the checkpoint")
        first = check_number(kept.get("initial_lr", group["lr"]), f"initial_lr of {what}")
        if first != group["lr"]:
            raise MismatchError(f"lr of {what} is {group['lr']!r}, and another in the checkpoint")
        rate = check_number(kept.get("lr"), f"lr of {what}")
        if rate > first:
            raise CheckpointError(f"lr of {what} is larger in the checkpoint than at the first step")
        groups.append({**group, "lr": float(rate), "initial_lr": float(first), **betas})
    return groups


def _betas(kept: Mapping[str, Any], asked: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The betas of a group whose second one a schedule moves, and the recipe's; nothing where none is moved."""
    if "initial_betas" not in kept:
        return {}
    first, now = asked.get("betas"), kept.get("betas")
    if kept["initial_betas"] != first or type(now) is not tuple or len(now) != 2 or now[0] != first[0]:
        raise MismatchError(f"betas of {what} is {first!r}, and another in the checkpoint")
    second = check_number(now[1], f"the second beta of {what}")
    if not 0 <= second < 1:
        raise CheckpointError(f"the second beta of {what} is {second:g} in the checkpoint")
    return {"betas": (first[0], float(second)), "initial_betas": first}
