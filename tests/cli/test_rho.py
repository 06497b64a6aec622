import pytest

from gpreg.registry.coefficient import SIGMOID, conventions

NAMES = [each.name for each in conventions()]


def cells(out):
    """The lines of two columns, as a table."""
    return dict(line.split("  ", 1) for line in out.splitlines() if "  " in line)


NOISE_PYTHON = 'gpreg.penalty("pd", rho=2.0, estimator="noise", estimator_options={"sigma": 0.1})'
NOISE_COMMAND = "gpreg train --measure pd --rho 2 --estimator noise --set penalty.sigma=0.1"


@pytest.mark.parametrize(
    ("words", "rho", "python", "command"),
    [
        (("10", "lambda"), 20, 'gpreg.penalty("pd", rho=20.0)', "gpreg train --measure pd --rho 20"),
        (("150", "R3GAN"), 150, 'gpreg.penalty("pd+pg", rho=150.0)', "gpreg train --measure pd+pg --rho 150"),
        (("5", "skrl"), 10, 'gpreg.penalty("pd", rho=10.0)', "gpreg train --measure pd --rho 10"),
        (("100,0.1", "aR1"), 2, NOISE_PYTHON, NOISE_COMMAND),
        (("100,", "0.1", "ar1"), 2, NOISE_PYTHON, NOISE_COMMAND),
        (("lambda=10",), 20, 'gpreg.penalty("pd", rho=20.0)', "gpreg train --measure pd --rho 20"),
        (("20",), 20, 'gpreg.penalty("pd", rho=20.0)', "gpreg train --measure pd --rho 20"),
        (
            ("10", "StyleGAN", "3"),
            10,
            'gpreg.penalty("pd", rho=10.0, every=16)',
            "gpreg train --measure pd --rho 10 --set penalty.every=16",
        ),
        (
            ("4", "wgan-lp"),
            8,
            'gpreg.penalty("wgan-gp", rho=8.0, form="one-sided")',
            "gpreg train --measure wgan-gp --rho 8 --form one-sided",
        ),
        (
            ("7", "0-gp", "code"),
            14,
            'gpreg.penalty("gp", rho=14.0, of="sigmoid")',
            "gpreg train --measure gp --rho 14 --set penalty.of=sigmoid",
        ),
    ],
)
def test_a_number_in_a_convention(call, words, rho, python, command):
    result = call("rho", *words)
    assert (result.code, result.err) == (0, "")
    said = {key: value.strip() for key, value in cells(result.out).items()}
    assert (said["in Python"], said["command"]) == (python, command)
    assert said["source"]
    assert SIGMOID in result.out
    document = call("rho", *words, "--json").json
    assert (document["schema"], document["rho"]) == (1, rho)
    assert (document["python"], document["command"]) == (python, command)
    assert {each["name"]: each["number"] for each in document["conventions"]}["GAN_stability"] == rho / 2
    assert [each["name"] for each in document["conventions"]] == NAMES


def test_what_is_said_to_gpreg_is_right(call):
    import gpreg

    for known in conventions():
        if known.measure and known.of == "logit":
            said = call("rho", "3", known.name, "--json").json
            penalty = eval(said["python"], {"gpreg": gpreg})
            assert (penalty.rho, penalty.every) == (known.rho(3), known.every)
            written = penalty._repr_html_()
            assert known.written(penalty.rho) in written
            assert known.name in written


def test_the_same_coefficient_elsewhere(call):
    out = call("rho", "150", "R3GAN").out
    table = cells(out)
    assert "StyleGAN3" in table["150"]
    assert "WGAN-GP" in table["75"]
    assert "0-GP code (sigmoid)" in table["75"]
    assert "aR1" in table["7500, sigma 0.1"]
    assert "7500" not in call("rho", "150", "R3GAN", "--sigma", "1").out
    assert "75, sigma 1 " in call("rho", "150", "R3GAN", "--sigma", "1").out
    whole = call("rho", "150", "R3GAN", "--all").out
    assert all(name in whole for name in NAMES)
    assert "weight = 7500, sigma = 0.1" in whole
    assert "skrl/agents/torch/amp/amp.py:564" in whole


def test_the_sigma_that_is_given_is_everybodys(call):
    document = call("rho", "100,0.01", "aR1", "--json").json
    assert document["given"] == {"convention": "aR1", "number": 100.0, "sigma": 0.01}
    (apt,) = (each for each in document["conventions"] if each["name"] == "Seaweed-APT")
    assert (apt["number"], apt["sigma"]) == (pytest.approx(100), 0.01)
    assert call("rho", "100", "aR1", "--sigma", "0.01", "--json").json == document


def test_all_conventions_with_their_sources(call):
    short, result = call("rho"), call("rho", "--all")
    assert (short.code, result.code) == (0, 0)
    lines = result.out.splitlines()
    for each in conventions():
        (line,) = (line for line in lines if line.startswith(f"{each.name}  "))
        assert line.endswith(each.source)
        assert each.term in line
        assert f" {10 * each.factor:g}{' sigma^2' if each.sigma else ''}  " in line
        assert each.term in short.out
    document = call("rho", "--json").json
    assert document["schema"] == 1
    assert [each["name"] for each in document["conventions"]] == NAMES
    assert all(each["source"] for each in document["conventions"])


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("10", "lamda"), ["there is no convention 'lamda'; did you mean 'lambda'?", "`gpreg rho` lists"]),
        (("-1", "lambda"), ["lambda is -1.0; it must be a finite number >= 0"]),
        (("-1",), ["rho is -1.0"]),
        (("nan", "R3GAN"), ["gamma is nan"]),
        (("inf",), ["rho is inf"]),
        (("ten", "lambda"), ["'ten' is no number", "write for example `gpreg rho 10 lambda`"]),
        (("r3gan",), ["'r3gan' is no number", "write the number first: `gpreg rho 10 R3GAN`"]),
        (("1,2", "lambda"), ["2 numbers are given for lambda, which has one number, lambda"]),
        (("1,2",), ["2 numbers are given for rho"]),
        (("100,0", "aR1"), ["sigma of aR1 is 0.0; it must be a finite number > 0", "aR1=100,0.1"]),
        (("10", "--sigma", "0"), ["sigma of aR1 is 0.0"]),
        (("1e308", "lambda"), ["larger than any number"]),
        (("10", "amp-rsl-rl"), ["'amp-rsl-rl' has several conventions", "amp-rsl-rl Wasserstein"]),
        (("10", "--jsn"), ["No such option '--jsn'"]),
        (("",), ["'' is no number"]),
    ],
)
def test_what_is_refused(call, words, lines):
    result = call("rho", *words)
    assert (result.code, result.out) == (2, "")
    for line in lines:
        assert line in result.err


@pytest.mark.parametrize("word", ["lambda=10", "R3GAN=20", "aR1=1000,0.1", "20"])
def test_a_run_takes_it_too(call, word):
    lines = call("train", "plane", "--rho", word, "--dry-run").out.splitlines()
    assert "rho = 20.0" in lines


def test_a_run_refuses_what_is_no_convention(call):
    result = call("train", "plane", "--rho", "lamda=10", "--dry-run")
    assert result.code == 2
    assert (
        "option 'rho' of [penalty] is 'lamda=10'; there is no convention 'lamda'; did you mean 'lambda'?" in result.err
    )
