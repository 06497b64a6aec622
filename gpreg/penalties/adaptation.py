"""The arguments of a penalty that say how to read its critic, and what a measure sees of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gpreg.critics.adapted import AdaptedCritic, adapted_generator, constant
from gpreg.critics.conditions import Table, rows
from gpreg.critics.layout import Layout, Wrt, layout_of, length
from gpreg.critics.nests import leaves
from gpreg.critics.outputs import Outputs, check_outputs
from gpreg.errors import UsageError
from gpreg.penalties.material import Material


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """The arguments of a penalty that say how to read its critic's inputs and outputs.

    Attributes:
        wrt: paths of the leaves that are differentiated; ``None``: all floating ones.
        scale: the unit of each coordinate, by which the gradient is taken: a number, a tensor, or one for each leaf.
        outputs: how the critic's outputs become one number a sample; ``None``: they are.
        pack: number of rows that the critic judges at once (PacGAN), which are one sample.
    """

    wrt: Wrt | None = None
    scale: Any = None
    outputs: Outputs | None = None
    pack: int = 1

    def __post_init__(self) -> None:
        check_outputs(self.outputs)
        if not isinstance(self.pack, int) or self.pack < 1:
            raise UsageError(f"pack is {self.pack!r}; it must be a whole number >= 1 (1: each row is a sample)")
        if isinstance(self.scale, int | float) and not 0 < self.scale < float("inf"):
            raise UsageError(f"scale is {self.scale!r}; it must be a finite number > 0, the unit of the coordinates")

    def facts(self) -> Iterator[str]:
        """The arguments that differ from their defaults, as ``"wrt='obs'"``."""
        for name, value in (("wrt", self.wrt), ("outputs", self.outputs), ("scale", self.scale)):
            if value is not None:
                shown = "a function" if callable(value) else repr(value)
                yield f"{name}={'by coordinate' if isinstance(value, Tensor | Mapping) else shown}"
        if self.pack > 1:
            yield f"pack={self.pack}"

    def needed(self, real: Any, fake: Any, material: Material) -> bool:
        """Whether anything has to be adapted: else critic and batches stay as they are."""
        labels = material.get("labels")
        return not (
            (real is None or isinstance(real, Tensor))
            and (fake is None or isinstance(fake, Tensor))
            and material.get("condition") is None
            and material.get("fake_condition") is None
            and (labels is None or labels.ndim == 1)
            and self.outputs is None
            and self.wrt is None
            and self.scale is None
            and self.pack == 1
        )

    def __call__(self, critic: Any, real: Any, fake: Any, material: Material) -> tuple[Any, Any, Any, Material]:
        """Critic, real and fake batch and the other arguments of a step, as a measure sees them.

        Raises:
            UsageError: a nest is ragged, empty or unlike the other; ``wrt``, ``scale`` or ``pack`` does not fit it; a
                condition is of another length.
        """
        sides = [(name, nest) for name, nest in (("real", real), ("fake", fake)) if nest is not None]
        if not sides:
            raise UsageError("no samples were given", remedy="call penalty(critic, real, fake)")
        found = {name: leaves(nest, name) for name, nest in sides}
        layout = layout_of(sides[0][1], found, self.wrt, self.pack)
        for name, of_side in found.items():
            length(of_side, name)
        points = {name: layout.points(of_side) for name, of_side in found.items()}
        conditions = _conditions(material, [name for name, _ in sides])
        others = {
            name: {path: leaf for path, leaf in of_side.items() if path not in layout.names}
            for name, of_side in found.items()
        }
        table, first = None, 0
        if conditions or any(not constant(leaf) for of_side in others.values() for leaf in of_side.values()):
            of_sides = []
            for name, of_side in found.items():
                condition = conditions[name] if conditions else None
                numbers = torch.arange(first, first + len(points[name]), device=points[name].device)
                of_sides.append(rows(name, of_side, others[name], condition, numbers))
                first += len(numbers)
            table = Table(sides=tuple(of_sides), pack=self.pack)
            of_fake = of_sides[-1].numbers if "fake" in found else None
            material = Material(**{**material, "labels": of_sides[0].numbers, "fake_labels": of_fake})
        adapted = AdaptedCritic(
            critic=critic,
            layout=layout,
            outputs=self.outputs,
            table=table,
            condition=None if conditions is None else next(iter(conditions.values())),
            units=self._units(layout, points[sides[0][0]]),
        )
        if generator := material.get("generator"):
            material = Material(**{**material, "generator": adapted_generator(generator, adapted)})
        return adapted, points.get("real"), points.get("fake"), material

    def _units(self, layout: Layout, points: Tensor) -> Tensor | float | None:
        units = layout.units(self.scale)
        return units.detach().to(points) if isinstance(units, Tensor) else units


def _conditions(material: Material, names: list[str]) -> dict[str, Any] | None:
    """The condition of each batch, or ``None`` for an unconditional critic. Labels are a condition."""
    both: dict[str, Any] = {"real": material.get("condition"), "fake": material.get("fake_condition")}
    labels = {"real": material.get("labels"), "fake": material.get("fake_labels")}
    if any(one is not None for one in both.values()) and any(one is not None for one in labels.values()):
        raise UsageError(
            "both labels and condition are given", remedy="give one nest: condition=(labels, ...), or labels alone"
        )
    both = {side: labels[side] if one is None else one for side, one in both.items()}
    both["fake"] = both["real"] if both["fake"] is None else both["fake"]
    if both["fake"] is None:
        return None
    if both["real"] is None and "real" in names:
        raise UsageError("a condition is given for the fake samples only", remedy="give condition= for the real ones")
    return {name: both[name] for name in names}
