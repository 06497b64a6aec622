from fixtures.reported import SCORE, recipe, result, write_run

from gpreg.reports import sections
from gpreg.reports.sections import learning_curves
from gpreg.sweeps.evidence import read


def test_what_finds_no_room_is_told_and_never_left_out_in_silence(tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "MOST", 3)
    results = [result(row, 0, 1.0, write_run(tmp_path / row, text=recipe())) for row in ("a", "b")]
    evidence = {each.cell.name: read(each.path) for each in results}
    rows = {each.cell.name: each.cell.row for each in results}
    scores, gradients = learning_curves(results, rows, evidence, [SCORE])
    assert [len(each.panels) for each in (scores, gradients)] == [2, 1]
    assert gradients.axes.endswith("The first 1 of 2 rows are drawn.")
    monkeypatch.setattr(sections, "MOST", 2)
    assert learning_curves(results, rows, evidence, [SCORE])[1].axes == "Not drawn: a page has 2 such panels at most."
