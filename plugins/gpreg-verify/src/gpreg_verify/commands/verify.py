"""``gpreg verify``: which penalty a function computes, and what is wrong with it; what of a plugin is not right."""

import sys
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.session import Session
from gpreg.errors import ExitCode, UsageError
from gpreg_verify.commands import child, conformance
from gpreg_verify.commands.target import Target, unknown_plugin

WANTED = ("schema", "function", "identified", "defects")
"""The keys of the JSON document of a function. What is also said in words is for people."""

MOST_LINES = 20
"""How many lines of what a file prints are shown."""

IDENTIFIED = ("measure", "form", "rho", "conventions")
"""The keys of what it is identified as."""


def command() -> click.Command:
    """Make the command ``verify``."""

    @click.command("verify")
    @click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
    @click.option(
        "--timeout",
        "seconds",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True, max=86_400),
        default=60.0,
        show_default=True,
        help="time for importing a function and examining it",
    )
    @click.option(
        "--every",
        metavar="K",
        type=click.IntRange(1),
        help="the loop around the function takes the penalty in each K-th step only (lazy regularization)",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
    @click.pass_context
    @console.told
    def verify(
        ctx: click.Context, /, targets: tuple[str, ...], seconds: float, every: int | None, as_json: bool
    ) -> None:
        """Say which penalty a function computes, measure x form x rho, and which known defects it has.

        TARGET is a function that takes a critic and samples and returns a penalty, whoever wrote it:

            gpreg verify losses.py:gradient_penalty

            gpreg verify package.module:Trainer.penalty

        It may be a method, too, of an object or of a class that needs no arguments. The file is run in a process of
        its own with a time limit, with its folder and the current one on the path, and what it prints goes to stderr.
        A file with a single penalty needs no name after it.

        TARGET may also be an installed plugin, by a name of `gpreg plugins`. The conformance kit is then run on all
        that it supplies:

            gpreg verify gpreg-measures

        The exit code is 0 if all is right; 1 if a function is defective, fails, or computes no known penalty, or if a
        check fails; 2 if there is no such function or plugin, or its file cannot be imported.
        """
        session: Session = ctx.find_object(Session)  # type: ignore[assignment] # main gives it
        documents = []
        right = True
        for number, word in enumerate(targets):
            if number and not as_json:
                console.say()
            document, good = _verified(session, word, seconds=seconds, every=every, as_json=as_json)
            documents.append(document)
            right &= good
        if as_json:
            console.emit(documents[0] if len(documents) == 1 else {"schema": 1, "verified": documents})
        if not right:
            ctx.exit(ExitCode.FAILED)

    return verify


def _verified(
    session: Session, word: str, *, seconds: float, every: int | None, as_json: bool
) -> tuple[dict[str, Any], bool]:
    """The document of one target, and whether all is right; unless JSON is wanted, it is printed."""
    if any(word in (record.name, record.package) for record in session.registry.records):
        return _checked(session, word, as_json=as_json)
    target = Target.of(word)
    if target is None:
        raise unknown_plugin(word, session.registry)
    target.check()
    document = _examined(session, target, seconds=seconds, every=every)
    right = document["identified"] is not None and not document["defects"]
    if not as_json:
        first, *rest = document["text"].splitlines()
        console.heading(f"{'✓' if right else '✗'} {first}")
        for line in rest:
            console.paragraph(line.lstrip(), indent=" " * (len(line) - len(line.lstrip())))
    told = {key: document[key] for key in WANTED}
    if document["identified"] is not None:
        told["identified"] = {key: document["identified"][key] for key in IDENTIFIED}
    return told, right


def _checked(session: Session, word: str, *, as_json: bool) -> tuple[dict[str, Any], bool]:
    """The document of a plugin, and whether all is right; unless JSON is wanted, it is printed as checks are made."""
    bar = sys.stderr.isatty()
    found: Iterable[conformance.Row] = conformance.rows(word, session.registry, bar=bar, lines=as_json and not bar)
    if as_json:
        document = conformance.document(word, found)
        return document, all(check["outcome"] != conformance.FAILED for check in document["checks"])
    return {}, conformance.tell(list(found) if bar else found)  # a bar would be between the lines


def _examined(session: Session, target: Target, *, seconds: float, every: int | None) -> dict[str, Any]:
    given = session.files
    request = {
        "word": target.word,
        "source": target.source,
        "attribute": target.attribute,
        "every": every,
        "disabled": session.disabled,
        "plugins": [str(path) for path in given.files] if given else [],
        "without_hooks": sorted(given.without_hooks) if given else [],
        "traceback": session.traceback,
    }
    outcome = child.run(request, seconds=seconds)
    if outcome.printed.strip():
        console.talk(f"{target.source} printed:\n{_shortened(outcome.printed)}")
    if outcome.error is not None:
        raise outcome.error
    if outcome.document is None:
        raise UsageError(f"nothing was found out about {target.word}")
    return outcome.document


def _shortened(printed: str) -> str:
    """What was printed, cut short: a function is called many times. Equal lines in a row are told once."""
    lines = [(line, sum(1 for _ in same)) for line, same in groupby(printed.splitlines()) if line.strip()]
    told = [line if times == 1 else f"{line} ({times} times)" for line, times in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        told.append(f"... and {len(lines) - MOST_LINES} more lines")
    return "\n".join(told)
