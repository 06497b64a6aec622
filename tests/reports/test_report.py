import json
import re
from dataclasses import replace

import pytest
from fixtures.pages import Page
from fixtures.reported import recipe, result, write_run
from hypothesis import given, settings
from hypothesis import strategies as st

import gpreg
from gpreg.errors import UsageError
from gpreg.reports.composition import compose
from gpreg.reports.material import Material, Published
from gpreg.reports.rendering import html, markdown
from gpreg.sweeps.cell import Skipped


@pytest.fixture
def material(registry):
    def make(results, **other):
        return Material(title="T", what="sweep", results=results, registry=registry, command="gpreg sweep", **other)

    return make


@pytest.fixture(scope="module")
def made(reported, tmp_path_factory):
    return gpreg.report(*reported, out=tmp_path_factory.mktemp("page") / "all.html")


def test_the_page_is_whole_and_loads_nothing(made):
    page = Page(made.path.read_text(encoding="utf-8"))
    assert page.faults == []
    assert not re.search(r"url\((?!#)|@import|fetch\(", made.path.read_text(encoding="utf-8"))


def test_the_same_runs_give_the_same_bytes(made, reported, tmp_path):
    again = gpreg.report(*reported, out=tmp_path / "again.html")
    assert again.path.read_bytes() == made.path.read_bytes()
    assert again.markdown.read_bytes() == made.markdown.read_bytes()


def test_every_seed_rho_and_claim_is_there(made):
    page = Page(made.path.read_text(encoding="utf-8"))
    assert "seed 0: 1; seed 1: 1.05" in page.text  # mid, rho 1
    assert "good at 1 alone" in page.text
    assert "One common rho (0.1, 1, 10) confounds mass with shape" in page.text
    assert made.path.read_text(encoding="utf-8").count("mu does not depend on the critic, and converges: holds") == 6
    assert page.text.count("cpu, 1 thread") >= 2


def test_pictures_are_small_and_those_of_the_first_seed(made):
    text = made.path.read_text(encoding="utf-8")
    assert text.count("<img") == 2  # equal ones, of one measure's rhos, are shown once
    assert 'alt="Samples of mid, rho 0.1, mid, rho 1, mid, rho 10, 8gaussians, seed 0, step 30"' in text
    assert len(text) < 400_000


def test_failures_skipped_missing_and_published_are_told(material):
    results = [result("mid", 0, 1.0), result("mid", 1, None), result("pd", 0, None, state="done"), result("pd", 1, 2.0)]
    published = [Published(row="mid", column="8gaussians", score="wasserstein/w1", value=8.5, source="Table 1")]
    skipped = [Skipped(choices={"measure": "js"}, reason="it needs labels")]
    page = compose(material(results, published=published, skipped=skipped))
    for text in (Page(html(page)).text, markdown(page)):
        assert "1 failed" in text
        assert "critic_loss was not finite at step 7" in text.replace("\\", "")
        assert "score missing: seed 0" in text
        assert re.search(r"published:? 8\.5 \(Table 1\)", text)
        assert "measure js: it needs labels" in text
    assert [entry.n for line in page.tables[0].lines for entry in line.entries.values()] == [2, 1]


def test_scores_taken_otherwise_have_a_table_of_their_own(material):
    page = compose(material([result("mid", 0, 1.0), result("pd", 0, 1.0, way="exact; n: 9"), result("mid", 1, 1.0)]))
    assert [table.group.rows for table in page.tables] == [["mid"], ["pd"]]
    assert "Such numbers may not be compared with those above" in Page(html(page)).text
    assert page.tables[1].differs == "8gaussians: n: 9"


def test_runs_on_tuning_seeds_are_not_reported(material):
    page = compose(material([result("mid", 0, 1.0), result("mid", 100, 9.0, phase="tuning")]))
    assert page.tables[0].lines[0].entries["8gaussians"].n == 1


def test_a_report_of_nothing_says_so(material):
    page = compose(material([result("mid", 0, None, state="pending")]))
    assert page.answer == ["0 of 1 runs have ended; what follows is of these.", "No run has a score yet."]
    assert Page(html(page)).faults == []


AWKWARD = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12)


@given(
    st.lists(AWKWARD | st.sampled_from(["<b>", "a & b", "'\"", "</script>", "{{ x }}", "|`*"]), min_size=4, max_size=4)
)
@settings(max_examples=25)
def test_no_name_is_taken_for_markup(names):
    row, column, reason, title = names
    results = [result(row, 0, 1.0, column=column), result(row, 1, None, column=column)]
    skipped = [Skipped(choices={"measure": row}, reason=reason)]
    registry = gpreg.load_registry()
    page = compose(
        Material(title=title, what="sweep", results=results, registry=registry, command=row, skipped=skipped)
    )
    read = Page(html(page))
    assert read.faults == []
    assert all(name in read.text for name in names)
    assert "\n" not in markdown(page).splitlines()[0]


def test_a_damaged_file_costs_its_own_section_alone(tmp_path):
    path = write_run(tmp_path / "run", text=recipe())
    (path / "stats.jsonl").write_text('{"step": "two"}\n')
    text = Page(gpreg.report(path).path.read_text(encoding="utf-8")).text
    assert "What could not be read" in text
    assert "stats.jsonl:1: this is no line of a run" in text
    assert "0.5" in text


def test_damping_is_shown_where_its_answer_was_kept(tmp_path):
    path = write_run(tmp_path / "run", text=recipe())
    modes = [{"ratio": 0.25}, {"ratio": 0.125}]
    networks = [{"measure": "mid", "rho": 1.0, "best_rho": 4.0, "table": {"modes": modes}}]
    (path / "stability.json").write_text(json.dumps({"schema": 1, "stability": {"networks": networks}}))
    assert "0.25, 0.125" in Page(gpreg.report(path).path.read_text(encoding="utf-8")).text


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ({"out": "page.txt"}, "no HTML file"),
        ({"band": -1.0}, "the band is -1.0"),
        ({"score": "fid"}, "no run has a score named 'fid'"),
    ],
)
def test_what_cannot_be_is_refused(reported, words, error):
    with pytest.raises(UsageError, match=error):
        gpreg.report(reported[0], **words)


def test_markdown_has_the_pairs_that_are_decided_and_all_scores(material):
    worth = {"mid": 0.0, "pd": 0.01, "js": 50.0}
    results = [result(row, seed, worth[row] + 0.1 * (seed * len(row) % 8)) for row in worth for seed in range(8)]
    modes = [replace(each, scores={**each.scores, "modes/modes": 8.0}) for each in results]
    text = markdown(compose(material(modes)))
    assert re.findall(r"^\| (\w+, \w+) \| (\w+) \|", text, flags=re.MULTILINE) == [
        ("mid, js", "better"),
        ("pd, js", "better"),
    ]
    assert "\nUndecided pairs of rows: 1;" in text
    assert "### modes/modes" in text
    assert text.count("| mid | 8 [8, 8], n = 8 |") == 1
