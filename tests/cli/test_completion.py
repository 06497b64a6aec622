import shutil
import subprocess

import pytest
from fixtures.commands import PLUGIN


@pytest.fixture
def complete(site):
    site.install("main", PLUGIN)

    def run(words, **environment):
        result = site.gpreg(
            _GPREG_COMPLETE="bash_complete",
            COMP_WORDS=words,
            COMP_CWORD=str(len(words.split()) - (not words.endswith(" "))),
            **{"GPREG_PLUGINS": "main"} | environment,
        )
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        return [line.partition(",")[2] for line in result.stdout.splitlines() if line]

    return run


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("gpreg list-m", ["list-measures", "list-metrics"]),
        ("gpreg gr", ["greet"]),
        ("gpreg --tr", ["--traceback"]),
        ("gpreg show me", ["measure", "metric"]),
        ("gpreg show measure ", ["mid", "plain"]),
        ("gpreg show measure p", ["plain"]),
        ("gpreg show nonsense ", []),
        ("gpreg list-measures m", ["mid"]),
        ("gpreg list-datasets ", ["ring"]),
        ("gpreg --no-plugin main show measure ", []),
        ("gpreg completion ", ["bash", "zsh", "fish"]),
        ("gpreg train --measure m", ["mid"]),
        ("gpreg train --arch ", ["net"]),
        ("gpreg train --estimator f", ["finite-difference"]),
        ("gpreg train --precision ", ["fp32", "tf32", "bf16", "fp16"]),
        ("gpreg train pap", ["paper", "pap"]),
        ("gpreg train paper --metric ", ["fid"]),
        ("gpreg evaluate run --metric f", ["fid"]),
        ("gpreg evaluate run --split t", ["train", "test"]),
    ],
)
def test_bash_completes(complete, words, found):
    assert complete(words) == found


def test_a_broken_plugin_is_not_told_to_a_prompt(complete, site):
    site.install("bad", "import no_such_module")
    assert complete("gpreg show measure m", GPREG_PLUGINS="main,bad") == ["mid"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(gpreg, shell):
    result = gpreg("completion", shell)
    assert result.code == 0
    assert "_GPREG_COMPLETE" in result.out
    assert f"{shell}_complete" in result.out


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_accepts_the_script(gpreg):
    script = gpreg("completion", "bash").out
    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
