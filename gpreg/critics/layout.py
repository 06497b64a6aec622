"""The layout of points: which leaves of a nest are differentiated, and how they become one tensor and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpreg.critics.nests import rebuild
from gpreg.errors import UsageError, did_you_mean

Wrt = str | int | Sequence[str | int]
"""Paths of leaves, such as ``"obs.policy"`` or ``0``."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the leaves of a nest become points ``(N, *x)``, and points a nest again.

    A single leaf keeps its shape; several are flattened and put one after another, so that the norm is joint.

    Attributes:
        nest: a nest with the containers that the critic takes.
        names: paths of the leaves that are differentiated.
        shapes: the shape of one row of each.
        dtypes: the dtype of each.
        pack: number of rows that are one sample.
    """

    nest: Any
    names: tuple[str, ...]
    shapes: tuple[torch.Size, ...]
    dtypes: tuple[torch.dtype, ...]
    pack: int

    def points(self, found: Mapping[str, Any]) -> Tensor:
        """The points ``(N, *x)`` of leaves by path."""
        parts = [packed(found[name], self.pack) for name in self.names]
        return parts[0] if len(parts) == 1 else torch.cat([part.flatten(1) for part in parts], dim=1)

    def split(self, points: Tensor) -> dict[str, Tensor]:
        """The leaves ``(rows, *shape)`` of points, by path."""
        rows = len(points) * self.pack
        if len(self.names) == 1:
            return {self.names[0]: points.reshape(rows, *self.shapes[0])}
        parts = points.split([shape.numel() * self.pack for shape in self.shapes], dim=1)
        described = zip(self.names, parts, self.shapes, self.dtypes, strict=True)
        return {name: part.reshape(rows, *shape).to(dtype) for name, part, shape, dtype in described}

    def inputs(self, points: Tensor, others: Mapping[str, Any]) -> Any:
        """The critic's input at points: a nest of these and of the other leaves."""
        return rebuild(self.nest, {**others, **self.split(points)}, len(points) * self.pack)

    def units(self, scale: Any) -> Tensor | float | None:
        """The units of the coordinates, which broadcast to points ``(N, *x)``.

        Args:
            scale: a number; a tensor that broadcasts to the rows of the only leaf; or such for each leaf by its path.

        Raises:
            UsageError: a leaf has none, or one of a wrong shape.
        """
        if scale is None or isinstance(scale, int | float):
            return scale
        given = scale if isinstance(scale, Mapping) else dict.fromkeys(self.names[:1], scale)
        if set(map(str, given)) != set(self.names):
            raise UsageError(
                f"scale is given for {', '.join(repr(str(key)) for key in given)}, and the leaves that are "
                f"differentiated are {', '.join(map(repr, self.names))}",
                remedy="give scale={path: tensor} with one for each, or a number",
            )
        try:
            named = {str(key): torch.as_tensor(value) for key, value in given.items()}
            each = [named[name].expand(shape) for name, shape in zip(self.names, self.shapes, strict=True)]
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"scale is {scale!r}; it must be a number, a tensor, or one for each leaf",
                remedy="give the unit of each coordinate, such as scale=data.std(0)",
            ) from error
        except RuntimeError as error:
            raise UsageError(f"scale does not broadcast to one sample: {error}") from error
        repeated = [one.expand(self.pack, *one.shape) if self.pack > 1 else one for one in each]
        return repeated[0] if len(each) == 1 else torch.cat([one.flatten() for one in repeated])


def layout_of(nest: Any, leaves_of: Mapping[str, Mapping[str, Any]], wrt: Wrt | None, pack: int) -> Layout:
    """The layout of a nest.

    Args:
        nest: the real batch, or the fake one if there is no real one.
        leaves_of: the leaves by path of the real and the fake batch, or of one of them, by its name.
        wrt: paths of the leaves that are differentiated; ``None``: all that are floating.
        pack: number of rows that are one sample.

    Raises:
        UsageError: the two are not alike; there is nothing to differentiate; or ``wrt`` names something else.
    """
    found = list(leaves_of.items())
    first_name, first = found[0]
    for name, other in found[1:]:
        if differing := [path for path in {**first, **other} if (path in first) != (path in other)]:
            has, lacks = (first_name, name) if differing[0] in first else (name, first_name)
            raise UsageError(f"{has} has a leaf {differing[0]!r} and {lacks} has none; they must be alike")
    floating = [path for path, leaf in first.items() if isinstance(leaf, Tensor) and leaf.is_floating_point()]
    names = floating if wrt is None else [path for one in _listed(wrt) for path in _named(str(one), first, floating)]
    if not names:
        if not first:
            raise UsageError(f"{first_name} is empty: {nest!r}", remedy="give at least one floating tensor (B, *x)")
        came = ", ".join(f"{path!r}: {_kind(leaf)}" for path, leaf in first.items())
        raise UsageError(
            f"{first_name} has nothing to differentiate: its leaves are {came}; at least one must be floating",
            remedy="scale integers to floats, as the generator makes them, or pass embeddings in their place",
        )
    of_each = [[other[path] for _, other in found] for path in dict.fromkeys(names)]
    for path, (leaf, *rest) in zip(dict.fromkeys(names), of_each, strict=True):
        if rest and (not isinstance(rest[0], Tensor) or leaf.shape[1:] != rest[0].shape[1:]):
            at = f" at {path!r}" if path else ""
            raise UsageError(
                f"real samples{at} have shape {tuple(leaf.shape[1:])} and fake ones "
                f"{tuple(getattr(rest[0], 'shape', ()))[1:]}; they must be alike"
            )
    return Layout(
        nest=nest,
        names=tuple(dict.fromkeys(names)),
        shapes=tuple(leaf.shape[1:] for leaf, *_ in of_each),
        dtypes=tuple(torch.promote_types(pair[0].dtype, pair[-1].dtype) for pair in of_each),
        pack=pack,
    )


def length(found: Mapping[str, Any], name: str, expected: int | None = None) -> int:
    """The common length of all tensors of a nest; those without axes are constants.

    Raises:
        UsageError: they differ, or are not as long as expected.
    """
    sizes = {path: len(leaf) for path, leaf in found.items() if isinstance(leaf, Tensor) and leaf.ndim}
    if expected is None and not sizes:
        raise UsageError(f"{name} has no tensor with a batch axis")
    wanted = next(iter(sizes.values())) if expected is None else expected
    if wrong := {path: size for path, size in sizes.items() if size != wanted}:
        path, size = next(iter(wrong.items()))
        at = f" at {path!r}" if path else ""
        than = f"the batch has {wanted}" if expected is not None else f"{next(iter(sizes))!r} has {wanted}"
        raise UsageError(
            f"{name}{at} has {size} rows, and {than}; the batch is the first axis of each",
            remedy="give fake_condition= (or fake_labels=) for fake samples that have other ones"
            if "fake" in name and expected is not None
            else "let the critic hold what does not belong to single samples, as in lambda x: critic(x, weights)",
        )
    return wanted


def packed(rows: Tensor, pack: int) -> Tensor:
    """``(B, *x)`` as ``(B/k, k, *x)``; unchanged for k = 1.

    Raises:
        UsageError: k does not divide B.
    """
    if pack == 1:
        return rows
    if len(rows) % pack:
        raise UsageError(
            f"pack={pack} does not divide the batch of {len(rows)} rows",
            remedy=f"give a multiple of {pack} rows, as with drop_last=True in a DataLoader",
        )
    return rows.reshape(-1, pack, *rows.shape[1:])


def _listed(wrt: Wrt) -> Sequence[str | int]:
    listed = [wrt] if isinstance(wrt, str | int) else wrt
    if not isinstance(listed, Sequence) or not listed:
        raise UsageError(
            f"wrt is {wrt!r}; it must be a leaf's path, or a list of one or more",
            remedy="leave wrt out, and the gradient is taken by all floating leaves",
        )
    return listed


def _named(name: str, found: Mapping[str, Any], floating: Sequence[str]) -> list[str]:
    """The floating leaves that a path names: a leaf, or all below a container."""
    if chosen := [path for path in floating if path == name or path.startswith(f"{name}.")]:
        return chosen
    if leaf := [path for path in found if path == name or path.startswith(f"{name}.")]:
        raise UsageError(
            f"wrt names {leaf[0]!r}, which is {_kind(found[leaf[0]])} and cannot be differentiated",
            remedy=f"name a floating leaf: {', '.join(map(repr, floating)) or 'there is none'}",
        )
    if tuple(found) == ("",):
        raise UsageError(f"wrt is {name!r}, but the samples are one tensor, without names", remedy="leave wrt out")
    raise UsageError(f"wrt names {name!r}, which is no leaf{did_you_mean(name, found)}; they are {', '.join(found)}")


def _kind(leaf: Any) -> str:
    return str(leaf.dtype) if isinstance(leaf, Tensor) else f"a {type(leaf).__name__}"
