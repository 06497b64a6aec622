"""What is known of the convergence theorem's assumptions for an experiment: ``checks.json``."""

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, cast

import torch
from torch import nn

from gpreg.errors import ExitCode, GpregError
from gpreg.interfaces import Batch, CheckContext, PenaltyBatch
from gpreg.penalties.critics import preserved_buffers
from gpreg.registry.specs import FormSpec, MeasureSpec
from gpreg.runs.folder import RunFolder
from gpreg.runs.networks import architecture_of
from gpreg.training.distributed import Ranks
from gpreg.training.experiment import Experiment, labels_seen
from gpreg.training.seeds import generator_for
from gpreg_theory.checks.declared import check as declared
from gpreg_theory.checks.report import Report
from gpreg_theory.checks.runner import run_checks
from gpreg_theory.networks.equilibrium import NoConstruction, at_zero

VECTOR = 32
"""Samples of up to so many numbers count as vectors, of which all that were asked for are looked at."""

IMAGES = 128
"""How many samples of more numbers than that are looked at, at most."""

BATCHES = 6
"""What a finite dataset is divided into, so that the batches of a check are independent: two with real samples, two
that stand for fakes, and a fresh one of both."""

SCHEMA = 1


class AssumptionViolated(GpregError):  # noqa: N818 -- not an error of anybody's
    """An assumption of the theorem is violated, and ``--strict`` was given."""

    exit_code = ExitCode.ASSUMPTION


def check(
    experiment: Experiment,
    *,
    reference: nn.Module | None = None,
    trained: bool = False,
    watch: Callable[[str], None] = lambda name: None,
) -> Report:
    """Check every assumption for an experiment; nothing of it is changed, no random number of it is drawn.

    Before training the critic's last layer is zeroed, where it is a linear one: with D = 0 everywhere, and data in
    the place of fakes, that is an equilibrium by construction. Where that is not possible, and for a trained
    experiment, the networks are looked at as they are.

    Args:
        experiment: set up, or with trained networks.
        reference: the critic at its initial weights, for scale; by default the experiment's own.
        trained: whether its networks are to be looked at as they are.
        watch: told the name of each check before it begins.
    """
    if not experiment.recipe.report.check_samples:
        return _claimed(experiment, "nothing was measured: report.check_samples is 0")
    notes: tuple[str, ...] = ()
    critic, equilibrium = experiment.critic, False
    try:
        if not trained:
            try:
                critic, equilibrium = zeroed(experiment), True
            except NoConstruction as error:
                notes = (f"no equilibrium can be constructed: {error.message}",)
        context = context_of(experiment, critic, equilibrium=equilibrium, reference=reference)
    except GpregError as error:  # such as too few samples for two batches, which training may do with
        return _claimed(experiment, f"nothing could be measured: {error.message}")
    except Exception as error:  # what fails to judge a choice must not keep anybody from making it
        if os.environ.get("GPREG_STRICT_PLUGINS", "") not in ("", "0"):
            raise
        return _claimed(experiment, f"nothing could be measured: {type(error).__name__}: {error}")
    report = run_checks(context, experiment.registry, watch=watch)
    return replace(report, notes=(*notes, *report.notes))


def _claimed(experiment: Experiment, note: str) -> Report:
    """What is known without looking: the form, and what the measure's package declares; and why no more is."""
    measure, form = _specs(experiment)
    nothing: Any = None
    context = CheckContext(
        measure=experiment.penalty.measure,
        form=experiment.penalty.form,
        loss=experiment.loss,
        batch=nothing,
        second_batch=nothing,
        rho=experiment.penalty.rho,
        simple=form.simple,
        claims={claim.assumption: claim for claim in measure.claims},
    )
    return Report(findings=tuple(declared(context)), simple=form.simple, notes=(note,))


def _specs(experiment: Experiment) -> tuple[MeasureSpec, FormSpec]:
    recipe, registry = experiment.recipe, experiment.registry
    measure = cast(MeasureSpec, registry.get("measure", recipe.measure.name))
    return measure, cast(FormSpec, registry.get("form", recipe.form.name if recipe.form else measure.form))


def context_of(
    experiment: Experiment, critic: nn.Module, *, equilibrium: bool, reference: nn.Module | None = None
) -> CheckContext:
    """What the checks look at.

    Args:
        experiment: whose choices and data these are.
        critic: at the point that is checked.
        equilibrium: whether that is the equilibrium by construction, with data in the place of fakes.
        reference: the critic at its initial weights; by default the experiment's own.
    """
    recipe, registry = experiment.recipe, experiment.registry
    measure, form = _specs(experiment)
    players = copy.deepcopy(critic), copy.deepcopy(experiment.generator)

    def fresh(n: int, seed: int) -> PenaltyBatch:
        return batch_of(experiment, *players, n=n, seed=seed, equilibrium=equilibrium)

    n = samples_of(experiment)
    return CheckContext(
        measure=copy.deepcopy(experiment.penalty.measure),
        form=experiment.penalty.form,
        loss=experiment.loss,
        batch=fresh(n, 0),
        second_batch=fresh(n, 1),
        rho=experiment.penalty.rho,
        simple=form.simple,
        claims={claim.assumption: claim for claim in measure.claims},
        architecture=architecture_of(recipe, registry),
        point="construction" if equilibrium else "training",
        reference=copy.deepcopy(experiment.critic if reference is None else reference),
        fresh=fresh,
    )


def zeroed(experiment: Experiment) -> nn.Module:
    """A copy of the critic with its last layer zeroed: with data in the place of fakes, an equilibrium.

    Raises:
        NoConstruction: the critic does not end in a linear layer of its own; says why.
    """
    few = batch_of(experiment, experiment.critic, experiment.generator, n=4, seed=0, equilibrium=True)
    return at_zero(experiment.critic, few.real, few.labels)


def samples_of(experiment: Experiment) -> int:
    """How many samples a batch of a check has: what the recipe asks for, less for images and small datasets."""
    asked = max(experiment.recipe.report.check_samples, 2)
    if torch.Size(experiment.spec.shape).numel() > VECTOR:
        asked = min(asked, IMAGES)
    size = experiment.data.size
    return asked if size is None else max(min(asked, size // BATCHES), 2)


@torch.no_grad()
def batch_of(
    experiment: Experiment, critic: nn.Module, generator: Any, *, n: int, seed: int, equilibrium: bool
) -> PenaltyBatch:
    """An independent batch of n real and n fake samples, of a seed of its own.

    Args:
        experiment: whose data this is.
        critic, generator: the players.
        n: real and, again, fake samples; fewer where there are not so many.
        seed: batches of different seeds are independent, up to samples that a finite dataset gives twice.
        equilibrium: take the fakes from the data, too: there p_g = p_d.
    """
    rng = generator_for(experiment.recipe.training.seed, f"check {seed}", experiment.device)
    size = experiment.data.size
    n = n if size is None else min(n, max(size // 2, 1))
    wanted = 2 * n if equilibrium else n
    samples, labels = experiment.data.take(wanted if size is None else min(wanted, size), rng=rng)
    seen = labels_seen(Batch(samples, labels), experiment.spec)
    y, fake_labels = (None, None) if seen is None else (seen[:n], seen[-n:])
    z = generator.draw_latent(n, rng)
    if equilibrium:
        fake = samples[-n:]  # of a single sample: itself
    else:
        with preserved_buffers(generator):
            fake = generator(z) if fake_labels is None else generator(z, fake_labels)
    return PenaltyBatch(
        rng=rng,
        real=samples[:n],
        fake=fake,
        latent=z,
        labels=y,
        fake_labels=fake_labels,
        critic=critic,
        generator=generator,
    )


def document(report: Report, experiment: Experiment, *, step: int) -> dict[str, Any]:
    """A report as ``checks.json`` has it: ``{"schema": 1, "step", the choices, "findings", "verdicts", ...}``."""
    recipe = experiment.recipe
    return {
        "schema": SCHEMA,
        "step": step,
        "measure": recipe.measure.name,
        "form": form_of(experiment),
        "loss": recipe.loss.name,
        "architecture": recipe.architecture.name,
        "dataset": recipe.dataset.name,
        **report.to_dict(),
    }


def form_of(experiment: Experiment) -> str:
    """The name of the gradient form: the recipe's, or the measure's own."""
    recipe = experiment.recipe
    if recipe.form:
        return recipe.form.name
    return cast(MeasureSpec, experiment.registry.get("measure", recipe.measure.name)).form


class Checks:
    """``checks.json`` of a run: the report from before the first step, and ``later``, those from ticks.

    Args:
        folder: of the run.
    """

    NAME = "checks.json"

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def begin(self, found: dict[str, Any], tuning: dict[str, Any] | None = None) -> None:
        """Write the first report, and how ``rho = auto`` was chosen."""
        self._folder.document(self.NAME, {**found, "tuning": [tuning] if tuning else [], "later": []})

    def add(self, key: Literal["later", "tuning"], found: dict[str, Any]) -> None:
        """Add a report, or a choice of rho; one that a resumed run makes again replaces the first."""
        whole = self._folder.read_document(self.NAME)
        before = [own for own in _tables(whole.get(key)) if type(own.get("step")) is int]
        kept = [own for own in before if own["step"] < found["step"]]
        self._folder.document(self.NAME, {**whole, key: [*kept, found]})

    def refuse(self) -> None:
        """Refuse to go on where the newest report found the theorem's assumptions violated.

        Raises:
            AssumptionViolated: with what it concluded.
        """
        whole = self._folder.read_document(self.NAME)
        newest = (_tables(whole.get("later")) or [whole])[-1]
        conclusion = newest.get("conclusion")
        if isinstance(conclusion, dict) and conclusion.get("outcome") == "violated":
            raise AssumptionViolated(
                f"{self._folder.path / self.NAME} says of step {newest.get('step')}: {conclusion.get('text')}",
                remedy="`gpreg resume RUN --no-strict` goes on all the same",
            )


def _tables(found: object) -> list[dict[str, Any]]:
    """The tables of a list; none of what is no list."""
    return [own for own in found if isinstance(own, dict)] if isinstance(found, list) else []


def refuse_violations(report: Report | None, ranks: Ranks | None = None) -> None:
    """End a command that was asked to be strict, in every process if in one.

    Args:
        report: of this process; ``None``: another one has it.
        ranks: the processes, each of which must ask at the same time; by default there is one.

    Raises:
        AssumptionViolated: naming each assumption that is violated, with its witness and what to change.
    """
    violated = report.violated if report else ()
    if ranks and ranks.count > 1 and not ranks.gather(violated)[0]:
        return
    if report and violated:
        broken = [report.decisive(name) for name in violated]
        told = "\n".join(f"assumption {finding.assumption} is violated: {finding.evidence}" for finding in broken)
        changes = "; ".join(dict.fromkeys(finding.remedy for finding in broken if finding.remedy))
        raise AssumptionViolated(told, remedy=changes or "leave out --strict to go on all the same")
    if ranks and ranks.count > 1:
        raise AssumptionViolated("an assumption is violated; process 0 says which")
