"""The hooks of gpreg-theory: it registers an advisor, the commands ``check`` and ``stability``, and its checks."""

import gpreg
from gpreg_theory.checks.catalogue import CHECKS


@gpreg.hookimpl
def gpreg_commands() -> list[gpreg.CommandSpec]:
    """The commands of the theory, ``check`` and ``stability``."""
    return [
        gpreg.CommandSpec(
            name="check",
            factory="gpreg_theory.commands.check:command",
            summary="Say which assumptions of the convergence theorem hold.",
        ),
        gpreg.CommandSpec(
            name="stability",
            factory="gpreg_theory.commands.stability:command",
            summary="Say how stable the game is: damped modes, best rho, largest steps.",
        ),
    ]


@gpreg.hookimpl
def gpreg_checks() -> list[gpreg.CheckSpec]:
    """The checks of the theory."""
    return list(CHECKS)


@gpreg.hookimpl
def gpreg_advisors() -> list[gpreg.AdvisorSpec]:
    """The theory as an advisor before and during training."""
    return [
        gpreg.AdvisorSpec(
            name="theory",
            factory="gpreg_theory.advice.advisor:TheoryAdvisor",
            summary="Which assumptions of the convergence theorem hold; the best rho of the linearised game.",
            document="checks.json",
        )
    ]
