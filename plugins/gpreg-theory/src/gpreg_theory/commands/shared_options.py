"""Options that both halves of ``gpreg stability`` have, for toys and for networks, each with its own default."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
from click.shell_completion import CompletionItem

from gpreg.cli.parameters import as_json, complete_choice, complete_recipe
from gpreg.errors import UsageError
from gpreg_theory.commands.toy_names import TOYS

_Command = TypeVar("_Command", bound=Callable[..., Any])

Half = Literal["toys", "networks", "both"]

_DEFAULTS = {
    "measure": ("no penalty", "the recipe's own", "a recipe's own, for a toy no penalty"),
    "rho": ("1", "the recipe's own", "a recipe's own, for a toy 1"),
    "loss": ("wasserstein", "the recipe's own", "a recipe's own, for a toy wasserstein"),
}
_PICTURES = (
    "phase portraits of a planar toy, rates over rho of another",
    "the modes' damping ratios",
    "phase portraits of a planar toy, rates over rho of another, damping ratios of networks",
)


def shared(half: Half) -> Callable[[_Command], _Command]:
    """Give a command the argument SYSTEM and the shared options; ``"both"`` describes them for both halves."""
    at = ("toys", "networks", "both").index(half)
    measure, rho, loss = (_DEFAULTS[name][at] for name in ("measure", "rho", "loss"))
    options: tuple[Callable[[Any], Any], ...] = (
        click.argument("system", shell_complete=_complete_system),
        click.option(
            "--measure",
            "measures",
            multiple=True,
            metavar="NAME",
            shell_complete=complete_choice("measure"),
            help=f"of `gpreg list-measures`; repeatable, to compare; by default {measure}",
        ),
        click.option(
            "-M",
            "measure_options",
            multiple=True,
            metavar="[MEASURE.]KEY=VALUE",
            help="option of a measure, such as g-anc.point=1; without MEASURE. of all that have it",
        ),
        click.option("--rho", metavar="NUMBER", help=f"coefficient of the penalty; by default {rho}"),
        click.option(
            "--form", metavar="NAME", shell_complete=complete_choice("form"), help="by default the measure's own"
        ),
        click.option("-F", "form_options", multiple=True, metavar="KEY=VALUE", help="option of the form"),
        click.option("--loss", metavar="NAME", shell_complete=complete_choice("loss"), help=f"by default {loss}"),
        click.option("-L", "loss_options", multiple=True, metavar="KEY=VALUE", help="option of the loss"),
        click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help=f"FILE.png: {_PICTURES[at]}"),
        as_json,
    )

    def give(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return give


def png(picture: Path | None) -> None:
    """Refuse a picture in a format other than PNG, before anything is computed.

    Raises:
        UsageError: its name does not end in .png.
    """
    if picture is not None and picture.suffix.lower() != ".png":
        raise UsageError(f"--picture {picture} is no PNG", remedy="give it a name that ends in .png")


def _complete_system(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The toys and recipes whose names begin so, and folders, for completion in a shell."""
    own = [CompletionItem(toy, help=text) for toy, text in TOYS.items() if toy.startswith(incomplete)]
    return [*own, *complete_recipe(ctx, param, incomplete)]
