"""Arguments and options that several commands share, and how a shell completes them."""

from collections.abc import Callable, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from gpreg.cli.session import Session
from gpreg.registry.kinds import KINDS, RECIPE, Kind
from gpreg.registry.spec import Spec

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def complete_kind(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The kinds that begin with what is typed."""
    return _beginning({kind.name: f"as in {kind.listing}" for kind in KINDS.values()}, incomplete)


def complete_name(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names, of the kind that is typed before or that the command lists, that begin with what is typed."""
    session = ctx.find_root().obj
    listed = {kind.listing: kind.name for kind in KINDS.values()}
    kind = ctx.params.get("kind") or listed.get(f"gpreg {ctx.info_name}")
    if not isinstance(session, Session) or kind not in KINDS:
        return []
    return _beginning({spec.name: spec.summary for spec in session.registry.list(kind)}, incomplete)


def complete_choice(kind: Kind[Spec, Any] | str) -> Completer:
    """A completer of the names of one kind."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        session = ctx.find_root().obj
        specs = session.registry.list(kind) if isinstance(session, Session) else ()
        return _beginning({spec.name: spec.summary for spec in specs}, incomplete)

    return complete


def complete_words(words: tuple[str, ...]) -> Completer:
    """A completer of some words."""
    return lambda ctx, param, incomplete: _beginning(dict.fromkeys(words, ""), incomplete)


def complete_recipe(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The recipes that begin with what is typed, and files."""
    named = complete_choice(RECIPE)(ctx, param, incomplete)
    return [*named, CompletionItem(incomplete, type="file")]


def _beginning(summaries: Mapping[str, str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=summary) for name, summary in summaries.items() if name.startswith(incomplete)]
