import tomllib

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from gpreg.recipe.positions import key_lines, line_of

TEXT = '''# a recipe
summary = "mid"

[penalty]  # [not.a.table]
rho = 2 # rho = 3
"every" = 1

[measure.of]
mid = 0.5
options = { dragan = { scale = 1 }, other = [
  1,
  2 ] }
[architecture]
name = """
[fake]
rho = 1
"""
width = [
  # width = 3
  64,

  { deep = 2 },
]
a.b.c = 1
a."b.d" = 2

[[metrics]]
name = "modes"
[[metrics]]
name = \'\'\'
[[metrics]]\'\'\'
'''


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), TEXT.rstrip()], ids=["lf", "crlf", "unended"])
@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("summary",), 2),
        (("penalty",), 4),
        (("penalty", "rho"), 5),
        (("penalty", "every"), 6),
        (("measure",), 8),
        (("measure", "of"), 8),
        (("measure", "of", "mid"), 9),
        (("measure", "of", "options", "dragan", "scale"), 10),
        (("measure", "of", "options", "other", 1), 10),
        (("architecture", "name"), 14),
        (("architecture", "width"), 18),
        (("architecture", "width", 1, "deep"), 18),
        (("architecture", "a", "b", "c"), 24),
        (("architecture", "a", "b.d"), 25),
        (("metrics",), 27),
        (("metrics", 0, "name"), 28),
        (("metrics", 1), 29),
        (("metrics", 1, "name"), 30),
        (("penalty", "missing"), 4),
        (("metrics", 1, "missing", "deeper"), 29),
        (("missing", "rho"), None),
        ((), None),
    ],
)
def test_the_line_of_a_path_or_of_what_is_around_it(text, path, line):
    assert line_of(path, key_lines(text)) == line


keys = st.one_of(st.from_regex(r"[a-z_-]{1,6}", fullmatch=True), st.text(max_size=4))
values = st.recursive(
    st.one_of(st.text(), st.integers(-9, 9), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_every_key_is_named_in_the_lines_of_its_statement(table, multiline):
    text = tomli_w.dumps(table, multiline_strings=multiline)
    assert tomllib.loads(text) == table
    found = key_lines(text)
    assert {path for path in found if len(path) == 1} == {(key,) for key in table}
    lines = text.split("\n")
    for (key, *_), start in found.items():
        name = tomli_w.dumps({key: 0}).removesuffix(" = 0\n")
        assert any(name in line for line in lines[:start]), "a key is named in its own statement or in a header above"


def slow_key_lines(text):
    """By asking ``tomllib`` about each beginning of the text: no grammar, and the time of its square."""
    found, lines, start = {}, text.split("\n"), 0
    for end in range(1, len(lines) + 1):
        try:
            table = tomllib.loads("\n".join(lines[:end]))
        except tomllib.TOMLDecodeError:  # a value goes on in the next line
            continue
        for path in paths(table, ()):
            found.setdefault(path, start + 1)
        start = end
    return found


def paths(value, path):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_each_beginning_of_a_text_says_the_same(table, multiline):
    text = tomli_w.dumps(table, multiline_strings=multiline)
    assert key_lines(text) == {path: line for path, line in slow_key_lines(text).items() if path}


def test_the_text_is_read_once(bounded):
    marks = "".join(f'"penalty.rho{i}" = "no number"\n' for i in range(8_000))
    many = "1,\n" * 8_000
    with bounded():
        lines = key_lines(f"[unstated]\n{marks}[measure]\nname = [\n{'1,' * 9}\n{many}]\n")
    assert lines["unstated", "penalty.rho7999"] == 8_001
    assert lines["measure", "name", 8_008] == 8_003


@given(st.lists(st.sampled_from(["", "# a = 1", "  "]), max_size=5))
def test_what_lies_before_a_statement_is_not_its_line(before):
    assert key_lines("\n".join([*before, "a = [", "1", "]"]))["a",] == len(before) + 1


def test_a_text_that_is_no_toml_has_no_positions():
    with pytest.raises(tomllib.TOMLDecodeError):
        key_lines("a = [")
