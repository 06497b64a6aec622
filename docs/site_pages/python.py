"""The reference of Python: a page for each public module, with every public name, written before each build."""

import inspect
from importlib import import_module
from typing import Any

from contract.names import offered
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

from site_pages.outside import renew

MODULES = {
    "gpreg": "The front door, and what a plugin's registration needs.",
    "gpreg.interfaces": "What plugin authors subclass.",
    "gpreg.penalties": "Measure x form x estimator: a scalar.",
    "gpreg.data": "What a dataset's author needs.",
    "gpreg.testing": "The conformance kit.",
    "gpreg.errors": "Errors, and their exit codes.",
}
"""Each public module, in the order of their pages. A name that two modules have is explained by the first."""


def public(name: str) -> dict[str, str]:
    """What a module offers, functions first, and where it is defined."""
    return dict(sorted(offered(name).items(), key=lambda pair: (pair[0][0].isupper(), pair[0])))


def pages() -> dict[str, str]:
    """The text of each module's page, with directives of autodoc."""
    explained: dict[int, str] = {}
    return {name: _page(name, about, explained) for name, about in MODULES.items()}


def _page(name: str, about: str, explained: dict[int, str]) -> str:
    things = {f"{name}.{thing}": getattr(import_module(home), thing) for thing, home in public(name).items()}
    also = [f":py:obj:`{explained[id(value)]}`" for value in things.values() if id(value) in explained]
    own = {thing: value for thing, value in things.items() if id(value) not in explained}
    explained |= {id(value): thing for thing, value in own.items()}
    data = [thing for thing, value in own.items() if not inspect.isclass(value) and not inspect.isroutine(value)]
    parts = [f"{name}\n{'=' * len(name)}", about]
    parts += [f"Also here: {', '.join(also)}."] if also else []
    parts += [
        "\n   ".join([".. autosummary::", ":nosignatures:", "", *(f"~{each}" for each in own if each not in data)])
    ]
    parts += [_datum(thing, public(name)[thing.rpartition(".")[2]]) for thing in data]
    return "\n\n".join([*parts, *(_entry(thing, value) for thing, value in own.items() if thing not in data)]) + "\n"


def _entry(name: str, value: object) -> str:
    if inspect.isclass(value):
        bases = "" if value.__bases__ == (object,) else "\n   :show-inheritance:"
        return f".. autoclass:: {name}\n   :members:{bases}"
    return f".. autofunction:: {name}"


def _datum(name: str, home: str) -> str:
    """The entry of what is neither class nor function: autodoc would show what its class says of itself."""
    told = ModuleAnalyzer.for_module(home).find_attr_docs()["", name.rpartition(".")[2]]
    return "\n   ".join([f".. py:data:: {name}", "", *told]).rstrip()


def _signature(*event: Any) -> tuple[str | None, str | None]:
    """A signature that can be read as Python, where a dataclass has defaults that it makes."""
    *_, arguments, returns = event
    return arguments and arguments.replace("<factory>", "..."), returns


def setup(app: Sphinx) -> dict[str, bool]:
    """Join Sphinx."""
    renew({f"reference/python/{name}.rst": text for name, text in pages().items()})
    app.connect("autodoc-process-signature", _signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
