from pathlib import Path

from fixtures.reported import recipe, write_run

from gpreg.reports.report import write
from gpreg.reports.watching import watch


def test_the_page_is_rewritten_when_a_run_gets_further_and_left_alone_at_its_end(tmp_path):
    path = write_run(tmp_path / "run", (2.0, 1.0), text=recipe())
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            for name in ("stats", "metrics"):
                lines = (path / f"{name}.jsonl").read_text().splitlines()
                more = lines[-1].replace('"step": 20', '"step": 30')
                (path / f"{name}.jsonl").write_text("\n".join([*lines, more]) + "\n")

    pages = [
        (report.pending, Path(report.path).read_text().count("http-equiv"))
        for report in watch([path], lambda: write(path, refresh=5), pause=pause)
    ]
    assert pages == [(1, 1), (0, 0)]
    assert len(pauses) == 3
