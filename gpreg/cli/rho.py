"""``gpreg rho``: the penalty's coefficient, from anybody's convention into everybody's."""

import re
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.console import Column
from gpreg.cli.parameters import as_json, complete_words
from gpreg.cli.session import Session
from gpreg.errors import UsageError
from gpreg.registry.coefficient import SIGMOID, Reading, conventions, conventions_of, numbers_of, to_rho
from gpreg.registry.coefficient import convention as find
from gpreg.registry.convention import Convention
from gpreg.registry.kinds import MEASURE
from gpreg.registry.registry import Registry
from gpreg.registry.schema import SCHEMA

_WORDS = re.compile(r"\s*([^\s,]*(?:\s*,\s*[^\s,]+)*,?)\s*(.*)")
"""A number, or several with commas between them, and the rest: a convention's name, which may have spaces."""


def command(name: str) -> click.Command:
    """The command ``rho``."""
    names = tuple(each.name for each in conventions())

    # so that a negative number is not taken for an option, and is refused as what it is
    @click.command(name, context_settings={"ignore_unknown_options": True})
    @click.argument("words", metavar="[NUMBER[,SIGMA] [CONVENTION]]", nargs=-1, shell_complete=complete_words(names))
    @click.option("--sigma", type=float, help="noise of approximate R1, aR1, in what is printed; by default its own")
    @click.option("--all", "whole", is_flag=True, help="a line for each convention, with defaults and sources")
    @as_json
    @click.pass_context
    def rho(ctx: click.Context, words: tuple[str, ...], sigma: float | None, whole: bool, as_json: bool) -> None:
        """Convert a penalty's coefficient between the conventions of papers and code bases.

        A NUMBER in a CONVENTION, such as 10 lambda, 150 R3GAN, 5 skrl or 100,0.1 aR1, is printed as gpreg's rho and as
        everybody else writes it, with the measure and form that belong to it. A NUMBER alone is rho. Without one,
        all conventions are listed, with what a 10 of each is as rho.
        """
        for word in words:
            if word.startswith("--"):
                raise click.NoSuchOption(word, ctx=ctx)
        if not words:
            _list(whole, as_json)
            return
        given, value, sigma = _understood(" ".join(words), sigma)
        found = conventions_of(value, of=None, sigma=sigma)
        reading = next(each for each in found if each.convention is given)
        registry: Registry = ctx.find_object(Session).registry  # type: ignore[union-attr]  # the group makes one
        said = _said(given, value, reading.sigma, registry)
        if as_json:
            console.emit(
                {
                    "schema": SCHEMA,
                    "rho": value,
                    "given": {"convention": given.name, "number": reading.number, "sigma": reading.sigma},
                    **said,
                    "conventions": [_row(each.convention) | _numbers(each) for each in found],
                    "note": SIGMOID,
                }
            )
        else:
            _print(reading, value, said, found, whole)

    return rho


def _understood(text: str, sigma: float | None) -> tuple[Convention, float, float | None]:
    """The convention, the coefficient and the sigma of what was typed.

    Raises:
        UsageError: it is no number, or none of a convention that is known.
    """
    before, equals, after = text.partition("=")
    if equals:
        name, number = before.strip(), after
    else:
        number, name = _WORDS.fullmatch(text).groups()  # type: ignore[union-attr]  # it fits any text
    numbers = numbers_of(number, hint=_hint(text))
    known = find(name or "rho")
    if known.sigma and len(numbers) == 1 and sigma is not None:
        numbers = [*numbers, sigma]
    value = to_rho(numbers, known.name)
    return known, value, numbers[1] if sigma is None and len(numbers) > 1 else sigma


def _hint(text: str) -> str:
    """What to write instead of text that does not begin with a number."""
    try:
        return f"write the number first: `gpreg rho 10 {find(text).name}`"
    except UsageError:
        return "write for example `gpreg rho 10 lambda`"


def _said(known: Convention, rho: float, sigma: float | None, registry: Registry) -> dict[str, str]:
    """How one says the coefficient to gpreg, in Python and in a command, with what belongs to the convention."""
    measure = known.measure or "pd"
    own = {spec.name: spec.form for spec in registry.list(MEASURE)}
    python, options = [f'"{measure}"', f"rho={rho!r}"], [f"--measure {measure}", f"--rho {rho:.12g}"]
    if known.form and known.form != own.get(measure):
        python.append(f'form="{known.form}"')
        options.append(f"--form {known.form}")
    if known.every > 1:
        python.append(f"every={known.every}")
        options.append(f"--set penalty.every={known.every}")
    if known.of != "logit":
        python.append(f'of="{known.of}"')
        options.append(f"--set penalty.of={known.of}")
    if sigma is not None:
        python.append(f'estimator="noise", estimator_options={{"sigma": {sigma:.12g}}}')
        options.append(f"--estimator noise --set penalty.sigma={sigma:.12g}")
    return {"python": f"gpreg.penalty({', '.join(python)})", "command": f"gpreg train {' '.join(options)}"}


def _row(known: Convention) -> dict[str, Any]:
    """A convention as JSON."""
    return {
        "name": known.name,
        "aliases": list(known.aliases),
        "symbol": known.symbol,
        "term": known.term,
        "formula": known.formula,
        "factor": float(known.factor),
        "sigma": known.sigma,
        "measure": known.measure,
        "form": known.form,
        "of": known.of,
        "every": known.every,
        "default": known.default,
        "source": known.source,
        "note": known.note,
    }


def _numbers(reading: Reading) -> dict[str, Any]:
    return {"number": reading.number, "sigma": reading.sigma, "text": reading.text}


def _list(whole: bool, as_json: bool) -> None:
    if as_json:
        console.emit({"schema": SCHEMA, "conventions": [_row(each) for each in conventions()]})
        return
    means = {each: f"{10 * each.factor:g}{' sigma^2' if each.sigma else ''}" for each in conventions()}
    _table("rho of 10", means, whole)
    console.note(f"Of the critic's raw output: {SIGMOID}." + ("" if whole else " --all has the defaults and sources."))


def _table(title: str, cells: dict[Convention, str], whole: bool) -> None:
    """A line for each convention, with one cell of its own."""
    columns = [Column("convention", style="bold"), Column(title), Column("term")]
    rest = ("measure", "form", "default", "source") if whole else ("measure", "form")
    rows = [
        [known.name, cell, known.term, *(console.text(getattr(known, key)) for key in rest)]
        for known, cell in cells.items()
    ]
    console.table([*columns, *map(Column, rest)], rows)


def _print(given: Reading, rho: float, said: dict[str, str], found: tuple[Reading, ...], whole: bool) -> None:
    known = given.convention
    console.heading(f"{given.text} of {known.name} is rho = {rho:.12g}" if known.name != "rho" else given.text)
    facts = {
        "term": known.term,
        "conversion": known.formula,
        "measure": known.measure or "any",
        "form": known.form or "any",
        "in Python": said["python"],
        "command": said["command"],
        "source": known.source,
        "note": known.note,
    }
    console.table(
        [Column("", wrap=False), Column("")], [[key, cell] for key, cell in facts.items() if cell], titles=False
    )
    console.heading("\nThe same coefficient as others write it")
    if whole:
        _table("written", {each.convention: each.text for each in found}, whole)
    else:
        groups: dict[str, list[str]] = {}
        for each in found:
            second = f", sigma {each.sigma:.12g}" if each.sigma else ""
            of = "" if each.convention.of == "logit" else f" ({each.convention.of})"
            groups.setdefault(f"{each.number:.12g}{second}", []).append(f"{each.convention.name}{of}")
        columns = [Column("number", wrap=False, style="bold"), Column("of")]
        console.table(columns, [[number, ", ".join(names)] for number, names in groups.items()])
    console.note(f"Of the critic's raw output: {SIGMOID}." + ("" if whole else " --all has the terms and sources."))
