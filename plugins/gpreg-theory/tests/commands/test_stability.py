from functools import cache

import numpy as np
import pytest
from PIL import Image

from gpreg_theory.commands.numbers import named, number, point, spectrum
from gpreg_theory.commands.toy_names import ALIASES, OWN, TOYS
from gpreg_theory.toys import catalogue


@pytest.fixture(scope="module")
def told(call):
    """What a comparison prints; several tests read the same."""

    @cache
    def report(toy, *measures):
        return call("stability", toy, *(word for name in measures for word in ("--measure", name)))

    return report


def test_help_and_completion_know_the_toys_that_there_are():
    assert {name: toy.summary for name, toy in catalogue.TOYS.items()} == TOYS
    assert {toy.alias: name for name, toy in catalogue.TOYS.items() if toy.alias} == ALIASES
    assert OWN.keys() <= TOYS.keys()


def test_help_imports_nothing_heavy(site):
    code = "import sys; from gpreg.cli.main import main; main(['stability', '--help']); print('torch' in sys.modules)"
    told = site.python("-c", code).stdout
    assert told.splitlines()[-1] == "False"
    assert all(toy in told for toy in TOYS)


@pytest.mark.parametrize("toy", TOYS)
def test_each_toy_has_a_report(told, toy):
    result = told(toy, "mid")
    assert result.code == 0, result.err
    assert result.out.splitlines()[0].endswith(": mid, rho = 1")
    for row in (
        "equilibrium",
        "spectrum",
        "best rho",
        "ceiling",
        "largest simultaneous step",
        "largest alternating step",
    ):
        assert f"\n{row} " in result.out


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_is_the_toy(told, alias):
    assert told(alias).out == told(ALIASES[alias]).out


def test_the_dirac_gan_is_told_in_full(told):
    out = told("dirac", "mid").out
    lines = dict(line.split("  ", 1) for line in out.splitlines() if "  " in line)
    assert lines["spectrum"].strip() == "-0.5 ± 0.866i"
    assert lines["stable"].strip() == "yes, decays at the rate 0.5"
    assert lines["best rho"].strip().startswith("2, rate 1;")
    assert lines["largest alternating step"].strip().startswith("1.236;")
    assert "psi^2 + theta^2, with the derivative" in lines["energy"]


def test_rho_in_somebodys_convention(call):
    words = ("stability", "dirac", "--measure", "mid", "--json", "--rho")
    assert call(*words, "lambda=1").json == call(*words, "2").json


def test_json_has_everything_under_a_schema(call):
    words = ("uniform", "--measure", "mid", "--rho", "0.5", "--ratio", "0.5", "--from", "1,.5", "--time", "8", "--json")
    document = call("stability", *words).json
    assert document["schema"] == 1
    found = document["stability"]
    assert (found["system"], found["coordinates"], found["rho"], found["ratio"]) == (
        "uniform",
        ["psi", "theta"],
        0.5,
        0.5,
    )
    assert (found["loss"], found["form"]) == ("wasserstein", None)
    (own,) = found["measures"]
    assert (own["measure"], own["options"]) == ("mid", {})
    expected = -1 / 6 + 1j * np.sqrt(4 / 9 - 1 / 36)
    np.testing.assert_allclose(
        sorted(own["spectrum"]), [[expected.real, -expected.imag], [expected.real, expected.imag]]
    )
    assert own["linear"]["best_rho"]["rho"] == pytest.approx(2)
    assert own["linear"]["largest_step"]["simultaneous"]["critic"] > 0
    assert [item["kind"] for item in own["equilibria"]] == ["stable focus", "stable focus", "saddle"]
    (orbit,) = own["trajectories"]
    assert orbit["from"] == [1, 0.5]
    assert (orbit["kind"], orbit["time"]) == ("not settled", 8)
    assert np.hypot(*np.subtract(orbit["state"], [0, 1])) < 0.5
    assert own["basin"] is None


def test_infinite_numbers_are_words_in_json(call):
    own = call("stability", "degenerate", "--json").json["stability"]["measures"][0]
    assert own["measure"] == "gp"
    assert own["linear"]["largest_step"]["simultaneous"]["critic"] == "inf"


def test_measures_are_compared_in_one_table(call):
    result = call(
        "stability", "two-mode", *("--measure", "pd", "--measure", "g-anc", "--measure", "wgan"), "-M", "g-anc.point=1"
    )
    rows = {line.split()[0]: line.split()[1:] for line in result.out.splitlines()[3:6]}
    assert rows["pd"] == ["2.333", "0.5", "1.033", "0.5164", "1", "1.236", "0", "of", "2"]
    assert rows["g-anc"][3] == "0.2002"
    assert rows["wgan"][-3:] == ["2", "of", "2"]
    assert "No measure and no rho has a rate above 0.8165." in result.out
    assert "Not every mode is damped by wgan." in " ".join(result.out.split())


def test_options_reach_measure_form_and_loss(call):
    def Q(*words):
        return call("stability", "dirac", "--measure", *words, "--json").json["stability"]["measures"][0]["linear"][
            "Q"
        ][0][0]

    assert Q("mixture", "-M", "parts=pd,mid", "-M", "weights=0.5,2") == pytest.approx(2.5)
    assert Q("pd", "--form", "power", "-F", "k=3", "-F", "p=2") == pytest.approx(3)
    steep = call("stability", "dirac", "--measure", "pd", "--loss", "minimax", "--json").json["stability"]
    assert steep["measures"][0]["linear"]["modes"][0]["frequency"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dirac", "--measure", "mid", "--rho", "2", "--from", "1,1"), "ends in the stable node (0, 0)"),
        (("dirac", "--from", "1,0"), "a cycle with amplitudes (1, 1) and period 6.283"),
        (("degenerate", "--rho", "0.375", "--from", "1,1"), "(-0.922, 0)"),
        (("uniform", "--measure", "pd", "--from", "0.1,-1"), "ends in the stable node (0, -1)"),
    ],
)
def test_trajectories_say_where_they_end(call, words, said):
    assert said in " ".join(call("stability", *words).out.split())


def test_a_basin_is_estimated_and_found(call):
    found = call("stability", "dirac", "--measure", "mid", "--basin", "--time", "30", "--json").json["stability"]
    basin = found["measures"][0]["basin"]
    assert (basin["estimate"], basin["attracting"], basin["inner"]) == ("inf", True, "inf")


def test_nothing_is_attracted_without_a_penalty(call):
    result = call("stability", "dirac", "--basin", "--time", "5", "--json")
    basin = result.json["stability"]["measures"][0]["basin"]
    assert basin["estimate"] is None
    assert basin["inner"] < 0.5


@pytest.mark.parametrize(
    "words",
    [
        ("uniform", "--measure", "mid", "--measure", "pd", "--from", "1,.5", "--time", "2"),
        ("two-mode", "--measure", "pd", "--measure", "wgan"),
        ("ring",),
    ],
)
def test_pictures_are_drawn(call, tmp_path, words):
    path = tmp_path / "new" / "picture.png"
    result = call("stability", *words, "--picture", path)
    assert result.code == 0, result.err
    assert f"{path} written" in result.err
    with Image.open(path) as image:
        assert len(image.convert("RGB").getcolors(1 << 24)) > 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dirca",), "did you mean 'dirac'?"),
        (("lemma-9",), "no toy, recipe or run named 'lemma-9'"),
        (("dirac", "--measure", "mdi"), "did you mean 'mid'?"),
        (("dirac", "--measure", "g-anc"), "-M point=1"),
        (("dirac", "--measure", "mid", "-M", "pint=1"), "no measure that is chosen has an option 'pint'"),
        (("dirac", "-M", "point=1"), "choose one with --measure"),
        (("dirac", "--measure", "g-anc", "-M", "g-anc=1"), "-M g-anc.KEY=VALUE"),
        (("dirac", "--measure", "mid", "--rho", "-1"), "finite number of at least 0"),
        (("dirac", "--measure", "mid", "--rho", "much"), "finite number of at least 0"),
        (("dirac", "--measure", "mid", "--rho", "lamda=1"), "did you mean 'lambda'?"),
        (("dirac", "--form", "sqared"), "did you mean 'squared'?"),
        (("dirac", "-F", "k=1"), "--form one-sided"),
        (("dirac", "--loss", "hing"), "did you mean 'hinge'?"),
        (("dirac", "--from", "1,a"), "--from 1,0.5"),
        (("dirac", "--from", "1,2,3"), "2 coordinates (psi, theta)"),
        (("dirac", "--modes", "3"), "leave --modes out"),
        (("two-mode", "--basin"), "4 coordinates"),
        (("dirac", "--picture", "x.pdf"), "ends in .png"),
        (("plane", "--from", "1,1"), "leave --from out"),
        (("ring", "--measure", "wgan-gp", "--picture", "x.png"), "choose --form squared"),
    ],
)
def test_what_cannot_be_says_what_to_type(call, words, said):
    result = call("stability", *words)
    assert result.code == 2
    assert said in result.err
    assert not result.out


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (number(None), "–"),
        (number(float("inf")), "∞"),
        (number(1 / 3), "0.3333"),
        (point([1e-12, -0.5]), "(0, -0.5)"),
        (point(range(9)), "(0, 1, 2, 3, 4, 5, ...)"),
        (named(["a", "b"], [0, 1]), "a = 0, b = 1"),
        (named(map(str, range(8)), [0] * 8), "all 8 coordinates 0"),
        (named(map(str, range(8)), [2, *[0] * 7]), "0 = 2, the other 7 coordinates 0"),
        (spectrum([-1 + 2j, -1 - 2j, 0j, 3j, -3j]), "±3i, 0, -1 ± 2i"),
        (spectrum([complex(-k) for k in range(8)]), "0, -1, -2, -3, -4, -5, and 2 more"),
    ],
)
def test_numbers_are_short(shown, text):
    assert shown == text


def fits(text):
    """Whether every line has at most 80 columns, whatever it says."""
    return max(map(len, text.splitlines())) <= 80


def test_a_measure_without_a_linearised_game_is_a_row_that_says_why(call):
    result = call("stability", "uniform", "--measure", "mid", "--measure", "wgan-gp", "--measure", "pd")
    assert result.code == 0
    lines = result.out.splitlines()
    row = next(i for i, line in enumerate(lines) if line.startswith("wgan-gp"))
    assert lines[row].startswith("wgan-gp  no linearised game: the form OneCentered has a kink at 0")
    assert [line.split()[0] for line in lines[3:] if line[:1].strip()][:3] == ["mid", "wgan-gp", "pd"]


def test_a_measure_that_the_toy_cannot_have_does_not_stop_the_others(call):
    words = ("stability", "uniform", "--measure", "pd", "--measure", "g-anc")  # whose anchor has two coordinates
    result = call(*words)
    assert result.code == 0
    assert "g-anc" in result.out
    assert "coordinates" in result.out
    (refused,) = call(*words, "--json").json["stability"]["refused"]
    assert refused["measure"] == "g-anc"
    assert call("stability", "uniform", "--measure", "g-anc").code == 2


@pytest.mark.parametrize("toy", TOYS)
def test_lines_fit_eighty_columns_and_break_between_words(told, toy):
    for measures in ((), ("mid",), ("pd", "gp", "mid", "dragan", "wgan-gp")):
        assert fits(told(toy, *measures).out)


@pytest.mark.parametrize("system", ["dirac", "plane"])
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--measure", "g-anc", "-M", "g-anc.pont=1"), "did you mean 'point'"),
        (("--measure", "pd", "--form", "sqared"), "did you mean 'squared'"),
    ],
)
def test_a_slip_of_the_pen_is_no_row_of_the_comparison(call, system, words, reason):
    refused = call("stability", system, "--measure", "mid", *words)
    assert refused.code == 2
    assert reason in refused.err
    assert not refused.out
