import json
import shlex

import pytest

from gpreg import open_run
from gpreg.registry.assumptions import ASSUMPTIONS

SMALL = ["--arch", "mlp", "-A", "width=16", "-A", "hidden_layers=1", "--set", "report.check_samples=64"]


@pytest.fixture(scope="module")
def checked(call):
    return call("check", "--measure", "mid", *SMALL)


def test_two_lines_that_decide_come_before_the_table(checked):
    assert checked.code == 0
    head, _, table = checked.out.partition("\n\n")
    title, *lines = head.splitlines()
    assert title == "mid / squared / wasserstein / mlp / 8gaussians, rho = 0.5, before training"
    told = " ".join(" ".join(lines).split())
    assert told.startswith("Every mode that can be seen is damped: ")
    assert "Nearest alternative: the measure pd, which differs in 5c (✗ here, ✓ there), which the theorem" in told
    assert table.splitlines()[0].startswith("1    ✓  proved    p_g tends to p_d")


def test_one_row_for_each_assumption_and_what_it_means(checked):
    rows = [line.split() for line in checked.out.partition("\n\n")[2].splitlines() if line[:1].strip()]
    assert [row[0] for row in rows][: len(ASSUMPTIONS)] == list(ASSUMPTIONS)
    assert "stab" in checked.out
    assert "✓ holds, ✗ violated, ~ not decided" in checked.out


def test_lines_fit_eighty_columns(checked):
    assert max(map(len, checked.out.splitlines())) <= 80


def test_5c_does_not_alarm_where_nothing_needs_it(call, checked):
    assert "5c  (✗) measured" in checked.out
    assert "5c does not hold, and need not" in " ".join(checked.out.split())
    assert " is violated" not in checked.out
    wgan = call("check", "--measure", "wgan", *SMALL).out
    assert "6b   ✗  proved" in wgan
    assert "5b   ✗  proved" in wgan  # 6b fails as well, so that neither is to be had
    assert wgan.splitlines()[1].startswith("Some modes are not damped: ")


def test_a_form_that_is_not_the_theorems_is_said_once(call):
    told = " ".join(call("check", "--measure", "wgan-gp", *SMALL).out.split())
    assert told.count("not of the theorem's form") == 1
    assert "1, 2, 3, 4, 5a, 5b, 5c, 6a, 6b, 6c ~ measured" in told


def typed(told):
    """The command that a check says to type, as words."""
    lines = told.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("    gpreg "))
    whole = lines[start : next(i for i in range(start, len(lines)) if not lines[i].endswith("\\")) + 1]
    return shlex.split(" ".join(line.rstrip("\\") for line in whole))


@pytest.mark.parametrize(
    ("words", "said", "outcome"),
    [
        (["--measure", "wgan-gp"], ["--form", "squared"], "undecided"),
        (["--measure", "wgan"], ["--measure", "pd"], "undecided"),
        (["--measure", "g-anc", "-M", "anchor=point", "-M", "point=1,0"], ["--measure", "pd"], "undecided"),
        (["--measure", "mid", "--rho", "0"], ["--rho", "auto"], "undecided"),
        (["--measure", "pd", "--set", "training.seed=3", "--unconditional"], ["--measure", "pg"], "undecided"),
    ],
)
def test_the_command_that_it_names_works(call, words, said, outcome):
    command = typed(call("check", *words, *SMALL).out)
    assert command[:2] == ["gpreg", "check"]
    assert " ".join(said) in " ".join(command)
    again = call(*command[1:], "--json").json
    assert again["conclusion"]["outcome"] == outcome
    assert "anchor=point" not in command


def test_a_run_has_an_alternative_as_well(call, plane):
    command = typed(call("check", plane.path, "--step", "5", "--set", "report.check_samples=64").out)
    assert command[:3] == ["gpreg", "check", str(plane.path)]
    assert call(*command[1:]).code == 0


def test_json(call):
    found = json.loads(call("check", "--measure", "pd", *SMALL, "--json").out)
    assert found["schema"] == 1
    assert found["damping"]["answer"] == "yes"
    assert found["alternative"]["command"].startswith("gpreg check --measure pg ")
    assert found["alternative"]["text"].endswith("differs in 5c (✓ here, ~ there)")  # 6c is proved with any measure
    assert set(found["verdicts"]) == set(ASSUMPTIONS)
    assert found["verdicts"]["6b"] == {"verdict": "holds", "basis": "proved"}
    for finding in found["findings"]:
        assert {"assumption", "verdict", "basis", "evidence", "statistics", "remedy"} <= set(finding)


def test_every_finding_on_request(call, checked):
    longer = call("check", "--measure", "mid", *SMALL, "--all").out
    assert len(longer.splitlines()) > len(checked.out.splitlines())


def test_strict(call):
    assert call("check", "--measure", "mid", *SMALL, "--strict").code == 0
    refused = call("check", "--measure", "wgan", *SMALL, "--strict")
    assert refused.code == 4
    assert "6b" in refused.err


def test_a_run_at_its_checkpoint(call, plane):
    found = call("check", plane.path, "--set", "report.check_samples=64")
    assert found.code == 0
    assert found.out.splitlines()[0].endswith("rho = 20, after 10 steps")
    earlier = call("check", plane.path, "--step", "5", "--json")
    assert json.loads(earlier.out)["step"] == 5


def test_a_run_under_another_measure(call, plane):
    found = json.loads(call("check", plane.path, "--measure", "pd", "--json").out)
    assert found["measure"] == "pd"
    assert found["step"] == 10


def test_another_architecture_than_the_runs_is_refused(call, plane):
    refused = call("check", plane.path, "-A", "width=8")
    assert refused.code == 2
    assert "other networks" in refused.err


def test_a_step_without_a_run_is_refused(call):
    refused = call("check", *SMALL, "--step", "5")
    assert refused.code == 2
    assert "no run was given" in refused.err


def test_nothing_given(call):
    assert call("check").code == 2


class TestAtRest:
    def test_it_is_asserted_of_a_run(self, call, plane):
        as_it_is, at_rest = (
            call("check", plane.path, "--set", "report.check_samples=64", "--json", *words).json
            for words in ((), ("--at-rest",))
        )
        assert (as_it_is["point"], at_rest["point"]) == ("training", "equilibrium")
        assert as_it_is["verdicts"]["3"]["verdict"] == "undecided"
        assert at_rest["verdicts"]["3"]["verdict"] == "violated"  # after ten steps D is far from constant

    def test_it_is_the_same_from_python(self, call, plane):
        run = open_run(plane.path)
        found = run.check(run.experiment.with_(set={"report.check_samples": 64}), at_rest=True)
        typed = call("check", plane.path, "--set", "report.check_samples=64", "--json", "--at-rest").json
        assert {name: typed[name] for name in found.to_dict()["theory"]} == found.to_dict()["theory"]
        assert found.report.point == "equilibrium"

    def test_the_command_for_another_measure_does_not_assert_it_of_that(self, call, plane):
        told = call("check", plane.path, "--set", "report.check_samples=64", "--at-rest").out
        assert "--measure" in typed(told)
        assert "--at-rest" not in typed(told)

    def test_before_training_there_is_nothing_to_assert_it_of(self, call):
        assert call("check", *SMALL, "--json").json["point"] == "construction"
        refused = call("check", *SMALL, "--at-rest")
        assert refused.code == 2
        assert "--at-rest is an assertion on a run" in refused.err


RIVAL = """
import gpreg

@gpreg.hookimpl
def gpreg_advisors():
    return [gpreg.AdvisorSpec(name="rival", factory="nowhere:Nothing", summary="s", document="checks.json")]
"""


def test_where_another_advisor_claims_its_document_it_says_so(call, site):
    site.install("rival", RIVAL)
    refused = call("check", *SMALL)
    assert refused.code == 3
    assert "advisor 'theory' of gpreg-theory 0.1.0 keeps what it says in checks.json, and somebody else" in refused.err
