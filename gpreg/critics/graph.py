"""The graph that autograd has recorded for a tensor."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor


def nodes(*outputs: Tensor) -> Iterator[Any]:
    """The nodes of the graph of some tensors, each once.

    >>> [type(node).__name__ for node in nodes(2 * torch.ones(2, requires_grad=True))]
    ['MulBackward0', 'AccumulateGrad']
    """
    unseen, seen = [output.grad_fn for output in outputs], set[Any]()
    while unseen:
        node = unseen.pop()
        if node is not None and node not in seen:
            yield node
            seen.add(node)
            unseen.extend(following for following, _ in node.next_functions)


def leaves_of(*outputs: Tensor) -> list[Tensor]:
    """The tensors that the outputs were computed from and that require a gradient, each once."""
    found = (node.variable for node in nodes(*outputs) if type(node).__name__ == "AccumulateGrad")
    return list({id(leaf): leaf for leaf in found}.values())


def checkpointed(*outputs: Tensor) -> bool:
    """Whether a part of the graph is an activation checkpoint with ``use_reentrant=True``.

    Its parameters are no part of the graph: ``torch.autograd.grad`` by them is 0 without an error.
    """
    return any("CheckpointFunction" in node.name() for node in nodes(*outputs))
