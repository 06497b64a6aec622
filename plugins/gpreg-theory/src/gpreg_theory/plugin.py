"""The hooks of gpreg-theory: it registers an advisor, the commands ``check`` and ``stability``, and its checks."""

import gpreg
from gpreg_theory.checks.catalogue import CHECKS

_THEOREM = gpreg.Citation(
    key="kim2018local",
    authors="Kim, Cheolhyeong and Park, Seungtae and Hwang, Hyung Ju",
    title="Local Stability and Performance of Simple Gradient Penalty mu-Wasserstein GAN",
    year=2018,
    venue="arXiv preprint",
    arxiv="1810.02528",
    part="the convergence theorem and its assumptions",
)
_LINEARISED = gpreg.Citation(
    key="nagarajan2017gradient",
    authors="Nagarajan, Vaishnavh and Kolter, J. Zico",
    title="Gradient descent GAN optimization is locally stable",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1706.04156",
    part="the linearised game",
)


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
            cites=(_THEOREM, _LINEARISED),
            document="checks.json",
        )
    ]
