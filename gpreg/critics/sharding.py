"""Critics whose parameters torch shards over processes (FSDP2), and what double backward does to them."""

import sys
from typing import Any

from torch import nn

from gpreg.errors import UsageError


def shards(critic: Any) -> list[nn.Module]:
    """The modules of a critic that ``torch.distributed.fsdp.fully_shard`` has sharded.

    >>> shards(torch.nn.Linear(2, 1))
    []
    """
    fsdp = sys.modules.get("torch.distributed.fsdp")  # who has sharded anything has imported it
    kind = getattr(fsdp, "FSDPModule", None)
    if kind is None or not isinstance(critic, nn.Module):
        return []
    return [module for module in critic.modules() if isinstance(module, kind)]


def refuse_sharded(critic: Any, *, shared: bool) -> None:
    """Refuse double backward through a sharded critic, unless its parameters are there when they are needed.

    By default a module's parameters are sharded again after its first backward pass, so that double backward finds
    storages of size 0. If they stay, forward passes between the penalty's own and the last backward pass lose the
    gradient of the last layer's weight, and nothing is raised. Both is measured in
    ``tests/penalties/test_sharded.py``.

    Args:
        critic: the critic.
        shared: whether the penalty's forward pass is the last one of the step.

    Raises:
        UsageError: the critic is sharded, and double backward would fail or lose gradients.
    """
    modules = shards(critic)
    if not modules or (shared and not any(map(_reshards, modules))):
        return
    raise UsageError(
        "the critic is sharded by fully_shard, and the exact gradient's double backward through it fails, or loses "
        "gradients without an error",
        remedy="take differences of the critic's values: estimator='finite-difference' or estimator='noise'. For exact "
        "gradients call critic.set_reshard_after_backward(False), compute loss and penalty by gpreg.CriticObjective, "
        "and after each step of the optimiser call reshard() of every FSDPModule in the critic",
    )


def reentrant_and_sharded() -> UsageError:
    """The refusal of a critic that is sharded and checkpointed with ``use_reentrant=True``.

    Of two forward passes before a backward pass, as every critic's step has them, torch loses gradients then, with or
    without a penalty, and raises nothing.
    """
    return UsageError(
        "the critic is sharded by fully_shard and checkpointed with use_reentrant=True: torch loses gradients of such "
        "a part if it runs twice before a backward pass",
        remedy="write checkpoint(..., use_reentrant=False) in the critic",
    )


def _reshards(module: Any) -> bool:
    """Whether a module's parameters are sharded again after its backward pass; torch has no public way to ask."""
    group = getattr(module._get_fsdp_state(), "_fsdp_param_group", None)
    return group is not None and bool(getattr(group, "reshard_after_backward", True))
