"""``gpreg new-plugin``: a package that installs, trains and passes its tests."""

import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gpreg.cli import console
from gpreg.cli.session import Session
from gpreg.errors import UsageError
from gpreg.registry.kinds import KINDS, MEASURE
from gpreg.registry.registry import Registry
from gpreg_new_plugin import names, writing
from gpreg_new_plugin.package import LICENCES, NONE, Author, Package
from gpreg_new_plugin.rendering import imported, rendered
from gpreg_new_plugin.thing import Thing, things_of


def _things(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each kind."""
    for kind in reversed(KINDS.values()):
        add = click.option(f"--{kind.name}", kind.name, metavar="THING", multiple=True, help=kind.help)
        command = add(command)
    return command


def command() -> click.Command:
    """Make the command ``new-plugin``."""

    @click.command("new-plugin")
    @click.argument("name")
    @_things
    @click.option("--into", metavar="FOLDER", type=click.Path(path_type=Path), help="by default gpreg-NAME, here")
    @click.option(
        "--license",
        "license_name",
        type=click.Choice([*LICENCES, NONE], case_sensitive=False),
        default=LICENCES[0],
        show_default=True,
        help="the licence, whose text is written",
    )
    @click.option("--author", metavar="WHO", help="'NAME' or 'NAME <MAIL>'; by default the name that git knows")
    @click.option("--dry-run", is_flag=True, help="list the files, and write nothing")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
    @click.pass_obj
    def new_plugin(
        session: Session,
        /,
        name: str,
        into: Path | None,
        license_name: str,
        author: str | None,
        dry_run: bool,
        as_json: bool,
        **named: tuple[str, ...],
    ) -> None:
        """Write a plugin of your own: a package that installs, trains and passes its tests at once.

        The package is called gpreg-NAME. What it supplies is said by kind, as often as you like; without a word, it is
        one measure called NAME:

            gpreg new-plugin wedge

            gpreg new-plugin orchard --loss apple --loss pear --dataset windfalls

        Each thing is a module with one function to edit, and a test. Nothing is written over: the folder must be new
        or empty.
        """
        package = _package(session.registry, names.bare(name), named, license_name, author)
        folder = into or Path(package.distribution)
        texts = rendered(package)
        if dry_run:
            writing.check(folder)
        else:
            writing.write(folder, texts)
        following = package.next(str(folder))
        if as_json:
            console.emit(
                {
                    "schema": 1,
                    "package": package.distribution,
                    "folder": str(folder),
                    "written": not dry_run,
                    "things": [
                        {"kind": each.kind, "name": each.name, "module": each.module} for each in package.things
                    ],
                    "files": [str(path) for path in texts],
                    "next": following,
                }
            )
            return
        for path in texts:
            console.say(str(folder / path))
        if not dry_run:
            _conclude(package, folder, following)

    return new_plugin


def _package(
    registry: Registry, name: str, named: Mapping[str, tuple[str, ...]], license_name: str, author: str | None
) -> Package:
    """The package that is asked for.

    Raises:
        UsageError: a name is impossible, taken, or given twice.
    """
    names.check_plugin(name, registry)
    asked = [(kind, word) for kind in KINDS for word in named[kind]]
    for kind, word in asked:
        names.check_thing(kind, word, registry, advised=f"--{kind} {{}}")
        if asked.count((kind, word)) > 1:
            raise UsageError(f"--{kind} {word} is given twice", remedy="give each thing a name of its own")
    if not asked:
        names.check_thing(MEASURE.name, name, registry, advised=f"gpreg new-plugin {name} --measure {{}}")
    things: tuple[Thing, ...] = things_of(asked or [(MEASURE.name, name)], imported=imported())
    return Package(name=name, things=things, author=_author(author, name), year=_year(), license=license_name)


def _author(given: str | None, name: str) -> Author:
    """Who is given, or whom git knows, or else those who develop the package."""
    if given is not None and not (given.strip() and given.isprintable()):
        raise UsageError(f"--author {given!r} is no name", remedy="write --author 'NAME' or --author 'NAME <MAIL>'")
    return Author.of((given or _known_to_git() or f"The {names.package_of(name)} developers").strip())


def _known_to_git() -> str:
    try:
        asked = subprocess.run(
            ["git", "config", "user.name"], capture_output=True, text=True, encoding="utf-8", check=False, timeout=10
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):  # there is no git, or it says what is no text
        return ""
    return asked.stdout.strip() if asked.stdout.strip().isprintable() else ""


def _year() -> int:
    return datetime.now(UTC).year


def _conclude(package: Package, folder: Path, following: list[str]) -> None:
    """Say what is to be edited, who the author is, and what to type next."""
    edited = folder / "src" / package.module / f"{package.things[0].module}.py"
    licensed = "no licence" if package.license == NONE else f"the licence {package.license}"
    console.talk(f"\nWritten for {package.author.name}, with {licensed}. Begin with {edited}, and type next:\n")
    for line in following:
        console.talk(f"    {line}")
