"""What is written by hand, or read by a shell: the keys of a recipe, and the exit codes."""

from collections.abc import Iterator
from dataclasses import MISSING, fields

from contract.names import annotations

from gpreg.errors import ExitCode
from gpreg.recipe.layout import LISTS, OPTIMIZERS, ORDER, PLUGINS, REQUIRED, SETTINGS, TEXTS, UNSTATED


def text() -> str:
    """One line for each key, and one for each exit code."""
    codes = (f"    {code.value} {code.name}" for code in ExitCode)
    return "\n".join(["a recipe's keys", *_keys(), "", "exit codes", *codes, ""])


def _keys() -> Iterator[str]:
    for key in ORDER:
        if key in TEXTS:
            yield f"    {key}: text"
        elif key in PLUGINS:
            yield f"    [{key}] name, and the options of the plugin{'' if key in REQUIRED else '; may be left out'}"
        elif key in LISTS:
            yield f"    [[{key}]] name, and the options of the plugin"
        elif key in OPTIMIZERS:
            yield f"    [{key}] name, and the arguments of the optimiser"
        elif key == UNSTATED:
            yield f"    [{key}] dotted key: reason"
        else:
            types = annotations(SETTINGS[key])
            for each in fields(SETTINGS[key]):
                default = each.default_factory() if each.default_factory is not MISSING else each.default
                yield f"    {key}.{each.name}: {types[each.name]}{'' if default is MISSING else f' = {default!r}'}"
