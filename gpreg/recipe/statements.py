"""Cut a TOML text into statements, each with its line and depth, in one pass, even if the text is not valid."""

import re
from collections.abc import Iterator
from typing import NamedTuple

DEPTH = 64
"""How deep a recipe may be nested; no recipe needs ten. Python's own limit is met at about 300."""

_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?(?:"""{1,3}|\Z)|\'\'\'.*?(?:\'\'\'{1,3}|\Z)'''  # strings of several lines
    r"""|"(?:\\[^\n]|[^"\\\n])*"?|'[^'\n]*'?|\#[^\n]*"""  # strings of one, and comments
    r"""|[\[\]{}.,\n]""",
    re.DOTALL,
)


class Statement(NamedTuple):
    """A header, or a key with its value.

    Attributes:
        line: line where it begins, from 1.
        text: the statement, which is valid TOML by itself if the whole text is.
        depth: depth of the deepest value that it names, the header above it included.
    """

    line: int
    text: str
    depth: int

    @property
    def header(self) -> bool:
        """Whether the statement is a header, ``[table]`` or ``[[array]]``."""
        return self.text.startswith("[")


def statements(text: str) -> Iterator[Statement]:
    """The statements of a TOML text, in order; an approximation if the text is no TOML.

    The scan knows only strings, comments and brackets, and counts the dots of keys. A statement ends with the first
    line at whose end no bracket and no string is open.
    """
    text = text.replace("\r\n", "\n") + "\n"
    begin, line, above = 0, 1, 0  # above: the depth of the last header
    depth = deepest = 0
    outer: list[int] = []
    for token in _TOKEN.finditer(text):
        match token[0]:
            case ".":
                depth += 1
            case "[" | "{":
                if not outer and not text[begin : token.start()].strip():  # a header, which is below no other
                    depth = deepest = 0
                outer.append(depth)
                depth += 1
            case "]" | "}":
                depth = outer.pop() if outer else above
            case ",":
                depth = outer[-1] + 1 if outer else above
            case "\n" if not outer:
                whole = text[begin : token.start()]
                statement = Statement(line, whole.strip(" \t"), deepest)
                if statement.text and not statement.text.startswith("#"):
                    yield statement
                above = deepest if statement.header else above
                line += whole.count("\n") + 1
                begin, depth, deepest = token.end(), above, above
            case _:
                continue
        deepest = max(deepest, depth)
    if begin < len(text) - 1:  # brackets or a string are never closed
        yield Statement(line, text[begin:].strip(), deepest)
