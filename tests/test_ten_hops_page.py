"""The page on the ten hops names what training calls, in that order."""

import re
import sys
from pathlib import Path

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "explanation" / "ten-hops.md").read_text(encoding="utf-8")
HOPS = re.findall(r"^\|[^|]*\| `(gpreg[\w.]+)` \|", PAGE, flags=re.MULTILINE)


class _SeenAll(BaseException):
    """What follows the page's last row, pictures above all, need not be waited for."""


def test_training_calls_what_the_page_names_in_its_order(call, tmp_path):
    waiting = HOPS[::-1]

    def note(frame, event, _):
        name = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
        if event == "call" and name == waiting[-1]:
            waiting.pop()
            if not waiting:
                raise _SeenAll

    words = ["--steps", "2", "--metric", "none", "--out", tmp_path / "run"]
    words += ["--set", "report.check_samples=0", "--set", "report.gap_samples=0"]
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call("train", "plane", *words)
    except _SeenAll:
        pass
    finally:
        sys.setprofile(before)
    assert len(HOPS) > 30
    assert not waiting, f"not called after what stands before it: {waiting[-1]}"
