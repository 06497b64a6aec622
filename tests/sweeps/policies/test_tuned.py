"""``tuned`` chooses the best, pays the same for each row, and never takes a run back."""

import itertools
import math
import random
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.sweeps.cell import Cell, Result
from gpreg.sweeps.policies.rungs import budget
from gpreg.sweeps.policies.template import Template
from gpreg.sweeps.policies.tuned import TunedRho

SCORE, STEPS = "wasserstein/w1", 400
ENDS = st.one_of(st.integers(-3, 3).map(float), st.just(math.nan), st.just(math.inf), st.just("diverged"))
"""What a run comes to: few numbers, so that there are ties."""


def row(name="mid", **facts):
    return Template(row=name, column="8gaussians", rho=7.0, steps=STEPS, **facts)


def result(run, end, better="lower"):
    """The result of a wanted run, whose score at every step is that of its end."""
    cell = Cell(
        name=f"{run.template.row}-{run.phase}-{run.rho}-{run.seed}",
        row=run.template.row,
        column=run.template.column,
        choices={},
        rho=run.rho,
        seed=run.seed,
        phase=run.phase,
        steps=run.steps,
    )
    if end == "diverged":
        return Result(cell=cell, state="diverged", path=Path("x"), reason="NaN")
    done = run.steps or run.template.steps
    history = {SCORE: {step: end for step in (100, 200, STEPS) if step <= done}}
    scores = {SCORE: end}
    return Result(
        cell=cell, state="done", path=Path("x"), scores=scores, better={SCORE: better}, history=history, step=done
    )


def carried_out(policy, templates, ends, better="lower", seeds=(0, 1)):
    """All runs of a sweep, one stage after the other; also the demands, and the steps that were trained."""
    known, demands, trained = {}, [], dict[tuple, int]()
    while True:
        asked = policy.demand(templates, seeds, known.values())
        demands.append(asked)
        fresh = [
            (key, run)
            for run in asked.wanted
            if (key := (run.template.row, run.phase, run.rho, run.seed)) not in known
            or (known[key].state == "done" and known[key].step < (run.steps or STEPS))
        ]
        if not fresh:
            return list(known.values()), demands, trained
        for key, run in fresh:
            known[key] = result(run, ends(run), better)
            trained[key] = run.steps or STEPS


@st.composite
def tunings(draw, most=6):
    values = tuple(
        sorted(draw(st.sets(st.sampled_from([0.0, 0.01, 0.1, 1.0, 10.0, 100.0]), min_size=2, max_size=most)))
    )
    seeds = tuple(range(100, 100 + draw(st.integers(1, 3))))
    ends = {(rho, seed): draw(ENDS) for rho in values for seed in seeds}
    return values, seeds, ends, draw(st.sampled_from(["lower", "higher"]))


def end_of(ends):
    return lambda run: ends.get((run.rho, run.seed), 1.0) if run.phase == "tuning" else 1.0


def cost(values, better):
    worst = [v == "diverged" or not math.isfinite(v) for v in values]
    return median(
        [math.inf if bad else v if better == "lower" else -v for v, bad in zip(values, worst, strict=True)]
    ), sum(worst)


@given(tunings(), st.booleans())
def test_the_best_median_is_chosen_of_which_the_smallest_rho(case, halving):
    """Where a run's score is the same at every step, halving never gives up the best."""
    values, seeds, ends, better = case
    policy = TunedRho(values, seeds, SCORE, halving)
    results, demands, _ = carried_out(policy, [row()], end_of(ends), better)
    costs = {rho: (*cost([ends[rho, seed] for seed in seeds], better), rho) for rho in values}
    (told,) = policy.choices([row()], results)
    assert told.rho == min(values, key=costs.get)
    assert not demands[-1].waiting
    assert {(r.cell.rho, r.cell.seed) for r in results if r.cell.phase == "final"} == {(told.rho, 0), (told.rho, 1)}
    assert told.at_edge == (told.rho == values[-1] or (told.rho == values[0] and told.rho > 0))
    assert told.nothing_held == math.isinf(costs[told.rho][0])
    assert set(told.tried) == set(values)


@given(tunings(), st.booleans(), st.randoms(use_true_random=False))
def test_nothing_is_taken_back_and_the_order_of_results_is_irrelevant(case, halving, chance):
    values, seeds, ends, better = case
    policy, templates = TunedRho(values, seeds, SCORE, halving), [row("mid"), row("pd"), row("wgan", penalised=False)]
    results, demands, _ = carried_out(policy, templates, end_of(ends), better)
    for before, after in itertools.pairwise(demands):
        reach = {(w.template.row, w.phase, w.rho, w.seed): w.steps or STEPS for w in after.wanted}
        assert all(reach[w.template.row, w.phase, w.rho, w.seed] >= (w.steps or STEPS) for w in before.wanted)
    shuffled = random.Random(chance.random()).sample(results, len(results))
    assert policy.demand(templates, (0, 1), shuffled) == demands[-1]
    assert policy.choices(templates, shuffled) == policy.choices(templates, results)


@given(tunings(), st.booleans(), st.sampled_from(["none", "some"]))
def test_each_row_pays_the_same_and_no_more_than_its_budget(case, halving, diverging):
    values, seeds, ends, better = case
    ends = {key: 1.0 if diverging == "none" and end == "diverged" else end for key, end in ends.items()}
    policy, templates = TunedRho(values, seeds, SCORE, halving), [row("mid"), row("pd")]
    results, _, trained = carried_out(policy, templates, end_of(ends), better)
    told = policy.choices(templates, results)
    assert len({(each.budget_runs, each.budget_steps) for each in told}) == 1
    assert told[0].budget_steps == budget(policy.rungs(row())) * len(seeds)
    for name in ("mid", "pd"):
        spent = sum(steps for (of, phase, _, _), steps in trained.items() if of == name and phase == "tuning")
        assert spent <= told[0].budget_steps
        if "diverged" not in ends.values():
            assert spent == told[0].budget_steps


def test_what_waits_is_what_is_asked_for_later():
    policy = TunedRho((0.1, 1.0, 10.0, 100.0), (100, 101), SCORE, halving=True)
    results, demands, trained = carried_out(policy, [row()], lambda run: run.rho)
    asked = sum(run.steps for run in demands[0].wanted)
    assert asked + sum(each.steps for each in demands[0].waiting) == sum(trained.values())
    assert [each.runs for each in demands[0].waiting] == [0, 2]
    assert demands[0].wanted[0].extra == {"schedule.horizon": STEPS}  # so that a short run begins as the long one does
    assert {run.steps for run in demands[0].wanted} == {100}
    assert {run.rho: run.steps for run in demands[-1].wanted if run.phase == "tuning"} == {
        0.1: 400,
        1.0: 400,
        10.0: 100,
        100.0: 100,
    }
    assert policy.choices([row()], results)[0].steps == {0.1: 400, 1.0: 400, 10.0: 100, 100.0: 100}


def test_a_run_that_is_going_on_keeps_its_part_in_the_rungs_before():
    """While a run is extended it is pending again; its score of the rung before is in its history."""
    policy, template = TunedRho((0.1, 1.0, 10.0, 100.0), (100,), SCORE, halving=True), row()
    first = policy.demand([template], (0,), [])
    results = [result(run, run.rho) for run in first.wanted]
    second = policy.demand([template], (0,), results)
    assert {run.rho: run.steps for run in second.wanted} == {0.1: 400, 1.0: 400, 10.0: 100, 100.0: 100}
    going = [
        Result(
            cell=result(run, run.rho).cell,
            state="pending" if run.steps == 400 else "done",
            path=Path("x"),
            better={SCORE: "lower"},
            history={SCORE: {100: run.rho}},
            step=100,
        )
        for run in second.wanted
    ]
    assert policy.demand([template], (0,), going) == second


def test_a_schedule_that_has_an_end_keeps_it():
    policy = TunedRho((0.1, 1.0), (100,), SCORE, halving=True)
    assert policy.demand([row(horizon=50)], (0,), []).wanted[0].extra == {}


@pytest.mark.parametrize(
    ("facts", "why"),
    [({"penalised": False}, "has no penalty"), ({"tune": False}, "keeps the rho of its own")],
)
def test_a_row_with_nothing_to_tune_is_reported_as_it_is_and_says_so(facts, why):
    policy, template = TunedRho((0.1, 1.0), (100,), SCORE), row("wgan", **facts)
    asked = policy.demand([template], (0, 1), [])
    assert [(run.phase, run.rho, run.seed) for run in asked.wanted] == [("final", 7.0, 0), ("final", 7.0, 1)]
    (told,) = policy.choices([template], [])
    assert told.rho is None
    assert not told.budget_steps
    assert why in told.lines()[0]
    assert not asked.waiting


def test_a_score_that_no_run_has_is_an_error_with_the_ones_that_there_are():
    policy = TunedRho((0.1, 1.0), (100,), "wasserstein/w2")
    results = [result(run, 0.5) for run in policy.demand([row()], (0,), []).wanted]
    with pytest.raises(UsageError, match=r"did you mean 'wasserstein/w1'"):
        policy.demand([row()], (0,), results)
    left_out = [replace(each, better={"wasserstein/w2": "lower"}, scores={}, history={}) for each in results]
    with pytest.raises(UsageError, match="no tuning run of 'mid'") as caught:
        policy.demand([row()], (0,), left_out)
    assert "add a metric" in caught.value.remedy


def test_what_came_of_it_in_words():
    policy = TunedRho((0.1, 1.0, 10.0), (100, 101), SCORE)
    results, _, _ = carried_out(policy, [row()], lambda run: abs(run.rho - 1))
    (told,) = policy.choices([row()], results)
    assert told.lines() == [
        "'mid' on '8gaussians': rho = 1, the best of 0.1, 1, 10 by the median of wasserstein/w1 over 2 tuning seeds; "
        "6 runs, 2,400 steps"
    ]
    assert told.to_dict()["tried"][0] == {"rho": 0.1, "steps": 400, "scores": [0.9, 0.9], "median": 0.9}
    results, _, _ = carried_out(policy, [row()], lambda run: -run.rho)
    assert policy.choices([row()], results)[0].lines()[1] == "the best of the grid is its end: widen it, above 10"
    results, _, _ = carried_out(policy, [row()], lambda run: "diverged")
    assert "with none of them did the median run come to an end" in policy.choices([row()], results)[0].lines()[1]
    assert policy.choices([row()], [])[0].lines() == ["'mid' on '8gaussians': rho is not chosen yet"]
