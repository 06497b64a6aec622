import re

import pytest

from gpreg.pictures import style
from gpreg.reports.panels import Frame, Sight, draw_sight
from gpreg.reports.vector import svg

SIGHT = Sight(dots=[(0.0001, 2.0), (1.0, 1.0)], middles=[(0.0001, 2.0), (1.0, 1.0)], good=(1.0, 1.0))


@pytest.fixture
def figure():
    frame = Frame.of([0.0001, 1.0], [2.0, 1.0], x_log=True)
    return draw_sight(SIGHT, frame, name="f", title="a <b> & c", description='"d"')


def test_the_figure_has_a_title_a_description_and_real_text(figure):
    assert '<title id="f-title">a &lt;b&gt; &amp; c</title>' in figure
    assert '<desc id="f-desc">&quot;d&quot;</desc>' in figure
    assert re.search(r"<text[^>]*>0\.0001</text>", figure)


def test_every_id_begins_with_the_name_and_is_there_for_each_use(figure):
    ids = set(re.findall(r'\bid="([^"]+)"', figure))
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', figure))
    assert all(each.startswith("f-") for each in ids)
    assert used
    assert used <= ids


def test_colours_are_those_of_the_page_and_nothing_tells_the_date(figure):
    assert "var(--accent)" in figure
    assert "var(--good)" in figure
    assert not re.search(r"metadata|<style|font-family|DejaVu", figure)


def test_the_text_of_a_figure_is_left_alone():
    empty = style.figure(200, 100)
    empty.text(0.1, 0.5, f'id="x" {style.INK} 1.23456')
    assert f'id="x" {style.INK} 1.23456' in svg(empty, name="f", title="t", description="d")
