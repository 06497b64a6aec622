"""The ``gpreg`` command: a group that imports a subcommand when it runs, and the place where all errors are caught."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import click

from gpreg import __version__
from gpreg.cli import console
from gpreg.cli.faults import meaning
from gpreg.cli.files import CHANGED, PLUGIN, words
from gpreg.cli.session import Session
from gpreg.errors import ExitCode, GpregError, PluginError, UnknownNameError
from gpreg.registry import companions
from gpreg.registry.kinds import COMMAND, KINDS
from gpreg.registry.reference import factory_of


class Entry(NamedTuple):
    """A built-in command: its module, and its summary, which help shows without importing the module."""

    module: str
    summary: str


COMMANDS: dict[str, Entry] = {
    **{
        kind.listing.removeprefix("gpreg "): Entry("gpreg.cli.listing", f"List the installed {kind.plural}.")
        for kind in KINDS.values()
        if kind.listed
    },
    "train": Entry("gpreg.cli.train", "Train a GAN from a recipe or from choices."),
    "resume": Entry("gpreg.cli.train", "Continue a run that was stopped."),
    "sweep": Entry("gpreg.cli.sweep", "Train every combination of choices, and compare them."),
    "sample": Entry("gpreg.cli.sample", "Draw samples of a run: a picture, a folder or an array."),
    "evaluate": Entry("gpreg.cli.evaluate", "Score a run's samples."),
    "report": Entry("gpreg.cli.report", "Report runs or a sweep: one HTML page, and Markdown."),
    "show": Entry("gpreg.cli.show", "Explain one thing: formula, options, claims, sources."),
    "rho": Entry("gpreg.cli.rho", "Convert a penalty's coefficient: everybody's number."),
    "cite": Entry("gpreg.cli.cite", "Print BibTeX of what a recipe, run or sweep used."),
    "plugins": Entry("gpreg.cli.plugins", "List the installed plugins and what is wrong with them."),
    "completion": Entry("gpreg.cli.completion", "Print the completion script of a shell."),
}
"""Each module has ``command(name)``, which returns the :class:`click.Command` of that name."""


class PluginGroup(click.Group):
    """Built-in commands, then those of plugins; each is imported only when it runs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the files out that the words name, wherever they stand: they may supply the command itself."""
        if ctx.parent is None and not ctx.resilient_parsing:
            _session(ctx).files = found = words(args)
            args = found.rest
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, the built-in ones first."""
        return [*COMMANDS, *(spec.name for spec in _session(ctx).registry.list(COMMAND))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        if cmd_name in COMMANDS:
            defined: click.Command = import_module(COMMANDS[cmd_name].module).command(cmd_name)
            return defined
        return _supplied(_session(ctx), cmd_name) if cmd_name in self.list_commands(ctx) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name.

        Raises:
            UnknownNameError: there is no such command.
            PluginError: two plugins claim its name.
        """
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and name not in COMMANDS:
            try:
                _session(ctx).registry.get(COMMAND, name)
            except UnknownNameError as error:
                companions.refuse_command(name, _session(ctx).registry)
                known = self.list_commands(ctx)
                raise UnknownNameError("command", name, known, listing=error.listing, suspects=error.suspects) from None
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands' one-line summaries, which are known without importing any of them."""
        console.report(_session(ctx).registry.records)
        supplied = _session(ctx).registry.list(COMMAND)
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])
        if supplied:
            with formatter.section("Commands of plugins"):
                formatter.write_dl(
                    [(spec.name, console.shown(f"{spec.summary} [{spec.package}]")) for spec in supplied]
                )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["click.shell_completion.CompletionItem"]:
        """Complete a command's name or an option, importing no command."""
        from click.shell_completion import CompletionItem

        summaries = {name: entry.summary for name, entry in COMMANDS.items()}
        summaries |= {spec.name: spec.summary for spec in _session(ctx).registry.list(COMMAND)}
        names = [CompletionItem(name, help=line) for name, line in summaries.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> None:
        """Run the command, after reporting the plugins that did not load.

        Its return value is ignored: only ``ctx.exit`` and errors set the exit code.
        """
        registry = _session(ctx).registry
        console.report(registry.records)
        with registry.activate():
            super().invoke(ctx)


def _session(ctx: click.Context) -> Session:
    if not isinstance(ctx.find_root().obj, Session):
        ctx.find_root().obj = Session(frozenset(COMMANDS))
    session: Session = ctx.find_root().obj
    return session


def _supplied(session: Session, name: str) -> click.Command:
    spec = session.registry.get(COMMAND, name)
    factory = factory_of(spec, "command")
    return factory if isinstance(factory, click.Command) else session.registry.build(COMMAND, name)


def _disable(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    _session(ctx).disabled = value


def _show_traceback(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    _session(ctx).traceback = value


@click.group(cls=PluginGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--no-plugin",
    metavar="NAME",
    multiple=True,
    is_eager=True,
    expose_value=False,
    callback=_disable,
    help="Do not load this plugin; may be given more than once.",
)
@click.option(
    PLUGIN,
    metavar="FILE.py",
    multiple=True,
    expose_value=False,
    help="Load this file as a plugin, before the command or after it; may be given more than once.",
)
@click.option(
    CHANGED, is_flag=True, expose_value=False, help="Continue a run though a file of --plugin has changed since."
)
@click.option(
    "--traceback",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_traceback,
    help="Show errors with their traceback.",
)
@click.version_option(__version__, prog_name="gpreg", message="%(prog)s %(version)s")
def cli() -> None:
    """Penalty measures for GANs, and what trains with them: list, explain and check them.

    Everything that is listed comes from plugins. GPREG_PLUGINS=a,b loads only these (empty: none);
    GPREG_STRICT_PLUGINS=1 stops at the first that is broken.
    """


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (:class:`gpreg.errors.ExitCode`)."""
    session = Session(frozenset(COMMANDS))
    _open_streams()
    try:
        status: Any = cli.main(args, prog_name="gpreg", standalone_mode=False, obj=session)
        sys.stdout.flush()  # here, so that an error of stdout is reported
        return int(status or ExitCode.OK)
    except (click.Abort, KeyboardInterrupt):
        console.talk("Interrupted.")
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        told = StringIO()
        error.show(told)
        console.talk(told.getvalue().rstrip("\n"))
        return error.exit_code
    except BrokenPipeError:  # the reader of the pipe has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception as error:
        if session.traceback:
            import traceback

            console.talk(traceback.format_exc())
        return _fail(error, session)


def _open_streams() -> None:
    """Replace stdout and stderr by ``/dev/null`` if they are closed."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # as long as the process


def _fail(error: Exception, session: Session) -> ExitCode:
    found = meaning(error) if isinstance(error, PluginError) or not isinstance(error, GpregError) else None
    error = found or error
    if isinstance(error, GpregError):
        console.talk(str(error) if error.exit_code is ExitCode.INTERRUPTED else f"Error: {error}")
        return error.exit_code
    culprit = session.culprit(error)
    blame = f" (raised by plugin {culprit})" if culprit else ""
    console.talk(f"Error: {type(error).__name__}: {' '.join(str(error).split())}{blame}")
    if not session.traceback:
        console.talk("`gpreg --traceback COMMAND ...` shows where.")
    return ExitCode.PLUGIN if culprit else ExitCode.FAILED
