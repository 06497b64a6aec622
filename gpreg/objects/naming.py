"""Make names for objects that have none in a registry."""

import re
from typing import Any

from gpreg.errors import UsageError
from gpreg.interfaces import Architecture
from gpreg.objects.pair import Pair
from gpreg.registry.kinds import ARCHITECTURE, DATASET, Kind
from gpreg.registry.place import definition_of
from gpreg.registry.spec import SESSION
from gpreg.registry.wording import one_line, type_name


def name_for(kind: Kind[Any, Any], thing: Any) -> str:
    """A readable name made of that of the class or function, ``session.pair``; users need not type it."""
    if kind is ARCHITECTURE and not isinstance(thing, Architecture) and (pair := _pair(thing)):
        word = "+".join(dict.fromkeys(_word(network) for network in (pair.generator, pair.critic)))
    elif kind is DATASET and isinstance(thing, tuple | list) and thing:
        word = _word(thing[0])
    else:
        word = _word(thing)
    return f"{SESSION}.{word or kind.name}"


def _pair(thing: Any) -> Pair | None:
    try:
        return Pair.of(thing)
    except (UsageError, TypeError):
        return None


def _word(thing: Any) -> str:
    name = str(getattr(definition_of(thing), "__name__", type_name(thing)))
    return re.sub(r"[^a-z0-9+._-]+", "", {"ndarray": "array"}.get(name, name).lower()).strip("._-")[:40]


def free(name: str, taken: set[str]) -> str:
    """The name, with a number appended if it is taken."""
    number, wish = 1, name
    while wish in taken:
        number += 1
        wish = f"{name}-{number}"
    return wish


def first_line(thing: Any) -> str:
    """The first line of an object's docstring, unless the docstring belongs to a library's class."""
    named = definition_of(thing)
    if str(getattr(named, "__module__", "")).partition(".")[0] in ("torch", "numpy", "builtins", "gpreg"):
        return ""
    text = getattr(named, "__doc__", None) or ""
    return one_line(text.strip().partition("\n")[0])[:200]
