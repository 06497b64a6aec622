"""Wrong commands, each found by the check that is about it."""

import random

import click
import pytest
from fixtures.kits import assert_found, outcomes

from gpreg import CommandSpec
from gpreg.testing import command_checks


@click.command("subject")
@click.option("--loud", is_flag=True, help="Shout.")
def right(loud):
    """Say hello."""


@click.group("subject")
def grouping():
    """Several commands."""


@grouping.command("inner")
def inner():
    pass


@click.command("subject")
def silent():
    pass


@click.command("subject")
@click.option("--loud", is_flag=True)
def unexplained(loud):
    """Say hello."""


@click.command("subject", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def anything(words):
    """Say hello."""


@click.command("subject", add_help_option=False)
def helpless():
    """Say hello."""


class Draws(click.Command):
    def get_help(self, ctx):
        return super().get_help(ctx) + " " * (random.randint(1, 1))


def made(factory):
    return "command", CommandSpec(name="subject", summary="s", factory=factory), command_checks


@pytest.mark.parametrize("factory", [right, lambda: right])
def test_what_is_right_passes(factory):
    assert outcomes(*made(factory)) == {}


@pytest.mark.parametrize(
    ("factory", "check"),
    [
        (silent, "has_help"),
        (grouping, "has_help"),
        (unexplained, "explains_its_options"),
        (helpless, "answers_help"),
        (Draws("subject", help="Say hello."), "answers_help"),
        (anything, "refuses_what_it_does_not_know"),
    ],
)
def test_what_is_wrong_is_found(factory, check):
    assert_found(check, *made(factory))
