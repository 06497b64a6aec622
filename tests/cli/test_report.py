import os

from fixtures.reported import recipe, write_run


def test_the_answer_and_the_files_are_printed(call, reported, tmp_path):
    result = call("report", *reported, "--out", tmp_path / "a.html", "--score", "w1", "--band", "0.1")
    assert result.code == 0, result.err
    *answer, page, markdown = result.out.splitlines()
    assert answer
    assert page.split() == ["report", str(tmp_path / "a.html")]
    assert markdown.split() == ["markdown", str(tmp_path / "a.md")]


def test_without_a_place_the_newest_run_is_reported(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for age, name in enumerate(("00001-b", "00000-a")):
        os.utime(write_run(tmp_path / "runs" / name, text=recipe()), (100 - age, 100 - age))
    assert "runs/00001-b/report.html" in call("report").out


def test_nothing_to_report_is_an_error_with_a_remedy(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call("report")
    assert result.code == 2
    assert "name one: gpreg report RUN" in result.err
