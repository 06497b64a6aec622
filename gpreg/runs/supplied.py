"""Record the plugin files and session objects that a run was trained with, and ask for them again.

A run folder does not contain them, and nothing in a run folder is ever imported: to continue a run, the user gives its
files and objects again. The document ``environment.json`` says which they are:

* ``plugin_files``: ``path``, ``sha256``, and ``supplies``, the names that the recipe uses, by kind; and ``before``, the
  hashes of earlier versions, if the run was continued with another version;
* ``session_objects``: ``kind``, ``name``, ``class`` and ``module``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import make_dataclass
from pathlib import Path
from typing import Any

from gpreg.errors import UsageError
from gpreg.recipe import Recipe
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.kinds import KINDS, Kind
from gpreg.registry.options import option
from gpreg.registry.registry import Registry
from gpreg.registry.spec import SESSION, Spec
from gpreg.registry.wording import one_line, shown

FILES, OBJECTS = "plugin_files", "session_objects"


def recorded(recipe: Recipe, registry: Registry) -> dict[str, Any]:
    """The entries of ``environment.json`` about the files and objects that a recipe uses."""
    files: dict[str, dict[str, Any]] = {}
    objects: list[dict[str, Any]] = []
    by_package = {record.package: record for record in registry.records if record.path}
    for kind, spec in _specs(recipe, registry):
        if (record := by_package.get(spec.package)) and record.path:
            said = files.setdefault(record.path, {"path": record.path, "sha256": record.sha256, "supplies": {}})
            said["supplies"].setdefault(kind.name, []).append(spec.name)
        elif spec.package == SESSION:
            objects.append({"kind": kind.name, "name": spec.name, **_class_of(spec)})
    return {FILES: list(files.values()), OBJECTS: objects}


def renewed(document: Mapping[str, Any], recipe: Recipe, registry: Registry) -> dict[str, Any]:
    """The changed entries of ``environment.json`` if a run continues with another version of a file; else empty."""
    before = {Path(said["path"]).name: said for said in document.get(FILES, ())}
    now = recorded(recipe, registry)[FILES]
    for said in now:
        old = before.get(Path(said["path"]).name, said)
        if old["sha256"] != said["sha256"]:
            said["before"] = [*old.get("before", ()), old["sha256"]]
    return {FILES: now} if any("before" in said for said in now) else {}


def session_notes(recipe: Recipe, registry: Registry) -> Iterator[str]:
    """Notes for the user, when training starts, on objects that no command can supply again."""
    found = [(kind, spec) for kind, spec in _specs(recipe, registry) if spec.package == SESSION]
    lambdas = [kind for kind, spec in found if "lambda" in _class_of(spec)["class"]]
    if found:
        named = ", ".join(f"the {kind} {_class_of(spec)['class']}" for kind, spec in found)
        again = ", ".join(dict.fromkeys(f"{kind.key}=..." for kind, _ in found))
        yield (
            f"of this session alone: {named}; to go on with the run, give it again, as in gpreg.open_run(PATH, {again})"
        )
    if lambdas:
        of = " and the ".join(map(str, lambdas))
        yield f"of a lambda nothing can be recorded: keep that of the {of}, or write it as a function, which has a name"


def supplied_again(
    document: Mapping[str, Any], recipe: Mapping[str, Any], registry: Registry, *, run: Path
) -> Registry:
    """The registry with everything that a run was trained with.

    A session object that is not given gets a placeholder, which raises when it is built. So samples can be drawn
    without a dataset that was given as an object, for example.

    Args:
        document: the run's ``environment.json``.
        recipe: the run's recipe, as nested tables.
        registry: the plugins that are installed or given.
        run: the run's folder, for errors.

    Raises:
        UsageError: a file is not given, or has changed since; says what to type.
    """
    _check_files({said["path"]: said["sha256"] for said in _rows(document, FILES, ("path", "sha256"))}, registry, run)
    missing: dict[str, list[Spec]] = {}
    for said in _rows(document, OBJECTS, ("kind", "name", "class", "module")):
        kind = KINDS.get(said["kind"])
        if kind is None or kind.recipe is None or not said["name"].startswith(f"{SESSION}."):
            continue
        if all(spec.name != said["name"] for spec in registry.list(kind)):
            missing.setdefault(kind.name, []).append(_stand_in(kind, said, recipe, run))
    if not missing:
        return registry
    return registry.extended([PluginRecord.of_session(missing)])


def names_again(document: Mapping[str, Any]) -> dict[str, Any]:
    """The names of the objects that a run was trained with, as :func:`gpreg.objects.adopt` takes them."""
    names: dict[str, Any] = {}
    for said in _rows(document, OBJECTS, ("kind", "name")):
        kind = KINDS.get(said["kind"])
        if kind is not None and kind.recipe == "several":
            names.setdefault(kind.key, []).append(said["name"])
        elif kind is not None:
            names[kind.key] = said["name"]
    return names


def _check_files(files: Mapping[str, str], registry: Registry, run: Path) -> None:
    given = {Path(record.path).name: record for record in registry.records if record.path}
    if absent := [one_line(path) for path in files if Path(path).name not in given]:
        options = " ".join(f"--plugin {path}" for path in absent)
        raise UsageError(
            f"{run} was trained with the plugin file{'s'[: len(absent) > 1]} {', '.join(absent)}, not given here",
            remedy=f"add {options}, as in `gpreg resume {run} {options}`; in Python: "
            f"gpreg.open_run({str(run)!r}, plugins={absent})",
        )
    for path, sha256 in files.items():
        record = given[Path(path).name]
        if record.sha256 != sha256 and not record.any_version:
            raise UsageError(
                f"{record.path} has changed since {run} was trained with it: its SHA-256 was {one_line(sha256[:12])}, "
                f"and is {(record.sha256 or '')[:12]}",
                remedy="give the file as it was, or add --changed-plugin to go on with it as it is",
            )


def _stand_in(kind: Kind[Any, Any], said: Mapping[str, str], recipe: Mapping[str, Any], run: Path) -> Spec:
    what = f"{said['class']} of {said['module']}" if said["module"] else said["class"]

    def refuse(options: object = None) -> Any:
        raise UsageError(
            f"{run} was trained with the {kind} {one_line(what)}, an object of its Python session, which is not given",
            remedy=f"in Python: gpreg.open_run({str(run)!r}, {kind.key}=...)",
        )

    found = recipe.get(kind.key, {})
    tables: list[Mapping[str, Any]] = found if isinstance(found, list) else [found]
    table = next((each for each in tables if each.get("name") == said["name"]), {})
    keys = [(key, Any, option(value, help="as recorded")) for key, value in table.items() if key != "name"]
    options = make_dataclass("Recorded", keys, frozen=True, kw_only=True) if keys else None
    spec: Spec = kind.spec(
        name=said["name"],
        factory=refuse,
        summary="of another session",
        options=options,
        package=SESSION,
        place=one_line(what),
    )
    return spec


def _specs(recipe: Recipe, registry: Registry) -> Iterator[tuple[Kind[Any, Any], Spec]]:
    """Of everything that a recipe names."""
    for kind in KINDS.values():
        chosen = getattr(recipe, kind.key) if kind.recipe else None
        for choice in chosen if isinstance(chosen, tuple) else (chosen,):
            if choice is not None:
                yield kind, registry.get(kind, choice.name)


def _class_of(spec: Spec) -> dict[str, str]:
    """Name and module of the class, or classes, of an object that was given."""
    classes: Sequence[object] = getattr(spec.factory, "classes", (spec.factory,))
    names = dict.fromkeys(str(getattr(each, "__qualname__", spec.name)) for each in classes)
    modules = dict.fromkeys(str(getattr(each, "__module__", "")) for each in classes)
    return {"class": one_line(" and ".join(names)), "module": one_line(" and ".join(modules))}


def _rows(document: Mapping[str, Any], key: str, texts: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    """The rows of a list in a document, checked to have all of some texts, since the file may be damaged."""
    rows = document.get(key, [])
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and all(isinstance(row.get(text), str) for text in texts):
            yield {text: row[text] for text in texts}
        else:
            raise UsageError(f"environment.json of the run is damaged: {key} has {shown(row)}")
