"""``gpreg stability``: one name for two commands, for toys and for networks; the system decides which one runs."""

from pathlib import Path
from typing import Any

import click

from gpreg.cli.session import Session
from gpreg.errors import UnknownNameError, UsageError
from gpreg.registry.kinds import RECIPE
from gpreg_theory.commands import networks, toys
from gpreg_theory.commands.shared_options import shared
from gpreg_theory.commands.toy_names import ALIASES, LISTED, TOYS


def command() -> click.Command:
    """Make the command ``stability``."""

    @click.command("stability", cls=Halves, toys=toys.command(), networks=networks.command(), epilog=LISTED)
    @shared("both")
    def stability(**given: Any) -> None:
        """Say how stable the game is: which modes are damped, which rho is best, how large a step may be.

        SYSTEM is one of the toys below, a recipe, or the folder of a run. A toy's measure is integrated exactly, and
        its flow is linearised at the equilibrium:

            gpreg stability uniform --measure mid --picture portrait.png

        Of networks, the strongest modes that the generator moves are found, for one batch and at one point:

            gpreg stability plane --measure mid --measure pd

        Learning rates are of plain gradient steps; the momentum of Adam is outside this theory. In JSON, "inf" is an
        infinite number.
        """
        raise click.UsageError("Missing argument 'SYSTEM'.")

    return stability


class Halves(click.Command):
    """A command that hands its arguments to one of two others. Its help shows the options of both.

    Args:
        toys, networks: the two commands.
        settings: arguments of :class:`click.Command`.
    """

    def __init__(self, *, toys: click.Command, networks: click.Command, **settings: Any) -> None:
        super().__init__(**settings)
        common = {parameter.name for parameter in self.params}
        self._toys, self._networks = toys, networks
        self._only = {
            half: [parameter for parameter in half.params if parameter.name not in common] for half in (toys, networks)
        }
        self._both = list(self.params)
        self.params = [*self._both, *self._only[toys], *self._only[networks]]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the half that the system is for; without a system, one of its own.

        Raises:
            UnknownNameError: there is neither a toy nor a recipe nor a file of that name.
            UsageError: an option is given that only the other half has.
        """
        known, _, _ = self.make_parser(click.Context(self, parent=parent, resilient_parsing=True)).parse_args(
            list(args)
        )
        system = known.get("system")
        if not isinstance(system, str):
            return super().make_context(info_name, args, parent, **extra)
        half = self._toys if ALIASES.get(system, system) in TOYS else self._networks
        if not extra.get("resilient_parsing"):
            self._refuse(half, system, known, parent)
        return half.make_context(info_name, args, parent, **extra)

    def _refuse(self, half: click.Command, system: str, given: dict[str, Any], parent: click.Context | None) -> None:
        session = parent.find_object(Session) if parent else None
        if half is self._networks and session is not None:
            recipes = [spec.name for spec in session.registry.list(RECIPE)]
            if system not in recipes and not Path(system).exists():
                raise UnknownNameError(
                    "toy, recipe or run", system, [*TOYS, *recipes], listing="gpreg stability --help"
                )
        other = self._networks if half is self._toys else self._toys
        because = f"{ALIASES.get(system, system)} is a toy" if half is self._toys else f"{system} is no toy"
        for parameter in self._only[other]:
            if parameter.name in given:
                flag = parameter.opts[0]
                raise UsageError(f"{because}, and has no {flag}", remedy=f"leave {flag} out")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options that both halves have, then those of each half."""
        sections = {
            "Options": [*self._both[1:], *(option for option in [self.get_help_option(ctx)] if option)],
            "Options of toys": self._only[self._toys],
            "Options of recipes and runs": self._only[self._networks],
        }
        for title, parameters in sections.items():
            with formatter.section(title):
                formatter.write_dl([record for own in parameters if (record := own.get_help_record(ctx))])
