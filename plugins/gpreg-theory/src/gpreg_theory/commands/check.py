"""``gpreg check``: which assumptions of the convergence theorem hold for a choice or for a run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.choices import choices, chosen, data_access
from gpreg.cli.parameters import as_json
from gpreg.cli.session import Session
from gpreg.errors import PluginError, UsageError
from gpreg.registry.assumptions import MARKS
from gpreg_theory.commands import prose
from gpreg_theory.commands.alternative import Alternative, nearest_alternative

ADVISOR = "theory"
"""The name of the advisor whose advice the command prints."""

NEEDLESS = f"({MARKS['fails']})"
"""The mark of an assumption that is violated but need not hold."""

LEGEND = (
    f"{MARKS['holds']} holds, {MARKS['fails']} violated, {MARKS['depends']} not decided, {NEEDLESS} does not hold, and "
    "need not: of 5 and its weak version 6 one is enough. Proved: it follows from structure; measured: in numbers, "
    "a violation on two batches; declared: its package says so. S is the support of the data, mu* the limit of the "
    "measure, D* the critic at the equilibrium; `gpreg show measure NAME` says what holds of a measure with any "
    "networks, and why."
)


TOGETHER = 3
"""Up to this many assumptions in a row are also named in words."""

_RUN_FIRST = "give the folder of a run first"

MARGIN = 18
"""The number of columns before the text of a row."""


def command() -> click.Command:
    """Make the command ``check``."""

    @click.command("check")
    @choices
    @click.option("--step", help="of a run's checkpoint, or 'best'; by default the newest")
    @click.option(
        "--at-rest",
        is_flag=True,
        help="of a run: assert that its networks are at an equilibrium, where more can be found out",
    )
    @click.option("--all", "every", is_flag=True, help="every finding, not only the decisive one of each assumption")
    @click.option("--strict", is_flag=True, help="exit with 4 if an assumption that the theorem needs is violated")
    @data_access
    @as_json
    @click.pass_context
    @console.told
    def check(
        ctx: click.Context,
        /,
        recipe: str | None,
        step: str | None,
        at_rest: bool,
        every: bool,
        strict: bool,
        data_root: Path | None,
        download: bool,
        as_json: bool,
        **given: Any,
    ) -> None:
        """Say which assumptions of the convergence theorem hold for a choice, and what that means.

        First comes what decides: whether every mode that can be seen is damped, and the nearest alternative with the
        command that looks at it. Then the assumptions one by one.

        RECIPE is a name of `gpreg list-recipes` or a TOML file, and choices override it, as in `gpreg train`:

            gpreg check --measure mid --arch mlp

        Nothing is trained. Where the critic ends in a linear layer, the assumptions are looked at where that layer is
        zero: an equilibrium by construction. RECIPE may also be the folder of a run; its networks are then looked at
        as they are in its newest checkpoint:

            gpreg check runs/00000-mid-mlp-8gaussians

        Whether they are at an equilibrium cannot be seen from them, so half of the assumptions are then not decided.
        --at-rest asserts it, as of a run that has long converged: D* is then the critic as it is, p_g counts as p_d,
        and each verdict is one on that assertion, too.

        Each verdict has a basis: proved from structure, measured, or declared by the measure's plugin. "holds" is never
        concluded from a failure to find a counterexample, and a measured "violated" was seen on two batches.
        """
        session: Session = ctx.find_object(Session)  # type: ignore[assignment] # main gives it
        run = run_at(recipe)
        if at_rest and run is None:
            raise UsageError("--at-rest is an assertion on a run, and none was given", remedy=_RUN_FIRST)
        source = str(run / "recipe.toml") if run else recipe
        at = step_of(step, run)
        asked = session.open_run(run, step=at) if run else None
        registry = asked.supply.registry if asked else session.registry
        experiment = chosen(registry, source, given, data_root=data_root, download=download)
        found = asked.check(experiment, at_rest=at_rest) if asked else experiment.check()
        advice = found.said.get(ADVISOR)
        if advice is None:
            raise PluginError(f"advisor {ADVISOR!r} could not be asked", remedy="the lines above say why")
        report = advice.details
        verdicts = {finding.assumption: finding.verdict for finding in report.table}
        needless = _needless(report)
        other = nearest_alternative(
            ctx,
            registry,
            found.setup.recipe,
            verdicts,
            needless=needless,
            # D is then constant, and its gradient zero, with any measure
            shared={"6c"} if report.decisive("6c").basis == "proved" else set(),
            source=source,
        )
        if as_json:
            others = {name: document for name, document in found.to_dict().items() if name != ADVISOR}
            told = None if other is None else vars(other)
            console.emit({**advice.document, "alternative": told, "others": others})
        else:
            _print(found, report, other, every=every)
        if strict and found.refusal:
            raise found.refusal

    return check


def run_at(word: str | None) -> Path | None:
    """The folder that the word names, if it is that of a run with checkpoints."""
    path = Path(word or "")
    return path if word and (path / "recipe.toml").is_file() and (path / "checkpoints").is_dir() else None


def step_of(word: str | None, run: Path | None) -> int | str | None:
    """The checkpoint that is meant: a step, ``"best"``, or ``None``.

    Raises:
        UsageError: a checkpoint is given without a run, or it is neither a number nor 'best'.
    """
    from gpreg.cli.sample import checkpoint

    if word is not None and run is None:
        raise UsageError("--step names a checkpoint, and no run was given", remedy=_RUN_FIRST)
    return checkpoint(word)


def _print(found: Any, report: Any, other: Alternative | None, *, every: bool) -> None:
    from gpreg.registry.assumptions import ASSUMPTIONS

    for line in prose.wrapped(found.title, rest="  "):
        console.heading(line)
    prose.paragraph(report.damping.text if report.damping else "Nothing was looked at; the last lines say why.")
    if other is None:
        prose.paragraph("Nearest alternative: none that is installed.")
    else:
        prose.paragraph(f"Nearest alternative: {other.text}. Type:")
        click.echo(prose.shell(other.command))
    click.echo()
    findings = [finding for name in ASSUMPTIONS for finding in report.findings if finding.assumption == name]
    needless = _needless(report)
    for names, mark, basis, evidence in _grouped(findings if every else report.table, needless):
        short = "; ".join(ASSUMPTIONS[name].short for name in names) if len(names) <= TOGETHER else ""
        _print_row(", ".join(names), mark, basis, short, evidence)
    click.echo()
    prose.paragraph(report.conclusion.text)
    for change in report.conclusion.changes:
        prose.paragraph(change, first="→ ", rest="  ")
    for name, advice in found.said.items():
        for line in advice.lines if name != ADVISOR else ():
            prose.paragraph(f"{name}: {line}", rest="  ")
    for note in (LEGEND, *(f"Note: {note}" for note in report.notes)):
        prose.paragraph(note, rest="  ", dim=True)


def _grouped(findings: Iterable[Any], needless: set[str]) -> list[tuple[list[str], str, str, str]]:
    """One row (names, mark, basis, evidence) for all findings that have the same verdict for the same reason."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        mark = NEEDLESS if finding.verdict == "violated" and finding.assumption in needless else MARKS[finding.verdict]
        groups.setdefault((mark, finding.basis, finding.evidence), []).append(finding.assumption)
    return [(names, *key) for key, names in groups.items()]


def _print_row(names: str, mark: str, basis: str, short: str, evidence: str) -> None:
    lead = f"{names:<3} {mark:^3} {basis:<9} "
    if len(lead) > MARGIN:
        click.echo(lead.rstrip())
        lead = ""
    first, *more = prose.wrapped(short, first=lead.ljust(MARGIN), rest=" " * MARGIN)
    if lead or short:
        click.echo(first.replace(mark, click.style(mark, fg=console.STYLES.get(mark)), 1))
    for line in more:
        click.echo(line)
    prose.paragraph(evidence, first=" " * MARGIN, rest=" " * MARGIN, dim=True)


def _needless(report: Any) -> set[str]:
    """The violated assumptions that need not hold: those of 5a, 5b and 5c whose weak version is not violated."""
    violated = {finding.assumption for finding in report.table if finding.verdict == "violated"}
    return {name for name in violated if name[0] == "5" and f"6{name[1:]}" not in violated}
