"""The runner: every check that there is, on one context."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import torch

from gpreg.errors import GpregError, PluginError
from gpreg.interfaces import CheckContext, Finding
from gpreg.registry.reference import factory_of, supplied
from gpreg.registry.registry import Registry, strict_plugins
from gpreg_theory.checks.case import Case
from gpreg_theory.checks.catalogue import CHECKS
from gpreg_theory.checks.damping import damping
from gpreg_theory.checks.report import Report

Run = Callable[[CheckContext], Iterable[Finding]]


def run_checks(
    context: CheckContext, registry: Registry | None = None, *, watch: Callable[[str], None] = lambda name: None
) -> Report:
    """Make all checks: those of :data:`CHECKS`, of the measure, the loss and the architecture, and of other packages.

    Args:
        context: what the checks look at; it is left as it was, and so is torch's global random state.
        registry: has the checks of other packages (hook ``gpreg_checks``); ``None`` leaves these out.
        watch: called with the name of each check before it begins.

    Raises:
        PluginError: a check failed, and ``GPREG_STRICT_PLUGINS`` is set. Without it, failures are notes of the report.
    """
    findings: list[Finding] = []
    notes: list[tuple[str, str]] = []
    case = Case.of(context)
    cuda = [case.batch.rng.device] if case.batch.rng.device.type == "cuda" else []
    with torch.random.fork_rng(cuda):
        for origin, built in _every(case, registry):
            watch(origin)
            try:
                for finding in built()(case):
                    if not isinstance(finding, Finding):
                        raise PluginError(f"it returned a {type(finding).__name__}, not findings")
                    findings += [finding]
            except GpregError as error:  # such as a measure that draws nothing that a penalty can use
                notes.append((origin, f"could not be made: {error.message}"))
            except Exception as error:  # what fails to judge a choice must not keep anybody from making it
                if strict_plugins():
                    raise PluginError(f"{origin} failed: {error}") from error
                notes.append((origin, f"failed: {type(error).__name__}: {error}"))
    if case.loss.concave is None:
        notes.append((type(case.loss).__name__, "has not the form E_pd f(D) + E_pg f(-D) that the theorem is about"))
    report = Report(findings=tuple(findings), simple=case.of_the_theorem, notes=_grouped(notes), point=case.point)
    return replace(report, damping=damping(case, report.decisive("6b")))


def _grouped(notes: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """One note for each reason, with all the checks that it kept from being made."""
    origins: dict[str, list[str]] = {}
    for origin, reason in notes:
        origins.setdefault(reason, []).append(origin)
    return tuple(f"{', '.join(names)} {reason}" for reason, names in origins.items())


def _every(case: Case, registry: Registry | None) -> Iterable[tuple[str, Callable[[], Run]]]:
    """Each check's name, and a function that imports it, so that a check that does not import only becomes a note."""
    for spec in CHECKS:
        yield f"check {spec.name}", partial(factory_of, spec, "check")
    for thing in (case.measure, case.loss, case.architecture):
        if thing is not None:
            yield f"the check of {type(thing).__module__}.{type(thing).__qualname__}", partial(getattr, thing, "check")
    own = {spec.factory for spec in CHECKS}
    for supplied_spec in registry.list("check") if registry else ():
        if supplied_spec.factory not in own:
            yield supplied(supplied_spec, "check"), partial(factory_of, supplied_spec, "check")
