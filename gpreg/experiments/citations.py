"""What to cite: the publications behind everything that a recipe, a run or the cells of a sweep name."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from gpreg import __version__
from gpreg.errors import GpregError, UsageError
from gpreg.experiments.bibliography import Citations, Use
from gpreg.recipe import Recipe, load
from gpreg.recipe.document import parse
from gpreg.recipe.file import text_of
from gpreg.registry.citation import Citation
from gpreg.registry.kinds import ADVISOR, CHECK, KINDS, RECIPE
from gpreg.registry.registry import Registry
from gpreg.registry.wording import one_line

GPREG = Citation(
    key="gpreg",
    authors="{The gpreg developers}",
    title="gpreg: a plugin-based registry of GAN regularizers",
    year=2026,
    venue="Python package",
    entry="misc",
)
TORCH = Citation(
    key="paszke2019pytorch",
    authors="Paszke, Adam and Gross, Sam and Massa, Francisco and Lerer, Adam and Bradbury, James and Chanan, Gregory "
    "and Killeen, Trevor and Lin, Zeming and Gimelshein, Natalia and Antiga, Luca and Desmaison, Alban and "
    "Köpf, Andreas and Yang, Edward and DeVito, Zachary and Raison, Martin and Tejani, Alykhan and "
    "Chilamkurthy, Sasank and Steiner, Benoit and Fang, Lu and Bai, Junjie and Chintala, Soumith",
    title="PyTorch: An Imperative Style, High-Performance Deep Learning Library",
    year=2019,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1912.01703",
)


def own_citation() -> Citations:
    """How to cite gpreg itself.

    >>> [entry.key for entry in own_citation()]
    ['gpreg']
    """
    return Citations(used=(Use(citation=GPREG, what="gpreg", name=__version__),))


def citations_of(
    recipes: Iterable[Recipe],
    registry: Registry,
    *,
    environments: Iterable[Mapping[str, Any]] = (),
    published: Iterable[Mapping[str, Any]] = (),
) -> Citations:
    """The publications behind everything that recipes name, and behind gpreg and torch.

    Args:
        recipes: one recipe, or those of all cells of a sweep.
        registry: has what they name.
        environments: the documents ``environment.json`` of the runs, which tell their versions; without one, the
            versions that are installed.
        published: numbers of papers beside a sweep's own, each a table that may have a ``source``.

    Raises:
        UnknownNameError: a recipe names what is not installed.
    """
    several = tuple(recipes)
    sources = tuple(dict.fromkeys(recipe.source for recipe in several if recipe.source))
    used = [use for recipe in several for use in _uses(recipe, registry)]
    used += [use for source in sources for use in _source(source, registry)]
    used += _software(tuple(environments))
    theory = [
        Use(citation=cite, what=kind.name, name=spec.name)
        for kind in (ADVISOR, CHECK)
        for spec in registry.list(kind)
        for cite in spec.cites
    ]
    beside = (f"numbers beside the measured ones: {row['source']}" for row in published if row.get("source"))
    told = tuple(dict.fromkeys([*sources, *beside]))
    return Citations(used=tuple(dict.fromkeys(used)), theory=tuple(theory), sources=told)


def is_sweep(path: Path) -> bool:
    """Whether a path is a sweep's folder."""
    return (path / "sweep.toml").is_file() and (path / "cells.json").is_file()


def citations_of_sweep(path: Path, registry: Registry) -> Citations:
    """The publications behind all cells of a sweep.

    Args:
        path: the sweep's folder.
        registry: has what the recipes of its cells name.

    Raises:
        UsageError: the sweep has no cells yet, or a recipe cannot be read.
    """
    files = sorted((path / "cells").glob("*.toml"))
    if not files:
        raise UsageError(f"{path} has no cells yet", remedy=f"`gpreg sweep {path}` goes on with it")
    environments = [
        document for file in files if (document := _document(file.with_suffix("") / "environment.json")) is not None
    ]
    published = parse(text_of(path / "sweep.toml"), origin=str(path / "sweep.toml")).get("published", [])
    recipes = [load(file, registry) for file in files]
    return citations_of(recipes, registry, environments=environments, published=published)


def _uses(recipe: Recipe, registry: Registry) -> Iterator[Use]:
    for kind in KINDS.values():
        chosen = getattr(recipe, kind.key) if kind.recipe else None
        for choice in chosen if isinstance(chosen, tuple) else (chosen,):
            if choice is not None:
                cites = registry.get(kind, choice.name).cites
                yield from (Use(citation=cite, what=kind.name, name=choice.name) for cite in cites or (None,))


def _source(source: str, registry: Registry) -> Iterator[Use]:
    """The publications that a recipe of the same source cites; a run's recipe knows its source, but not its name."""
    for spec in registry.list(RECIPE):
        if spec.cites:
            try:
                text = registry.build(RECIPE, spec.name)
                same = parse(text, origin=spec.name).get("source") == source
            except GpregError:  # a recipe that is broken is reported where it is used
                continue
            if same:
                yield from (Use(citation=cite, what="the recipe") for cite in spec.cites)


def _software(environments: Sequence[Mapping[str, Any]]) -> Iterator[Use]:
    """The software itself, with the versions that were used, or are installed."""
    for citation, package, own in ((GPREG, "gpreg", __version__), (TORCH, "torch", _installed("torch"))):
        told = dict.fromkeys(_version(document, package) for document in environments)
        for each in [text for text in told if text] or [own]:
            yield Use(citation=citation, what=package, name=each)


def _version(document: Mapping[str, Any], package: str) -> str:
    packages = document.get("packages")
    found = document.get(package) or (packages.get(package) if isinstance(packages, Mapping) else "")
    return one_line(found) if isinstance(found, str) else ""


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # torch that was not installed by a package manager
        return ""


def _document(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):  # the cell has not begun, or is just beginning
        return None
    return found if isinstance(found, dict) else None
