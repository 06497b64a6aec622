import logging
import os
import pty
import signal
import sys
import threading

import pytest

from gpreg.cli.main import main
from gpreg.experiments.progress import RunProgress, counting, watching
from gpreg.experiments.telling import telling

RECIPE = {kind: {"name": kind} for kind in ("measure", "loss", "architecture", "dataset")}
RECIPE |= {"training": {"steps": 2000}, "penalty": {"rho": 2.0}}
VALUES = {
    "critic_loss": -0.123456,
    "generator_loss": 1.5,
    "penalty": 2e-5,
    "gradient_norm": 0.25,
    "images_per_second": 12345.6,
    "steps": 100,
    "seconds": 2.0,
}
SHOW, HIDE = "\x1b[?25h", "\x1b[?25l"


class Terminal:
    """A terminal in place of stderr."""

    def __init__(self) -> None:
        self._reader, end = pty.openpty()
        self.stderr = os.fdopen(end, "w", encoding="utf-8")

    def read(self) -> str:
        """All that was written; it is closed then."""
        self.stderr.close()
        told = b""
        while True:
            try:
                part = os.read(self._reader, 65536)
            except OSError:  # as Linux says that the other end is closed
                break
            if not part:
                break
            told += part
        os.close(self._reader)
        return told.decode().replace("\r\n", "\n")


@pytest.fixture
def terminal(monkeypatch):
    """Make a terminal of some width and kind."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)

    def make(columns=80, term="xterm"):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", term)
        made = Terminal()
        monkeypatch.setattr(sys, "stderr", made.stderr)
        return made

    return make


def watch(folder):
    """A run that is watched for a while."""
    progress = RunProgress()
    progress.start(folder, RECIPE, 0)
    try:
        progress.scalars(100, VALUES)
        progress.scalars(100, {"modes/modes": 8.0, "modes/high_quality_share": 0.75})
        progress.scalars(100, {"wasserstein/w1": 0.5})
        progress.say("a message " * 12)
        print("printed by somebody", file=sys.stderr)
    finally:
        progress.finish()


class TestPlain:
    @pytest.fixture
    def progress(self, tmp_path):
        progress = RunProgress()  # no terminal here
        progress.start(tmp_path, RECIPE, 0)
        return progress

    def test_one_line_a_tick(self, progress, capsys):
        capsys.readouterr()
        progress.scalars(1000, VALUES)
        told = "critic -0.123  generator 1.5  penalty 2e-05  |grad D| 0.25  img/s 12,346"
        assert capsys.readouterr().err == f"step   1,000/2,000  {told}  left 0:00:20\n"

    def test_the_time_left(self, progress, capsys):
        capsys.readouterr()
        progress.scalars(1999, VALUES | {"steps": 1, "seconds": 3725.0})
        assert capsys.readouterr().err.endswith("left 1:02:05\n")

    def test_without_a_penalty_there_is_no_gradient_norm(self, progress, capsys):
        progress.scalars(1, {key: value for key, value in VALUES.items() if key != "gradient_norm"})
        assert "|grad D|" not in capsys.readouterr().err

    def test_one_line_a_score(self, progress, capsys):
        capsys.readouterr()
        progress.scalars(100, {"modes/modes": 8.0, "modes/high_quality_share": 0.98765})
        assert capsys.readouterr().err == "step     100  score  modes 8  high_quality_share 0.9877\n"

    def test_what_is_neither_is_not_shown(self, progress, capsys):
        capsys.readouterr()
        progress.scalars(0, {"critic_gap": 0.1})
        progress.finish()
        assert capsys.readouterr() == ("", "")


class TestLive:
    def test_statistics_and_all_scores_stay_below_what_is_said(self, terminal, tmp_path):
        screen = terminal()
        watch(tmp_path)
        told = screen.read()
        last = told.rpartition("printed by somebody")[2]
        for text in (
            "100/2000",
            "critic -0.123  generator 1.5  penalty 2e-05  |grad D| 0.25  img/s 12,346",
            "step 100  modes 8  high_quality_share 0.75  w1 0.5",
        ):
            assert text in last
        assert "a message " * 12 in told

    def test_lines_end_where_the_terminal_does(self, terminal, tmp_path):
        screen = terminal(columns=40)
        watch(tmp_path)
        told = screen.read()
        assert "critic -0.123  generator 1.5  penalty 2…" in told
        assert "img/s" not in told

    def test_the_cursor_is_seen_again(self, terminal, tmp_path):
        screen = terminal()
        watch(tmp_path)
        told = screen.read()
        assert 0 <= told.rfind(HIDE) < told.rfind(SHOW)

    def test_the_cursor_is_seen_again_after_a_signal(self, terminal, plane, tmp_path, monkeypatch):
        scalars = RunProgress.scalars

        def stop(self, step, values):
            scalars(self, step, values)
            if step == 5 and "critic_loss" in values:
                os.kill(os.getpid(), signal.SIGINT)

        screen = terminal()
        monkeypatch.setattr(RunProgress, "scalars", stop)
        assert main(["train", str(plane.recipe), "--out", str(tmp_path / "run")]) == 130
        told = screen.read()
        assert 0 <= told.rfind(HIDE) < told.rfind(SHOW) < told.rfind("the state is saved")

    def test_a_terminal_that_cannot_redraw_has_plain_lines(self, terminal, tmp_path):
        screen = terminal(term="dumb")
        watch(tmp_path)
        told = screen.read()
        assert "\x1b" not in told
        assert "step     100/2,000  critic -0.123" in told

    def test_counting_leaves_nothing_behind(self, terminal):
        screen = terminal()
        with counting("samples", 1000) as done:
            done(700)
        told = screen.read()
        assert "samples" in told
        assert " 700/1000" in told
        assert told.endswith("\x1b[2K")  # the line is cleared


class TestWhoWatches:
    """Progress is shown by itself where somebody is likely to see it."""

    @pytest.fixture
    def notebook(self, monkeypatch):
        monkeypatch.setattr("builtins.get_ipython", type("ZMQInteractiveShell", (), {}), raising=False)
        monkeypatch.setattr("gpreg.experiments.progress.find_spec", lambda name: None)  # no widgets

    def watchers(self, show="auto"):
        with watching(show) as watchers:
            logging.getLogger("gpreg").info("a word")
            return watchers

    def test_nobody_elsewhere(self, capsys):
        assert self.watchers() == ()
        assert self.watchers(False) == ()
        assert capsys.readouterr() == ("", "")

    def test_whoever_asks(self, capsys):
        assert len(self.watchers(True)) == 1
        assert capsys.readouterr().err == "a word\n"

    def test_a_terminal(self, terminal):
        screen = terminal()
        assert len(self.watchers()) == 1
        assert screen.read() == "a word\n"

    def test_a_notebook_without_widgets_has_a_line_a_tick(self, notebook, tmp_path, capsys):
        (progress,) = self.watchers()
        progress.start(tmp_path, RECIPE, 0)
        progress.scalars(1000, VALUES)
        progress.finish()
        assert "step   1,000/2,000  critic -0.123" in capsys.readouterr().err

    def test_no_other_thread_than_the_first(self, notebook):
        found = []
        thread = threading.Thread(target=lambda: found.append(self.watchers()))
        thread.start()
        thread.join()
        assert found == [()]

    def test_the_innermost_tells_alone(self):
        outer, inner = [], []
        with telling(outer.append):
            with telling(inner.append):
                logging.getLogger("gpreg").info("one")
            logging.getLogger("gpreg").info("two")
        assert (outer, inner) == (["two"], ["one"])


def test_counting_is_silent_without_a_terminal(capsys):
    with counting("samples", 3) as done:
        done(3)
    assert capsys.readouterr() == ("", "")


def test_what_plugins_log_is_told_for_a_while():
    told = []
    before = logging.getLogger("gpreg").level
    with telling(told.append):
        logging.getLogger("gpreg.metrics").info("epoch %d", 3)
        logging.getLogger("gpreg").debug("not this")
    logging.getLogger("gpreg").info("nor this")
    assert told == ["epoch 3"]
    assert logging.getLogger("gpreg").level == before
