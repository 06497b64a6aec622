"""``gpreg stability`` for toys: GANs of a few parameters, whose penalty measure is integrated exactly."""

import math
from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.session import Session
from gpreg.errors import UsageError
from gpreg.registry.coefficient import read
from gpreg.registry.options import assignments
from gpreg_theory.commands import prose
from gpreg_theory.commands.measure_options import measures_with_options
from gpreg_theory.commands.shared_options import png, shared
from gpreg_theory.commands.toy_names import ALIASES, LISTED, OWN


def command() -> click.Command:
    """Make the half of ``stability`` for toys."""

    @click.command("stability", epilog=LISTED)
    @shared("toys")
    @click.option(
        "--critic-steps",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="before each generator step, for the largest alternating step",
    )
    @click.option(
        "--ratio",
        type=click.FloatRange(min=0, min_open=True),
        default=1.0,
        show_default=True,
        help="the generator's learning rate over the critic's",
    )
    @click.option("--from", "starts", multiple=True, metavar="PSI,THETA", help="follow a trajectory; repeatable")
    @click.option(
        "--time",
        type=click.FloatRange(min=0, min_open=True),
        default=100.0,
        show_default=True,
        help="after which trajectories are given up",
    )
    @click.option("--basin", is_flag=True, help="of a planar toy: how far the basin of attraction reaches")
    @click.pass_context
    @console.told
    def stability(
        ctx: click.Context,
        /,
        system: str,
        rho: str | None,
        critic_steps: int,
        ratio: float,
        starts: tuple[str, ...],
        time: float,
        basin: bool,
        picture: Path | None,
        as_json: bool,
        **given: Any,
    ) -> None:
        """Say how stable a toy is: which modes are damped, which rho is best, how large a step may be.

        SYSTEM is one of the toys below. Its measure is integrated exactly, and its flow is linearised at the
        equilibrium:

            gpreg stability uniform --measure mid --picture portrait.png

        In JSON, "inf" is an infinite number.
        """
        session: Session = ctx.find_object(Session)  # type: ignore[assignment] # main gives it
        png(picture)
        toy = ALIASES.get(system, system)
        names = list(dict.fromkeys(given["measures"] or OWN.get(toy, ())))
        options = assignments(given["measure_options"])
        if options and not names:
            raise UsageError("-M sets an option of a measure, and none is chosen", remedy="choose one with --measure")
        form_options = assignments(given["form_options"])
        if given["form"] is None and form_options:
            raise UsageError(
                "-F sets an option of the form, and none is named",
                remedy="write for example --form one-sided -F squared=false",
            )
        chosen = measures_with_options(names, options, session.registry)
        coefficient = _rho(rho)
        from gpreg_theory.commands.toy_pictures import draw
        from gpreg_theory.commands.toy_tables import print_answer
        from gpreg_theory.toys.comparison import toy_stability

        answer = toy_stability(
            toy,
            chosen,
            rho=coefficient,
            form=given["form"],
            form_options=form_options,
            loss=given["loss"] or "wasserstein",
            loss_options=assignments(given["loss_options"]),
            starts=tuple(map(_numbers, starts)),
            critic_steps=critic_steps,
            ratio=ratio,
            time=time,
            basin=basin,
        )
        if picture is not None:
            draw(picture, answer)
        if as_json:
            console.emit({"schema": 1, "stability": answer.to_dict()})
            return
        print_answer(answer)
        click.echo()
        prose.paragraph(answer.conclusion)
        if picture is not None:
            console.talk(f"{picture} written")

    return stability


def _rho(text: str | None) -> float:
    try:
        rho = 1.0 if text is None else float(read(text))
    except ValueError:
        rho = math.nan
    if not 0 <= rho < math.inf:
        raise UsageError(f"--rho is {text}; it must be a finite number of at least 0")
    return rho


def _numbers(text: str) -> tuple[float, ...]:
    try:
        point = tuple(float(part) for part in text.split(","))
    except ValueError:
        point = ()
    if not point or not all(map(math.isfinite, point)):
        raise UsageError(f"--from {text!r} is no point", remedy="write numbers with commas, as in --from 1,0.5")
    return point
