import subprocess
import sys
import tomllib

import pytest

from gpreg.errors import UsageError
from gpreg.recipe import Choice, OptimizerSettings, PenaltySettings, Recipe, read, resolve, write

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
    assert read(text, origin="r.toml", registry=registry) == complete
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
        "r.toml:19: option 'steps' of [training] is 2.5; it must be an int >= 1 (default 10000)",
        "r.toml:21: there is no optimizer named 'Adan'; did you mean 'Adam'?",
        "r.toml:22: the name of the generator optimizer is missing: write name = ...",
        "r.toml:26: option 'threshold' of metric 'modes' is 0; it must be an int >= 1 (default 1)",
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
