"""The named sweeps: their texts, the papers' numbers, and that every row of theirs is a possible experiment."""

import tomllib
from importlib.resources import files
from itertools import product

import pytest

import gpreg
from gpreg_recipes.plugin import gpreg_sweeps

SPECS = {spec.name: spec for spec in gpreg_sweeps()}
TABLES = {name: tomllib.loads(spec.factory()) for name, spec in SPECS.items()}
REGISTRY = gpreg.load_registry()
MEASURES = len(REGISTRY.list("measure"))

# Kim, Park and Hwang (2018), Table 2: DCGAN's Inception score and FID, then ResNet's.
TABLE_2 = """
wgan 5.64 48.7 - -
wgan-gp 6.48 35.0 7.82 18.1
pg 6.46 38.0 7.63 20.9
pd 6.33 38.9 7.63 20.3
gp 6.40 35.4 7.60 18.3
mid 6.60 33.9 7.86 16.4
g-anc 6.45 33.7 7.36 22.4
"""

ROWS = {  # by the name of a sweep: rows, columns, reported seeds; in full, and small
    "sgp-table-1-2d": ((7, 3, 3), (7, 3, 3)),
    "sgp-table-2-cifar10": ((7, 2, 1), (7, 2, 2)),
    "0gp-figure-1": ((5, 1, 10), (5, 1, 8)),
    "0gp-figure-2": ((6, 1, 5), (6, 1, 3)),
    "0gp-critic-steps": ((4, 1, 3), (4, 1, 3)),
    "field": ((MEASURES, 3, 10), (MEASURES, 3, 8)),
    "field-digits": ((MEASURES, 1, 10), (MEASURES, 1, 8)),
}


def merged(table, other):
    """Tables merged, everything else replaced."""
    both = {
        key: merged(table[key], value) if isinstance(value, dict) and key in table else value
        for key, value in other.items()
    }
    return table | both


def at(name, scale):
    table = dict(TABLES[name])
    scales = table.pop("scales")
    return merged(table, scales[scale]) if scale else table


def listed(value):
    return value if isinstance(value, list) else [value]


def seeds(value):
    return range(*map(int, value.split(":"))) if isinstance(value, str) else value


def experiments(table):
    """The choices of each row in each column, without seeds and rho's policy."""
    axes = {key: value for key, value in table["axes"].items() if key != "seed"}
    if axes.get("measure") == "all":
        axes["measure"] = [spec.name for spec in REGISTRY.list("measure")]
    rows = [variant["choices"] for variant in table.get("variants", [{"choices": {}}])]
    for recipe, row, values in product(listed(table["recipe"]), rows, product(*axes.values())):
        yield recipe, table.get("choices", {}) | dict(zip(axes, values, strict=True)) | row


def test_every_file_is_a_sweep():
    found = {entry.name.removesuffix(".toml") for entry in files("gpreg_recipes").joinpath("sweeps").iterdir()}
    assert found == set(SPECS) == set(ROWS)


@pytest.mark.parametrize("name", SPECS)
def test_a_sweep_says_what_it_is(name):
    assert TABLES[name]["summary"] == SPECS[name].summary
    assert set(TABLES[name]["scales"]) == {"small"}


@pytest.mark.parametrize("scale", ["", "small"])
@pytest.mark.parametrize("name", SPECS)
def test_rows_columns_and_seeds(name, scale):
    table = at(name, scale)
    rows, columns, reported = ROWS[name][bool(scale)]
    every = list(experiments(table))
    assert len(every) == rows * columns
    assert len(seeds(table["axes"]["seed"])) == reported
    if "rho" in table:
        assert table["rho"]["policy"] == "tuned"
        assert not set(seeds(table["axes"]["seed"])) & set(seeds(table["rho"]["tuning_seeds"]))


@pytest.mark.parametrize("scale", ["", "small"])
@pytest.mark.parametrize("name", SPECS)
def test_every_row_is_a_possible_experiment_with_the_score_in_its_recipe(name, scale):
    table = at(name, scale)
    metric, _, value = table["score"].partition("/")
    assert value in REGISTRY.get("metric", metric).values
    for recipe, choices in experiments(table):
        made = gpreg.experiment(recipe, **choices).recipe
        assert metric in [one.name for one in made.metrics]


def test_the_papers_numbers_are_table_2_of_kim_et_al():
    expected = set()
    for line in TABLE_2.split("\n")[1:-1]:
        row, *numbers = line.split()
        keys = product(("kim-cifar10-dcgan", "kim-cifar10-resnet"), ("inception-score/inception_score", "fid/fid"))
        expected |= {(row, *key, float(n)) for key, n in zip(keys, numbers, strict=True) if n != "-"}
    table = TABLES["sgp-table-2-cifar10"]
    found = {(one["row"], one["column"], one.get("score", table["score"]), one["value"]) for one in table["published"]}
    assert found == expected
    assert len(table["published"]) == 26
    assert {one["source"] for one in table["published"]} == {"Kim et al., Table 2"}


def test_only_numbers_that_a_paper_prints_are_published():
    assert [name for name, table in TABLES.items() if "published" in table] == ["sgp-table-2-cifar10"]
    assert at("sgp-table-2-cifar10", "small")["published"] == []  # digits are not CIFAR-10


@pytest.mark.parametrize("name", ["sgp-table-1-2d", "sgp-table-2-cifar10"])
def test_the_row_of_clipping_is_that_of_its_recipe(name):
    base = TABLES[name]["recipe"][0]
    clipping = next(variant["choices"] for variant in TABLES[name]["variants"] if variant["name"] == "wgan")
    made, own = gpreg.experiment(base, **clipping).recipe, gpreg.experiment(f"{base}-clip").recipe
    assert made.measure == own.measure
    assert made.critic_optimizer == own.critic_optimizer
    assert made.generator_optimizer == own.generator_optimizer
