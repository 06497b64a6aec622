"""Print a plugin's text, objects and exceptions safely: on one line, cut short, and without ever raising."""

from gpreg.errors import PluginError

LONGEST_REASON = 500


def spelled(character: str) -> str:
    r"""A character as Python writes it: ``\x1b`` for what a terminal would obey."""
    return character.encode("unicode_escape").decode()


def one_line(text: str) -> str:
    r"""Text on one line: line breaks and tabs become spaces, and invisible characters are escaped (``\x1b``)."""
    if text.isprintable():
        return text
    characters = (" " if each in "\t\n\r" else each for each in text)
    return "".join(each if each.isprintable() else spelled(each) for each in characters)


def shown(value: object, longest: int = 80) -> str:
    """``repr`` of any value, on one line, cut short, and without ever raising."""
    try:
        text = one_line(repr(value))
    except Exception:
        text = f"a {type_name(value)} that cannot be printed"
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def type_name(value: object) -> str:
    """The name of a value's class, whatever its metaclass says."""
    return str(type.__dict__["__name__"].__get__(type(value)))


def reason_of(error: BaseException) -> str:
    """An exception's message on one line, cut short; the name of its type if it has no message."""
    try:
        text = str(error) if isinstance(error, PluginError) else f"{type_name(error)}: {error}"
    except BaseException as second:
        text = f"{type_name(error)}, whose message cannot be read: that raises {type_name(second)}"
    text = " ".join(one_line(text[: 20 * LONGEST_REASON]).split()).removesuffix(":")  # no colon without a message
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"
