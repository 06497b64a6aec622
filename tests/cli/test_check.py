import json

import pytest

from gpreg.registry.assumptions import ASSUMPTIONS

SMALL = ["--arch", "mlp", "-A", "width=16", "-A", "hidden_layers=1", "--set", "report.check_samples=64"]


@pytest.fixture(scope="module")
def checked(call):
    return call("check", "--measure", "mid", *SMALL)


def test_one_row_for_each_assumption_and_what_it_means(checked):
    assert checked.code == 0
    lines = checked.out.splitlines()
    assert lines[0] == "mid / squared / wasserstein / mlp / 8gaussians, rho = 0.5, before training"
    assert [line.split()[0] for line in lines[2 : 2 + len(ASSUMPTIONS)]] == list(ASSUMPTIONS)
    assert "stab" in " ".join(lines[-3:])


def test_json(call):
    found = json.loads(call("check", "--measure", "pd", *SMALL, "--json").out)
    assert found["schema"] == 1
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
