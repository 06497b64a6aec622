"""``gpreg show KIND NAME``: explain one thing without building it."""

import tomllib

import click

from gpreg.cli import console
from gpreg.cli.console import Column
from gpreg.cli.parameters import as_json, complete_kind, complete_name
from gpreg.cli.session import Session
from gpreg.errors import PluginError, UsageError
from gpreg.registry import schema
from gpreg.registry.assumptions import ASSUMPTIONS, MARKS
from gpreg.registry.citation import Citation
from gpreg.registry.coefficient import conventions
from gpreg.registry.kinds import KINDS, RECIPE, SWEEP
from gpreg.registry.options import OptionInfo, describe
from gpreg.registry.plain import plain
from gpreg.registry.reference import options_of, supplied
from gpreg.registry.spec import Spec
from gpreg.registry.specs import Claim, MeasureSpec

_WRITTEN = (RECIPE.name, SWEEP.name)
"""The kinds of which each thing is a text."""

_EXAMPLE = 10.0
"""The number that the table of conventions converts."""


def command(name: str) -> click.Command:
    """The command ``show``."""
    *others, last = KINDS

    @click.command(name, epilog=f"KIND is {', '.join(others)} or {last}.")
    @click.argument("kind", shell_complete=complete_kind)
    @click.argument("name", shell_complete=complete_name)
    @as_json
    @click.pass_obj
    def show(session: Session, kind: str, name: str, as_json: bool) -> None:
        """Explain one thing: its formula, options with bounds and defaults, what theory claims, and its sources.

        A recipe is shown as it is written, with the values that its source does not state; so is a sweep.
        """
        if kind == "command" and name in session.reserved:
            raise UsageError(
                f"command {name!r} is gpreg's own, and `gpreg show` explains what plugins supply",
                remedy=f"`gpreg {name} --help` explains it",
            )
        spec = session.registry.get(kind, name)
        text = _text(session, kind, spec) if kind in _WRITTEN else None
        if as_json:
            document = schema.details(KINDS[kind], spec)
            if text is not None:
                document[kind]["table"] = plain(tomllib.loads(text), infinity="text", nan="text")
            console.emit(document)
        else:
            _print(kind, spec, text)

    return show


def _text(session: Session, kind: str, spec: Spec) -> str:
    """The TOML text of a recipe or a sweep, whose names are not looked up.

    Raises:
        PluginError: the text is no TOML.
    """
    from gpreg.recipe.document import parse  # needed only to show a recipe

    text: str = session.registry.build(kind, spec.name)
    try:
        parse(text, origin=supplied(spec, kind))
    except (TypeError, AttributeError, UsageError) as error:
        raise PluginError(f"{supplied(spec, kind)} is no TOML text: {error}") from error
    return text


def _print(kind: str, spec: Spec, text: str | None) -> None:
    console.heading(f"{kind} {spec.name}: {spec.summary}")
    facts = {key: value for key, value in schema.row(spec).items() if key not in ("name", "summary", "claims")}
    facts = {"package": f"{facts.pop('package')} {facts.pop('version')}", **facts}
    console.table(
        [Column("", wrap=False), Column("")], [[key, console.text(value)] for key, value in facts.items()], titles=False
    )
    _print_options(describe(options_of(spec, kind)))
    if text is not None:
        _print_text(kind, text)
    if isinstance(spec, MeasureSpec):
        _print_claims(spec.claims)
        _print_conventions(spec)
    _print_citations(spec.cites)


def _print_options(options: tuple[OptionInfo, ...]) -> None:
    if options:
        console.heading("\nOptions")
        columns = [
            Column("name", wrap=False, style="bold"),
            Column("type"),
            Column("default"),
            Column("bounds"),
            Column("meaning"),
        ]
        rows = [[info.name, info.type, console.text(info.default), info.bounds, info.help] for info in options]
        console.table(columns, rows)


def _print_text(kind: str, text: str) -> None:
    from gpreg.recipe.layout import UNSTATED

    console.heading(f"\n{kind.capitalize()}")
    console.say(text.strip())
    if UNSTATED in tomllib.loads(text):
        console.note(f"[{UNSTATED}] marks the values that the source does not give.")


def _print_claims(claims: tuple[Claim, ...]) -> None:
    if claims:
        console.heading("\nAssumptions of the convergence theorem, for the form squared")
        columns = [Column("", wrap=False), Column("", wrap=False), Column("asks that"), Column("because")]
        rows = [[c.assumption, MARKS[c.verdict], ASSUMPTIONS[c.assumption].short, _reason(c)] for c in claims]
        console.table(columns, rows)
        console.note("S is the support of p_d, D* the critic at the equilibrium.")


def _reason(claim: Claim) -> str:
    return f"{claim.verdict}: {claim.because}"


def _print_conventions(spec: MeasureSpec) -> None:
    """What the example means in the general conventions, and in those of peers that have this measure and its form."""
    console.heading(f"\nWhat a coefficient of {_EXAMPLE:g} means")
    columns = [Column("penalty"), Column("rho", wrap=False), Column("written so by")]
    fitting = [each for each in conventions() if each.general or (each.measure and each.fits(spec.name, spec.form))]
    rows = [[c.term, f"{c.rho(_EXAMPLE):g}", c.source if c.general else c.name] for c in fitting]
    console.table(columns, rows)
    console.note("`gpreg rho` has all conventions, with their sources, and converts.")


def _print_citations(cites: tuple[Citation, ...]) -> None:
    if cites:
        console.heading("\nSources")
        console.table([Column("")], [[_source(cite)] for cite in cites], titles=False)


def _source(cite: Citation) -> str:
    arxiv = f", arXiv:{cite.arxiv}" if cite.arxiv and cite.arxiv not in cite.venue else ""
    return f"{cite}. {cite.venue}{arxiv}"
