"""The runner: every check that there is, on one context."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace

import torch

from gpreg.errors import GpregError, PluginError
from gpreg.interfaces import CheckContext, Finding
from gpreg.registry.reference import factory_of, supplied
from gpreg.registry.registry import Registry
from gpreg.registry.specs import Spec
from gpreg_theory.checks import (
    constancy,
    convergence,
    coverage,
    declared,
    derivative,
    equilibria,
    flatness,
    independence,
    left_behind,
    mass,
    reparametrisation,
    support,
)
from gpreg_theory.checks.damping import damping
from gpreg_theory.checks.declared import of_the_theorem
from gpreg_theory.checks.report import Report

Check = Callable[[CheckContext], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    declared.check,
    flatness.check,
    constancy.check,
    equilibria.check,
    independence.check,
    convergence.check,
    mass.check,
    derivative.check,
    support.check,
    left_behind.check,
    coverage.check,
    reparametrisation.check,
)
"""gpreg's own."""


def run_checks(
    context: CheckContext, registry: Registry | None = None, *, watch: Callable[[str], None] = lambda name: None
) -> Report:
    """Run gpreg's own checks, those of the measure, the loss and the architecture, and those of packages.

    Args:
        context: what they look at; left as it was, like torch's global random state.
        registry: knows the checks of packages (hook ``gpreg_checks``); ``None``: only the others are run.
        watch: told the name of each check before it begins.

    Raises:
        PluginError: a check failed, and ``GPREG_STRICT_PLUGINS`` is set. Otherwise the report notes it.
    """
    findings: list[Finding] = []
    notes: list[tuple[str, str]] = []
    cuda = [context.batch.rng.device] if context.batch.rng.device.type == "cuda" else []
    with torch.random.fork_rng(cuda):
        for origin, check in (*_own(), *_supplied(context, registry)):
            watch(origin)
            try:
                findings += _valid(check(context))
            except GpregError as error:  # such as a critic that couples samples: nothing can be said, and why
                notes.append((origin, f"could not be made: {error.message}"))
            except Exception as error:  # what fails to judge a choice must not keep anybody from making it
                if os.environ.get("GPREG_STRICT_PLUGINS", "") not in ("", "0"):
                    raise PluginError(f"{origin} failed: {error}") from error
                notes.append((origin, f"failed: {type(error).__name__}: {error}"))
    if context.loss.concave is None:
        notes.append((type(context.loss).__name__, "has not the form E_pd f(D) + E_pg f(-D) that the theorem is about"))
    report = Report(findings=tuple(findings), simple=of_the_theorem(context), notes=_grouped(notes))
    return replace(report, damping=damping(context, report.decisive("6b")))


def _grouped(notes: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """One note for each reason, with all the checks that it kept from being made."""
    origins: dict[str, list[str]] = {}
    for origin, reason in notes:
        origins.setdefault(reason, []).append(origin)
    return tuple(f"{', '.join(names)} {reason}" for reason, names in origins.items())


def _own() -> Iterable[tuple[str, Check]]:
    return ((f"check {check.__module__.rpartition('.')[2]}", check) for check in CHECKS)


def _supplied(context: CheckContext, registry: Registry | None) -> Iterable[tuple[str, Check]]:
    yield _origin(context.measure), context.measure.check
    yield _origin(context.loss), context.loss.check
    if context.architecture is not None:
        yield _origin(context.architecture), context.architecture.check
    for spec in registry.list("check") if registry else ():
        yield supplied(spec, "check"), _built(spec)


def _origin(thing: object) -> str:
    return f"the check of {type(thing).__module__}.{type(thing).__qualname__}"


def _built(spec: Spec) -> Check:
    """Imported when it is run, so that a check which does not import is a note like any other failure."""

    def run(context: CheckContext) -> Iterable[Finding]:
        findings: Iterable[Finding] = factory_of(spec, "check")(context)
        return findings

    return run


def _valid(findings: Iterable[Finding]) -> list[Finding]:
    found = list(findings)
    for finding in found:
        if not isinstance(finding, Finding):
            raise PluginError(f"it returned a {type(finding).__name__}, not findings")
    return found
