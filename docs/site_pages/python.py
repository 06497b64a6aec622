"""The reference of Python: a page for each public module, with every public name, written before each build."""

import inspect
from importlib import import_module
from types import ModuleType

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger

from site_pages.outside import DOCS, write

_log = getLogger(__name__)

MODULES = {
    "gpreg": "The front door, and what a plugin's registration needs.",
    "gpreg.interfaces": "What plugin authors subclass.",
    "gpreg.penalties": "Measure x form x estimator: a scalar.",
    "gpreg.data": "What a dataset's author needs.",
    "gpreg.testing": "The conformance kit.",
    "gpreg.errors": "Errors, and their exit codes.",
}
"""Each public module, in the order of their pages. A name that two modules have is explained by the first."""


def public(module: ModuleType) -> dict[str, type | object]:
    """The classes and functions that a module offers, by name."""
    offered = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    values = {name: getattr(module, name) for name in sorted(offered)}
    return {
        name: value
        for name, value in values.items()
        if (inspect.isclass(value) or inspect.isroutine(value)) and value.__module__.startswith("gpreg")
    }


def pages() -> dict[str, str]:
    """The text of each module's page, with directives of autodoc."""
    explained: dict[object, str] = {}
    texts = {}
    for name, about in MODULES.items():
        module, parts = import_module(name), [f"# {name}\n\n{about}\n"]
        for thing, value in public(module).items():
            parts.append(
                f"## {thing}\n\n" + _entry(f"{name}.{thing}", value, explained.setdefault(value, f"{name}.{thing}"))
            )
        texts[name] = "\n".join(parts)
    return texts


def _entry(name: str, value: object, explained: str) -> str:
    if name != explained:
        return f"The same as {{py:obj}}`{explained}`.\n"
    lines = [f".. auto{'class' if inspect.isclass(value) else 'function'}:: {name}"]
    if inspect.isclass(value):
        lines += ["   :members:", "   :show-inheritance:"]
    return "```{eval-rst}\n" + "\n".join(lines) + "\n```\n"


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of a public name that has no entry, which ends a build by ``make docs``."""
    entries = {name for name, *_ in env.get_domain("py").get_objects()}
    for module in MODULES:
        for name, value in public(import_module(module)).items():
            if f"{module}.{name}" not in entries and f"{value.__module__}.{name}" not in entries:
                others = (f"{other}.{name}" in entries for other in MODULES)
                if not any(others):
                    _log.warning("%s.%s has no entry in the reference of Python", module, name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Join Sphinx."""
    for name, text in pages().items():
        write(DOCS / "reference" / "python" / f"{name}.md", text)
    app.connect("env-check-consistency", _check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
