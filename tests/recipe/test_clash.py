import re
from dataclasses import replace

import pytest

from gpreg.errors import UsageError
from gpreg.recipe import check_clashes, clashes, override


def after(recipe, registry, choices):
    changed, _ = override(recipe, choices, registry)
    return changed


LABELLED = {"training.conditional": True, "dataset.name": "digits", "architecture.name": "resnet"}

CONTRADICTIONS = [
    ({"training.conditional": True, "dataset.name": "digits"}, ("training.conditional", "architecture.name")),
    ({"training.conditional": True, "architecture.name": "resnet"}, ("training.conditional", "dataset.name")),
    ({"training.update": "simultaneous", "training.critic_steps": 5}, ("training.update", "training.critic_steps")),
    (
        {"training.update": "simultaneous", "training.critic_fakes": "together"},
        ("training.update", "training.critic_fakes"),
    ),
    (
        {"architecture.name": "resnet", "dataset.name": "digits", "training.fake_labels": "frequency"},
        ("training.fake_labels", "training.conditional"),
    ),
    (
        {
            **LABELLED,
            "training.fake_labels": "batch",
            "training.generator_batch_size": 7,
        },
        ("training.fake_labels", "training.generator_batch_size"),
    ),
    ({"training.accumulate": 3}, ("training.accumulate", "training.batch_size")),
    (
        {"training.accumulate": 4, "training.generator_batch_size": 6},
        ("training.accumulate", "training.generator_batch_size"),
    ),
    ({"compute.precision": "fp16", "compute.device": "cpu"}, ("compute.precision", "compute.device")),
    (
        {"schedule": {"name": "cosine", "beta2_final": 0.99}, "critic_optimizer.name": "SGD"},
        ("schedule.beta2_final", "critic_optimizer.name"),
    ),
    (
        {"schedule": {"name": "cosine", "beta2_final": 0.99}, "generator_optimizer.name": "RMSprop"},
        ("schedule.beta2_final", "generator_optimizer.name"),
    ),
    ({"schedule.warmup": 300, "training.steps": 200}, ("schedule.warmup", "training.steps")),
    ({"schedule": {"horizon": 100, "warmup": 101}}, ("schedule.warmup", "schedule.horizon")),
    (
        {"schedule": {"name": "linear", "restarts": [50, 200]}, "training.steps": 200},
        ("schedule.restarts", "training.steps"),
    ),
    ({"schedule": {"name": "linear", "horizon": 100, "restarts": [101]}}, ("schedule.restarts", "schedule.horizon")),
    ({"penalty.sigma": 0.1}, ("penalty.sigma", "penalty.estimator")),
    ({"penalty.sigma": 0.1, "penalty.estimator": "finite-difference"}, ("penalty.sigma", "penalty.estimator")),
    ({"penalty.directions": 2}, ("penalty.directions", "penalty.estimator")),
    ({"compute.compile": True, "penalty.estimator": "finite-difference"}, ("compute.compile", "penalty.estimator")),
]
POSSIBLE = [
    LABELLED,
    {"training.conditional": True, "dataset.name": "image-folder", "architecture.name": "resnet"},
    {**LABELLED, "training.fake_labels": "batch"},
    {"training.update": "simultaneous"},
    {"training.critic_steps": 5, "training.critic_fakes": "together"},
    {"training.accumulate": 4, "training.generator_batch_size": 128},
    {"schedule": {"name": "cosine", "beta2_final": 0.99, "warmup": 200}, "training.steps": 200},
    {"schedule": {"name": "linear", "horizon": 300, "warmup": 300}, "training.steps": 200},
    {"schedule": {"name": "linear", "horizon": 300, "restarts": [250, 299]}, "training.steps": 200},
    {"compute.precision": "fp16"},
    {"compute.precision": "fp16", "compute.device": "cuda:1"},
    {"compute.precision": "bf16", "compute.device": "cpu"},
    {"compute.compile": True},
]


@pytest.mark.parametrize(("choices", "pair"), CONTRADICTIONS)
def test_the_pair_is_named(choices, pair, plane, registry):
    (clash,) = clashes(after(plane, registry, choices), registry)
    assert tuple(choice.partition(" = ")[0] for choice in clash.choices) == pair
    for choice in clash.choices:
        assert choice in str(clash)


@pytest.mark.parametrize(("choices", "pair"), CONTRADICTIONS)
def test_each_alternative_works(choices, pair, plane, registry):
    recipe = after(plane, registry, choices)
    (clash,) = clashes(recipe, registry)
    alternatives = [
        (key, value.strip("'"))
        for key, values in re.findall(r"(\w+\.\w+) = ([^=]+?)(?= or |$)", clash.instead)
        for value in values.split(" | ")
    ]
    assert len({key for key, _ in alternatives}) == 2
    for key, value in alternatives:
        assert clashes(after(recipe, registry, {key: value}), registry) == (), (key, value)


@pytest.mark.parametrize("choices", POSSIBLE)
def test_what_is_possible_is_no_clash(choices, plane, registry):
    recipe = after(plane, registry, choices)
    assert clashes(recipe, registry) == ()
    check_clashes(recipe, registry)


@pytest.mark.parametrize(
    ("accumulate", "batch_size", "instead"),
    [(9_999_999_999, 64, 64), (7, 64, 4), (1_999_999_972, 1_999_999_973, 1), (24, 36, 18)],
)
def test_the_nearest_number_of_parts_is_found_at_once(accumulate, batch_size, instead, plane, registry, bounded):
    settings = replace(plane.training, accumulate=accumulate, batch_size=batch_size)
    with bounded():
        (clash,) = clashes(replace(plane, training=settings), registry)
    assert clash.instead.startswith(f"training.accumulate = {instead} or training.batch_size = ")


def test_all_are_told_at_once(plane, registry):
    choices = {
        "training.conditional": True,
        "training.update": "simultaneous",
        "training.critic_steps": 2,
        "training.accumulate": 7,
        "compute.compile": True,
        "penalty.estimator": "finite-difference",
    }
    with pytest.raises(UsageError) as caught:
        check_clashes(after(plane, registry, choices), registry)
    lines = caught.value.message.splitlines()
    assert len(lines) == 5
    assert all(" clashes with " in line and "; choose " in line for line in lines)


def test_without_labels_there_is_no_law_of_them_either(plane, registry):
    recipe = after(plane, registry, {**LABELLED, "training.fake_labels": "batch"})
    plain, notes = override(recipe, {"training.conditional": "false"}, registry)
    assert plain.training.fake_labels == "uniform"
    assert notes == ("training.fake_labels = 'batch' no longer holds: there are no labels",)
    kept, notes = override(recipe, {"training.conditional": False, "training.fake_labels": "batch"}, registry)
    assert (kept.training.fake_labels, notes) == ("batch", ()), "asked for: it is refused, not dropped"
    assert len(clashes(kept, registry)) == 1
