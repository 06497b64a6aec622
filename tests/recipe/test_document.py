import subprocess
import sys
import tomllib
from typing import ClassVar

import pytest

from gpreg.errors import UsageError
from gpreg.recipe import Choice, OptimizerSettings, PenaltySettings, Recipe, override, read, resolve, write

REQUIRED = """[measure]
name = "mid"
[loss]
name = "wasserstein"
[architecture]
name = "mlp"
[dataset]
name = "8gaussians"
"""


def refusal(text, registry):
    with pytest.raises(UsageError) as caught:
        read(text, origin="r.toml", registry=registry)
    assert caught.value.exit_code == 2
    return caught.value


def test_a_recipe_is_read(plane):
    assert plane.summary == "mid on a ring"
    assert plane.source == "a paper"
    assert (plane.measure, plane.form) == (Choice(name="mid"), None)
    assert plane.architecture == Choice(name="mlp", options={"width": 64})
    assert plane.penalty == PenaltySettings(rho=2.0)
    assert plane.critic_optimizer == OptimizerSettings(name="Adam", arguments={"lr": 0.002, "betas": (0.5, 0.9)})
    assert plane.metrics == (Choice(name="modes", options={"threshold": 20}),)
    assert plane.observers == ()
    assert plane.unstated["penalty.rho"] == "the paper has no number"


def test_what_is_left_out_has_the_defaults_of_the_data(registry):
    choices = {"measure": "mid", "loss": "wasserstein", "architecture": "mlp", "dataset": "8gaussians"}
    expected = Recipe(**{kind: Choice(name=name) for kind, name in choices.items()})
    assert read(REQUIRED, origin="r.toml", registry=registry) == expected


def test_words_become_the_types_of_their_options(registry):
    text = (
        REQUIRED + '[form]\nname = "one-centered"\ncentre = "0.5"\n[penalty]\nrho = "3"\n[schedule]\nhorizon = "none"\n'
    )
    recipe = read(text, origin="r.toml", registry=registry)
    assert recipe.form == Choice(name="one-centered", options={"centre": 0.5})
    assert recipe.penalty.rho == 3.0
    assert recipe.schedule.horizon is None


def test_nested_tables_and_unquoted_marks(registry):
    text = REQUIRED.replace('name = "mid"', 'name = "mixture"\nparts = ["pd", "dragan"]\noptions.dragan.scale = 0.1')
    recipe = read(text + '[unstated]\nmeasure.options = "so"\npenalty.rho = "so"\n', origin="r.toml", registry=registry)
    assert recipe.measure.options == {"parts": ["pd", "dragan"], "options": {"dragan": {"scale": 0.1}}}
    assert recipe.unstated == {"measure.options": "so", "penalty.rho": "so"}


def test_a_resolved_recipe_is_written_whole_and_read_back(plane, registry):
    complete = resolve(plane, registry)
    text = write(complete)
    assert resolve(read(text, origin="r.toml", registry=registry), registry) == complete
    assert write(read(text, origin="r.toml", registry=registry)) == text
    table = tomllib.loads(text)
    tables = [key for key, value in table.items() if isinstance(value, dict)]
    assert tables[:6] == ["measure", "form", "loss", "architecture", "dataset", "penalty"]
    assert table["form"] == {"name": "squared"}
    assert table["architecture"]["hidden_layers"] == 3
    assert table["schedule"]["horizon"] == "none"
    assert table["critic_optimizer"]["eps"] == 1e-8


def test_an_unresolved_recipe_is_read_back_too(plane, registry):
    assert read(write(plane), origin="r.toml", registry=registry) == plane


def test_all_mistakes_at_once_each_with_its_line(registry):
    text = """rho = 3
seed = 1
sumary = "x"
[measure]
name = "midd"
[los]
name = "wasserstein"
[architecture]
name = "mlp"
widht = 3
width = [
  1 ]
[dataset]
nam = "8gaussians"
[penalty]
rho = -1
estimater = "exact"
[training]
steps = 2.5
[critic_optimizer]
name = "Adan"
[generator_optimizer]
lr = 1
[[metrics]]
name = "modes"
threshold = 0
[[metrics]]
name = 3
[unstated]
"penalty.rhoo" = "x"
"measure.whatever" = "not looked at: the measure itself is unknown"
"""
    error = refusal(text, registry)
    assert [line.split("(it has")[0].rstrip() for line in error.message.splitlines()] == [
        "r.toml: table [loss] is missing: write [loss] and, in it, name = ...",
        "r.toml:1: there is no key 'rho' outside of a table; did you mean 'penalty.rho'?",
        "r.toml:2: there is no key 'seed' outside of a table; did you mean 'training.seed'?",
        "r.toml:3: there is no key 'sumary'; did you mean 'summary'?",
        "r.toml:5: there is no measure named 'midd'; did you mean 'mid'?",
        "r.toml:6: there is no table [los]; did you mean 'loss'?",
        "r.toml:10: architecture 'mlp' has no option 'widht'; did you mean 'width'?",
        "r.toml:11: option 'width' of architecture 'mlp' is [1]; it must be an int >= 1 (default 512)",
        "r.toml:13: the name of the dataset is missing: write name = ...",
        "r.toml:16: option 'rho' of [penalty] is -1; it must be a float >= 0 or 'auto' (default 20.0)",
        "r.toml:17: [penalty] has no option 'estimater'; did you mean 'estimator'?",
        "r.toml:19: option 'steps' of [training] is 2.5; it must be an int >= 1 and <= 1e+09 (default 10000)",
        "r.toml:21: there is no optimizer named 'Adan'; did you mean 'Adam'?",
        "r.toml:22: the name of the generator optimizer is missing: write name = ...",
        "r.toml:26: option 'threshold' of metric 'modes' is 0; it must be an int or none >= 1 (default None)",
        "r.toml:28: the name of the metric is 3; it must be text",
        "r.toml:30: 'penalty.rhoo' is no key of this recipe; did you mean 'penalty.rho'?",
    ]
    assert "`gpreg list-measures` lists what is installed" in error.remedy
    assert "`gpreg show architecture mlp` explains every option" in error.remedy
    assert "show [penalty]" not in error.remedy


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            "penalty = 3\n" + REQUIRED,
            "r.toml:1: 'penalty' is 3; it must be a table: write [penalty] and its keys below",
        ),
        ('form = "squared"\n' + REQUIRED, "r.toml:1: 'form' is 'squared'; it must be a table: write [form]"),
        ("metrics = 3\n" + REQUIRED, "r.toml:1: 'metrics' must be an array of tables: write [[metrics]]"),
        ('metrics = ["modes"]\n' + REQUIRED, "r.toml:1: 'metrics' must be an array of tables"),
        ("unstated = 3\n" + REQUIRED, "r.toml:1: 'unstated' is 3; it must be a table"),
        ("summary = 3\n" + REQUIRED, "r.toml:1: 'summary' is 3; it must be text"),
        (REQUIRED + "[unstated]\n'penalty.rho' = 3\n", "r.toml:10: 'penalty.rho' is 3; it must be text"),
        (REQUIRED + "[[observers]]\nx = 1\n", "r.toml:9: the name of the observer is missing"),
        (
            REQUIRED + "[critic_optimizer]\nname = 'SGD'\nlr = 'fast'\n",
            "r.toml:11: option 'lr' of optimizer 'SGD' is 'fast'",
        ),
        (
            REQUIRED + "[critic_optimizer]\nname = 'SGD'\nlr = -1\n",
            "r.toml:9: optimizer 'SGD': Invalid learning rate: -1",
        ),
        ("", "r.toml: table [measure] is missing"),
    ],
)
def test_what_else_can_be_wrong(extra, message, registry):
    assert message in refusal(extra, registry).message


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("a = 1\nb = \n[c]\n", "r.toml:2: this is no TOML: "),
        ("a = 1\na = 2\n", "r.toml:2: this is no TOML: Cannot overwrite a value"),
        ("a = 1\n\nb = [\n\n", "r.toml:3: this is no TOML: "),
        ("[a", "r.toml:1: this is no TOML: "),
    ],
)
def test_a_text_that_is_no_toml(text, start, registry):
    message = refusal(text, registry).message
    assert message.startswith(start)
    assert "(at" not in message


def test_importing_and_looking_at_recipes_imports_no_torch():
    code = "import sys, gpreg.recipe as r; r.to_table; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a = " + "[" * 500 + "]" * 500, "this is nested more than 64 deep"),
        ("a = " + "{a = " * 500 + "1" + "}" * 500, "this is nested more than 64 deep"),
        (".".join("a" * 100_000) + " = 1", "this is nested more than 64 deep"),
        ("[" + ".".join("a" * 40) + "]\n" + ".".join("b" * 40) + " = 1", "this is nested more than 64 deep"),
        ("a = " + "9" * 4_301, "an integer here is 2^128 or more"),
        ("a = " + "9" * 4_000, "an integer here is 2^128 or more"),
        ("a = [1, 0x" + "f" * 100_000 + "]", "an integer here is 2^128 or more"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_too_deep_or_too_long_has_its_line(line, told, registry, bounded):
    with bounded():
        message = refusal(f"{REQUIRED}{line}\n", registry).message
    assert message.startswith((f"r.toml:9: {told}", f"r.toml:10: {told}"))


@pytest.mark.parametrize("value", ["1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "nan", "-inf", "2" * 30])
@pytest.mark.parametrize("key", ["training.steps", "compute.device", "critic_optimizer.name", "dataset.convention"])
def test_values_of_other_kinds_have_their_line(key, value, registry):
    text = f"[dataset]\n{REQUIRED}{key} = {value}\n" if key.startswith("data") else f"{key} = {value}\n{REQUIRED}"
    text = text.replace("[dataset]\n[", "[", 1).replace("dataset.convention", "convention")
    assert refusal(text, registry).message.startswith(f"r.toml:{9 if 'convention' in text else 1}: ")


def test_a_mistake_in_a_long_text_is_found_at_once(registry, bounded):
    marks = "".join(f'"penalty.rho{i}" = "no number"\n' for i in range(8_000))
    with bounded():
        lines = refusal(f"{REQUIRED}[unstated]\n{marks}", registry).message.splitlines()
    assert lines[0] == "r.toml:10: 'penalty.rho0' is no key of this recipe; did you mean 'penalty.rho'?"
    assert lines[50:] == ["and 7,950 more"]


def test_a_long_value_is_not_told_whole(registry):
    text = REQUIRED.replace('"mlp"', f'"mlp"\nwidth = {list(range(9_000))}')
    assert len(refusal(text, registry).message) < 1_200


class TestReplaced:
    """What choices replace may be anything: it is not looked up."""

    TEXT = (
        REQUIRED.replace('"mid"', '"gone"\nodd = 1\n[form]\nname = "gone"').replace('"8gaussians"', '"gone"')
        + "[critic_optimizer]\nname = 'gone'\nlr = 0.5\nodd = 1\n[[metrics]]\nname = 'gone'\n"
        + "[unstated]\n'measure.odd' = 'x'\n"
    )
    CHOICES: ClassVar = {
        "measure.name": "pd",
        "dataset.name": "8gaussians",
        "optimizer.name": "adam",
        "metrics": "modes",
    }

    def test_it_is_gone(self, registry):
        base = read(self.TEXT, origin="r.toml", registry=registry, choices=self.CHOICES)
        changed, notes = override(base, self.CHOICES, registry)
        assert (changed.measure, changed.form, changed.dataset) == (
            Choice(name="pd"),
            None,
            Choice(name="8gaussians"),
        )
        assert changed.critic_optimizer == OptimizerSettings(name="Adam", arguments={"lr": 0.5})
        assert changed.metrics == (Choice(name="modes"),)
        assert changed.unstated == {}
        assert notes == ("critic_optimizer: adam replaces gone, whose odd = 1 no longer holds; lr = 0.5 is kept",)

    @pytest.mark.parametrize("key", ["measure.name", "dataset.name", "optimizer.name", "metrics"])
    def test_the_rest_is_still_looked_up(self, key, registry):
        with pytest.raises(UsageError, match=r"named 'gone'"):
            read(
                self.TEXT,
                origin="r.toml",
                registry=registry,
                choices={name: value for name, value in self.CHOICES.items() if name != key},
            )

    def test_a_table_that_is_none_is_still_a_mistake(self, registry):
        text = "measure = 3\n" + REQUIRED.replace('[measure]\nname = "mid"\n', "")
        with pytest.raises(UsageError, match="must be a table"):
            read(text, origin="r.toml", registry=registry, choices={"measure.name": "pd"})
