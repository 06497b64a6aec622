"""Checks that every further command of ``gpreg`` must pass; none is carried out, but for its help."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click
from click.testing import CliRunner

from gpreg.registry.kinds import COMMAND
from gpreg.registry.reference import factory_of
from gpreg.registry.registry import load_registry
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks

WRONG = "--no-such-option-of-any-command"


@dataclass(frozen=True)
class CommandCase(Case):
    """A registered command."""

    kind = "command"

    def command(self) -> click.Command:
        """The command: the factory itself, or what it returns."""
        made = factory_of(load_registry().get(COMMAND, self.name), self.kind)
        found: click.Command = made if isinstance(made, click.Command) else self.build()
        return found

    def each(self) -> Iterator[tuple[str, click.Command]]:
        """The command and those that it groups, with the words that call them."""
        waiting: list[tuple[str, click.Command]] = [(self.name, self.command())]
        while waiting:
            words, command = waiting.pop(0)
            yield words, command
            if isinstance(command, click.Group):
                context = click.Context(command, info_name=words)
                named = ((name, command.get_command(context, name)) for name in command.list_commands(context))
                waiting += [(f"{words} {name}", inner) for name, inner in named if inner is not None]


def has_help(case: CommandCase) -> None:
    """It says what it does, and so does each command that it groups: a docstring of the function that it calls."""
    for words, command in case.each():
        expect(command.help, f"`gpreg {words}` has no help: a docstring of the function that the command calls")
        command.get_help(click.Context(command, info_name=words))


def explains_its_options(case: CommandCase) -> None:
    """Each of its options has a help text."""
    for words, command in case.each():
        options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
        silent = [option.opts[0] for option in options if not option.help and not option.hidden]
        expect(not silent, f"`gpreg {words}` has options without help: {', '.join(silent)}")


def answers_help(case: CommandCase) -> None:
    """``--help`` ends with exit code 0 and prints the help, and no global random state moves."""
    with global_randomness(1):
        result = CliRunner().invoke(case.command(), ["--help"], prog_name=case.name)
    expect(result.exit_code == 0, f"ends with exit code {result.exit_code} when it is asked for help")
    expect("Usage:" in result.output, "prints no help when it is asked for it")


def refuses_what_it_does_not_know(case: CommandCase) -> None:
    """An option that it does not have ends it with exit code 2, before it does anything."""
    result = CliRunner().invoke(case.command(), [WRONG], prog_name=case.name)
    told = "accepts an option that it does not have" if result.exit_code == 0 else "fails at an option it does not have"
    expect(result.exit_code == click.UsageError.exit_code, f"{told}, with exit code {result.exit_code} instead of 2")


COMMAND_CHECKS = (has_help, explains_its_options, answers_help, refuses_what_it_does_not_know)


def command_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered command.

    >>> for check in command_checks("check"):
    ...     check()
    >>> print(check)
    check-refuses_what_it_does_not_know
    """
    case = CommandCase(name, options or {})
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in COMMAND_CHECKS]
