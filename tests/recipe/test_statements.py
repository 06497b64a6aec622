import tomllib

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from gpreg.recipe.statements import statements

TEXT = '''# [not.a.statement]
a.b = "[#" # ]

"q.r" = { x = [1, 2.5], y = """
]"\\""""
}
[t."u.v"]
w = \'\'\'
[x]
\'\'\'\'\'
[[l]]
[[l.m]]
n = [
  # ]
  [1,
   [2]],
]
'''


def test_each_has_its_line_its_text_and_its_depth():
    found = [(own.line, own.text.split("\n")[0], own.depth) for own in statements(TEXT)]
    assert [(line, text) for line, text, _ in found] == [
        (2, 'a.b = "[#" # ]'),
        (4, '"q.r" = { x = [1, 2.5], y = """'),
        (7, '[t."u.v"]'),
        (8, "w = '''"),
        (11, "[[l]]"),
        (12, "[[l.m]]"),
        (13, "n = ["),
    ]
    depths = [depth for *_, depth in found]
    assert depths[0] == 1
    assert depths[1] >= 2, "an array in an inline table"
    assert depths[-1] >= depths[-2] + 3, "an array in one in one, below the header"
    assert [own.header for own in statements(TEXT)] == [False, False, True, False, True, True, False]


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n", " \t\n"])
def test_of_nothing_there_are_none(text):
    assert list(statements(text)) == []


@pytest.mark.parametrize("text", ["a = [", 'a = """', "a = '", "]]]\na = 1", "\x00", "a = {\n\n"])
def test_of_what_is_no_toml_there_is_something(text):
    assert all(own.text and own.line >= 1 for own in statements(text))


keys = st.text(st.sampled_from("ab.\"'[]{}#=,\\ \n"), max_size=3)
values = st.recursive(
    st.one_of(keys, st.floats(allow_nan=False), st.booleans(), st.datetimes()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(keys, values, max_size=4), st.booleans())
def test_each_is_toml_by_itself_and_nothing_is_lost(table, multiline):
    text = tomli_w.dumps(table, multiline_strings=multiline)
    found = list(statements(text))
    for own in found:
        tomllib.loads(own.text)
    assert tomllib.loads("\n".join(own.text for own in found)) == table
    lines = text.split("\n")
    assert all(lines[own.line - 1].startswith(own.text.split("\n")[0]) for own in found)
