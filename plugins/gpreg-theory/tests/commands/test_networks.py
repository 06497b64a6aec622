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
    assert "It is no proof that training" in " ".join(found.out.split())
    assert max(map(len, lines)) <= 80
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


def test_of_several_measures_those_without_a_linearised_game_are_rows_that_say_why(call):
    words = [word for name in ("wgan-gp", "pd", "dragan", "mid") for word in ("--measure", name)]
    told = call("stability", "plane", *words, *SMALL)
    assert told.code == 0
    assert told.err.count("strongest modes ...") == 1  # R is the same for all
    lines = told.out.splitlines()
    named = [line.split()[0] for line in lines if line[:1].strip()]
    assert [name for name in named if name in words] == ["wgan-gp", "pd", "dragan", "mid"]
    assert "that has a kink at 0" in " ".join(told.out.split())
    assert max(map(len, lines)) <= 80
    document = call("stability", "plane", *words, *SMALL, "--json").json["stability"]
    assert [own["measure"] for own in document["refused"]] == ["wgan-gp", "dragan"]
    assert [own["measure"] for own in document["networks"]] == ["pd", "mid"]


def test_where_no_measure_has_a_linearised_game_nothing_is_computed(call):
    refused = call("stability", "plane", "--measure", "wgan-gp", "--measure", "dragan", *SMALL)
    assert refused.code == 2
    assert "none of these measures can be looked at: wgan-gp, dragan: " in refused.err
    assert refused.err.count("kink at 0") == 1
    assert "..." not in refused.err


def test_with_a_constraint_the_remedy_that_it_names_works(call):
    words = ("stability", "plane", "--constraint", "spectral-norm", *SMALL)
    refused = call(*words)
    assert refused.code == 2
    assert refused.err.rstrip().endswith("by -C last=false")
    assert call(*words, "-C", "last=false", "--json").json["stability"]["networks"][0]["table"]["modes"]
    misspelt = call(*words, "-C", "lst=false")
    assert misspelt.code == 2
    assert "did you mean 'last'?" in misspelt.err


def test_a_run_without_a_constraint_is_not_looked_at_with_one(call, plane):
    refused = call("stability", plane.path, "--constraint", "weight-norm", "--modes", "1")
    assert refused.code == 2
    assert "parametrizations.weight" in refused.err
    assert "--constraint and -C as the run has them" in refused.err
