"""Nests: what a critic takes besides a single tensor, which are tuples, lists and mappings of tensors."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from gpreg.errors import UsageError

CONSTANTS = (type(None), bool, int, float, complex, str, bytes)
"""The types of leaves, besides tensors, that are handed through as they are."""


def leaves(nest: Any, name: str) -> dict[str, Any]:
    """The leaves of a nest by their paths, such as ``"obs.policy"`` or ``"0"``; a tensor's own path is ``""``.

    Args:
        nest: a tensor, or tuples, lists and mappings of such.
        name: what errors call it, such as ``"real"``.

    Raises:
        UsageError: a leaf is neither a tensor nor a constant, or two have the same path.

    >>> list(leaves({"obs": {"policy": torch.zeros(4, 2)}, "done": torch.zeros(4, dtype=torch.bool)}, "real"))
    ['obs.policy', 'done']
    """
    found: dict[str, Any] = {}
    for path, leaf in _walk(nest, name, ""):
        if path in found:
            raise UsageError(f"{name} has two leaves whose path is {path!r}", remedy="rename a key")
        found[path] = leaf
    return found


def rebuild(nest: Any, values: Mapping[str, Any], rows: int, path: str = "") -> Any:
    """A nest of the same containers with other leaves.

    Args:
        nest: the nest whose containers are wanted.
        values: the new leaves by path.
        rows: length of the new leaves, for containers that record their batch size (TensorDict).
        path: path of ``nest`` itself.

    >>> rebuild(({"x": torch.zeros(4, 2)}, None), {"0.x": torch.ones(3, 2), "1": None}, 3)[0]["x"].shape
    torch.Size([3, 2])
    """
    if isinstance(nest, (Tensor, *CONSTANTS)):
        return values[path]
    new = [(key, rebuild(child, values, rows, child_path)) for key, child, child_path in _children(nest, path)]
    if not _is_mapping(nest):
        members = [value for _, value in new]
        return type(nest)(*members) if hasattr(nest, "_fields") else type(nest)(members)
    if hasattr(nest, "batch_size"):
        return type(nest)(dict(new), batch_size=[rows, *nest.batch_size[1:]])
    if type(nest) is dict:
        return dict(new)
    try:
        return type(nest)(dict(new))
    except TypeError as error:
        raise UsageError(
            f"a {type(nest).__name__} cannot be built anew from its items, for the penalty's points",
            remedy="pass a dict, and let the critic convert it",
        ) from error


def _walk(nest: Any, name: str, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(nest, (Tensor, *CONSTANTS)):
        yield path, nest
        return
    if not isinstance(nest, tuple | list) and not _is_mapping(nest):
        where = f"{name} at {path!r}" if path else name
        raise UsageError(
            f"{where} is of type {type(nest).__name__}; it must be a tensor (B, *x), or a nest of such",
            remedy="convert it, as with torch.as_tensor for arrays",
        )
    for _, child, child_path in _children(nest, path):
        yield from _walk(child, name, child_path)


def _children(nest: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    """Key, value and path of each member of a container."""
    items = ((key, nest[key]) for key in nest.keys()) if _is_mapping(nest) else enumerate(nest)  # noqa: SIM118 -- a TensorDict iterates over its rows
    for key, child in items:
        yield key, child, f"{path}.{key}" if path else str(key)


def _is_mapping(nest: Any) -> bool:
    return isinstance(nest, Mapping) or (hasattr(nest, "keys") and hasattr(nest, "__getitem__"))
