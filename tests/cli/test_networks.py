import json

import pytest

SMALL = ["--set", "architecture.width=16", "--set", "report.check_samples=32", "--modes", "3"]


@pytest.fixture(scope="module")
def found(call):
    return call("stability", "plane", *SMALL)


def test_modes_and_what_they_mean(found):
    assert found.code == 0
    lines = found.out.splitlines()
    assert lines[0] == "mid / wasserstein / mlp / 8gaussians, rho = 0.5"
    assert sum(line.endswith("damped") for line in lines) == 3
    assert "It is no proof that training" in found.out
    assert "--rho auto" in found.out or "within 10 %" in found.out
    assert "strongest modes ..." in found.err


def test_measures_are_compared(call, tmp_path):
    picture = tmp_path / "ratios.png"
    compared = call("stability", "plane", "--measure", "pd", "--measure", "wgan", *SMALL, "--picture", picture)
    assert compared.code == 0
    rows = [line.split() for line in compared.out.splitlines() if line.split()[:1] in (["pd"], ["wgan"])]
    assert [(row[0], row[-1]) for row in rows] == [("pd", "damped"), ("wgan", "undamped")]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_json(call):
    document = json.loads(call("stability", "plane", "--measure", "pd", *SMALL, "--json").out)
    assert document["schema"] == 1
    (networks,) = document["stability"]["networks"]
    assert networks["measure"] == "pd"
    assert len(networks["table"]["modes"]) == 3


def test_a_run_at_a_checkpoint(call, plane):
    found = call("stability", plane.path, "--step", "5", "--modes", "2")
    assert found.code == 0
    assert "the networks, after 5 steps" in found.out
    zeroed = call("stability", plane.path, "--construction", "--modes", "2")
    assert "last layer zeroed" in zeroed.out


def test_without_a_linearised_game_it_says_why(call):
    refused = call("stability", "plane", "--form", "one-centered", *SMALL)
    assert refused.code == 2
    assert "choose --form squared" in refused.err
