"""``gpreg stability``: how stable the game is, on a toy, for a recipe's networks or for a run's."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from gpreg.cli import console
from gpreg.cli.choices import data_access
from gpreg.cli.parameters import as_json, complete_choice, complete_recipe
from gpreg.cli.session import Session
from gpreg.errors import UnknownNameError, UsageError
from gpreg.registry.options import assignments
from gpreg.registry.registry import Registry
from gpreg.runs.plan import Supply
from gpreg_theory.commands import networks, toys
from gpreg_theory.commands.check import run_at, step_of
from gpreg_theory.commands.measure_options import measures_with_options

TOYS = {
    "dirac": "D = psi x, data at 0, model at theta; only the mass of the measure counts",
    "uniform": "D = psi x^2, data U(-1, 1), model theta U(-1, 1); the measure counts by E_mu[x^2]",
    "degenerate": "D = psi x^2, data at 0, model at theta; a line of equilibria, and D vanishes at one of them only",
    "two-mode": "D = psi_1 x + psi_2 x^2, model theta_1 + theta_2 U(-1, 1); one rho for two modes",
    "ring": "a critic that sees each atom by itself; measures differ by how much they cover",
    "mass-transfer": "a generator that is no reparametrisation; penalties on p_d and p_g do not damp it",
}
"""The toys of :mod:`gpreg_theory.toys`, for help and completion: importing that one imports torch."""

ALIASES = {"lemma-1": "dirac", "lemma-2": "uniform", "lemma-3": "degenerate"}

OWN = {"degenerate": ("gp",)}
"""The measure of a toy's source, where none is chosen."""

OF_TOYS = {
    "critic_steps": "--critic-steps",
    "ratio": "--ratio",
    "starts": "--from",
    "time": "--time",
    "basin": "--basin",
}
OF_NETWORKS = {
    "keys": "--set",
    "modes": "--modes",
    "step": "--step",
    "construction": "--construction",
    "data_root": "--data-root",
    "download": "--download",
}
"""Options that mean something for one half only."""


def command() -> click.Command:
    """The command ``stability``."""

    @click.command("stability", epilog="\b\nToys:\n" + "\n".join(f"  {toy:13}  {text}" for toy, text in TOYS.items()))
    @click.argument("system", shell_complete=_complete_system)
    @click.option(
        "--measure",
        "measures",
        multiple=True,
        metavar="NAME",
        shell_complete=complete_choice("measure"),
        help="of `gpreg list-measures`; repeatable, to compare; by default a recipe's own, for a toy no penalty",
    )
    @click.option(
        "-M",
        "measure_options",
        multiple=True,
        metavar="[MEASURE.]KEY=VALUE",
        help="option of a measure, such as g-anc.point=1; without MEASURE. of all that have it",
    )
    @click.option("--rho", metavar="NUMBER", help="coefficient of the penalty; by default a recipe's own, for a toy 1")
    @click.option("--form", metavar="NAME", shell_complete=complete_choice("form"), help="by default the measure's own")
    @click.option("-F", "form_options", multiple=True, metavar="KEY=VALUE", help="option of the form")
    @click.option(
        "--loss",
        metavar="NAME",
        shell_complete=complete_choice("loss"),
        help="by default a recipe's own, for a toy wasserstein",
    )
    @click.option("-L", "loss_options", multiple=True, metavar="KEY=VALUE", help="option of the loss")
    @click.option(
        "--critic-steps",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="of a toy: before each generator step, for the largest alternating step",
    )
    @click.option(
        "--ratio",
        type=click.FloatRange(min=0, min_open=True),
        default=1.0,
        show_default=True,
        help="of a toy: the generator's learning rate over the critic's",
    )
    @click.option(
        "--from", "starts", multiple=True, metavar="PSI,THETA", help="of a toy: follow a trajectory; repeatable"
    )
    @click.option(
        "--time",
        type=click.FloatRange(min=0, min_open=True),
        default=100.0,
        show_default=True,
        help="of a toy: after which trajectories are given up",
    )
    @click.option("--basin", is_flag=True, help="of a planar toy: how far the basin of attraction reaches")
    @click.option(
        "--set", "keys", multiple=True, metavar="KEY=VALUE", help="of networks: any key of the recipe, as in `train`"
    )
    @click.option(
        "--modes", type=click.IntRange(min=1), default=10, show_default=True, help="of networks: how many to find"
    )
    @click.option("--step", help="of a run: its checkpoint, or 'best'; by default the newest")
    @click.option(
        "--construction/--as-trained",
        default=None,
        help="of networks: look where the critic's last layer is zero, or where they are",
    )
    @click.option(
        "--picture",
        type=click.Path(dir_okay=False, path_type=Path),
        help="FILE.png: phase portraits of a planar toy, rates over rho of another, damping ratios of networks",
    )
    @data_access
    @as_json
    @click.pass_context
    @console.told
    def stability(
        ctx: click.Context,
        system: str,
        measures: tuple[str, ...],
        measure_options: tuple[str, ...],
        rho: str | None,
        form: str | None,
        form_options: tuple[str, ...],
        loss: str | None,
        loss_options: tuple[str, ...],
        critic_steps: int,
        ratio: float,
        starts: tuple[str, ...],
        time: float,
        basin: bool,
        keys: tuple[str, ...],
        modes: int,
        step: str | None,
        construction: bool | None,
        picture: Path | None,
        data_root: Path | None,
        download: bool,
        as_json: bool,
    ) -> None:
        """Say how stable the game is: which modes are damped, which rho is best, how large a step may be.

        SYSTEM is one of the toys below, a recipe, or the folder of a run. A toy's measure is integrated exactly, and
        its flow is linearised at the equilibrium:

            gpreg stability uniform --measure mid --picture portrait.png

        Of networks, the strongest modes that the generator moves are found, for one batch and at one point:

            gpreg stability plane --measure mid --measure pd

        Learning rates are of plain gradient steps; the momentum of Adam is outside this theory. In JSON, "inf" is an
        infinite number.
        """
        session: Session = ctx.find_object(Session)  # type: ignore[assignment] # main gives it
        registry = session.registry
        if picture is not None and picture.suffix.lower() != ".png":
            raise UsageError(f"--picture {picture} is no PNG", remedy="give it a name that ends in .png")
        toy = ALIASES.get(system, system)
        if toy not in TOYS:
            _check_networks(ctx, system, registry)
            tables = {"form": (form, form_options), "loss": (loss, loss_options)}
            if not measures:
                tables["measure"] = (None, measure_options)
            question = networks.Question(
                system=system,
                measures=measures_with_options(list(dict.fromkeys(measures)), assignments(measure_options), registry),
                changes={**assignments(keys), **_changes(rho, tables)},
                modes=modes,
                step=step_of(step, run_at(system)),
                construction=construction,
                picture=picture,
            )
            run = run_at(system)
            known = session.open_run(run).supply.registry if run else registry
            networks.report(question, Supply(registry=known, data_root=data_root, download=download), as_json=as_json)
            return
        _refuse(ctx, OF_NETWORKS, f"{toy} is a toy")
        names = list(dict.fromkeys(measures or OWN.get(toy, ())))
        if measure_options and not names:
            raise UsageError("-M sets an option of a measure, and none is chosen", remedy="choose one with --measure")
        loss = loss or "wasserstein"
        request = toys.Request(
            toy=toy,
            measures=measures_with_options(names, assignments(measure_options), registry),
            rho=_rho(rho),
            form=_form(form, assignments(form_options), registry),
            loss=registry.build("loss", loss, assignments(loss_options)),
            told={"form": form, "loss": loss},
            critic_steps=critic_steps,
            ratio=ratio,
            starts=tuple(map(_numbers, starts)),
            time=time,
            basin=basin,
            picture=picture,
        )
        toys.report(request, as_json=as_json)

    return stability


def _check_networks(ctx: click.Context, system: str, registry: Registry) -> None:
    """Refuse what is no recipe and no run, and what networks have not.

    Raises:
        UnknownNameError: there is neither a toy nor a recipe nor a file of that name.
        UsageError: an option of toys is given.
    """
    recipes = [spec.name for spec in registry.list("recipe")]
    if system not in recipes and not Path(system).exists():
        raise UnknownNameError("toy, recipe or run", system, [*TOYS, *recipes], listing="gpreg stability --help")
    _refuse(ctx, OF_TOYS, f"{system} is no toy")


def _refuse(ctx: click.Context, options: Mapping[str, str], because: str) -> None:
    for key, flag in options.items():
        if ctx.get_parameter_source(key) is ParameterSource.COMMANDLINE:
            raise UsageError(f"{because}, and has no {flag}", remedy=f"leave {flag} out")


def _changes(rho: str | None, tables: Mapping[str, tuple[str | None, tuple[str, ...]]]) -> dict[str, Any]:
    """What a recipe is overridden with, by dotted keys."""
    changes: dict[str, Any] = {} if rho is None else {"penalty.rho": rho}
    for kind, (name, options) in tables.items():
        if name is not None:
            changes[f"{kind}.name"] = name
        if options:
            changes[kind] = assignments(options)
    return changes


def _rho(text: str | None) -> float:
    try:
        rho = 1.0 if text is None else float(text)
    except ValueError:
        rho = math.nan
    if not 0 <= rho < math.inf:
        raise UsageError(f"--rho is {text}; it must be a finite number of at least 0")
    return rho


def _form(name: str | None, given: dict[str, Any], registry: Registry) -> Any:
    """The form that was asked for, or None for each measure's own."""
    if name is None and given:
        raise UsageError(
            "-F sets an option of the form, and none is named",
            remedy="write for example --form one-sided -F squared=false",
        )
    return None if name is None else registry.build("form", name, given)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        point = tuple(float(part) for part in text.split(","))
    except ValueError:
        point = ()
    if not point or not all(map(math.isfinite, point)):
        raise UsageError(f"--from {text!r} is no point", remedy="write numbers with commas, as in --from 1,0.5")
    return point


def _complete_system(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The toys and recipes that begin so, and folders."""
    own = [CompletionItem(toy, help=text) for toy, text in TOYS.items() if toy.startswith(incomplete)]
    return [*own, *complete_recipe(ctx, param, incomplete)]
