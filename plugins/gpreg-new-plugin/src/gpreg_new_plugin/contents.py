"""What a new package needs, and what to try it with, by the kinds of its things."""

from collections.abc import Mapping
from dataclasses import dataclass

from gpreg_new_plugin.thing import Thing

TORCH = "torch>=2.4"
CLICK = "click>=8.2"

TOOLS = ("mypy>=1.18", "pytest>=9.0", "ruff>=0.14")
"""What the tests of a package are run with, and its linters."""

TRAINING = (
    *("gpreg-architectures", "gpreg-datasets", "gpreg-losses", "gpreg-measures", "gpreg-metrics", "gpreg-recipes"),
    "gpreg-verify",
)
"""The packages that the kit and the recipe ``plane`` name things of."""

SHORT = "--steps 200"
"""Few enough to look at something within seconds."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """What goes with things of one kind.

    Attributes:
        requires: the libraries that such a module imports, beside gpreg.
        supplied: the packages of gpreg whose things it names.
        tested: the further packages of gpreg that its test or its trial needs.
        trial: what to type to see such a thing at work, with ``{name}`` for its name.
        factory: what builds the thing, in its module; empty: the class.
        options: whether it has options.
        files: suffixes of the files in the package that a thing has.
    """

    requires: tuple[str, ...] = (TORCH,)
    supplied: tuple[str, ...] = ()
    tested: tuple[str, ...] = ()
    trial: str
    factory: str = ""
    options: bool = False
    files: tuple[str, ...] = (".py",)


def _chosen(option: str, *, options: bool = True) -> Content:
    return Content(trial=f"gpreg train plane --{option} {{name}} {SHORT} --out runs/{{name}}", options=options)


CONTENTS: Mapping[str, Content] = {
    **{kind: _chosen(kind, options=False) for kind in ("measure", "form", "loss")},
    **{kind: _chosen(kind) for kind in ("regularizer", "constraint", "augmentation")},
    "architecture": _chosen("arch"),
    "dataset": _chosen("dataset"),
    "metric": _chosen("metric"),
    "observer": _chosen("observer"),
    "executor": Content(
        requires=(),
        tested=("gpreg-executors",),
        trial=f"gpreg sweep plane --measure mid --seeds 0:2 {SHORT} --executor {{name}} --out sweeps/{{name}}",
        options=True,
    ),
    "recipe": Content(
        requires=(),
        supplied=("gpreg-architectures", "gpreg-datasets", "gpreg-losses", "gpreg-measures", "gpreg-metrics"),
        trial=f"gpreg train {{name}} {SHORT} --out runs/{{name}}",
        factory="text",
        files=(".py", ".toml"),
    ),
    "sweep": Content(
        requires=(),
        supplied=("gpreg-measures", "gpreg-metrics", "gpreg-recipes"),
        tested=("gpreg-executors",),
        trial="gpreg sweep {name} --scale small --out sweeps/{name}",
        factory="text",
        files=(".py", ".toml"),
    ),
    "command": Content(requires=(CLICK,), trial="gpreg {name}", factory="command"),
    "check": Content(tested=("gpreg-theory",), trial="gpreg check plane --all", factory="check"),
    "advisor": Content(
        requires=(),
        trial="gpreg train plane --dataset digits -D size=8 --metric none --steps 200 --out runs/{name}",
    ),
}
"""The contents by kind, one for each row of :mod:`gpreg.registry.kinds`."""


def trial(thing: Thing) -> str:
    """What to type to see a thing at work."""
    return CONTENTS[thing.kind].trial.format(name=thing.name)
