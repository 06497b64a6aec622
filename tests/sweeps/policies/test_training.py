"""Real runs: rho is chosen by halving, in one process, as a sweep does it with one for each cell."""

import gpreg
from gpreg.sweeps.cell import Cell, Result
from gpreg.sweeps.policies.template import Template
from gpreg.sweeps.policies.tuned import TunedRho

STEPS, SCORE = 16, "wasserstein/w1"


def trained(run, base, folder):
    """Train a wanted run, or let it go on, and say what came of it."""
    name = f"{run.phase}-{run.rho}-{run.seed}"
    cell = Cell(
        name=name,
        row="mid",
        column="8gaussians",
        choices={},
        rho=run.rho,
        seed=run.seed,
        phase=run.phase,
        steps=run.steps,
    )
    path, steps = folder / name, run.steps or STEPS
    if path.exists():
        begun = gpreg.open_run(path)
        done = begun if begun.step >= steps else begun.resume(steps=steps, progress=False)
    else:
        done = gpreg.experiment(base, **run.choices, steps=steps).train(path, progress=False)
    history: dict[str, dict[int, float]] = {}
    for score in done.scores:
        history.setdefault(f"{score['metric']}/{score['score']}", {})[score["step"]] = score["value"]
    last = {key: values[done.step] for key, values in history.items()}
    return Result(
        cell=cell, state="done", path=path, scores=last, better={SCORE: "lower"}, history=history, step=done.step
    )


def test_halving_of_real_runs(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("gpreg.training.sample_pictures.SamplePictures.draw", lambda *_: ())  # most of the time
    base = tiny(
        choices={
            "metrics": [{"name": "wasserstein", "n": 64}],
            "training.steps": STEPS,
            "report.score_samples": 64,
            "report.tick": STEPS,
        }
    )
    policy = TunedRho((0.1, 1.0, 10.0), (100,), SCORE, halving=True)
    row = Template(row="mid", column="8gaussians", rho=1.0, steps=STEPS)
    results, before = [], None
    while (asked := policy.demand([row], [0], results)) != before:
        before = asked
        results = [trained(run, base, tmp_path) for run in asked.wanted]
    (told,) = policy.choices([row], results)
    assert not asked.waiting
    assert sorted(told.steps.values()) == [4, STEPS, STEPS]
    full = {rho: scores for rho, scores in told.tried.items() if told.steps[rho] == STEPS}
    assert told.rho == min(full, key=full.get)
    assert [(each.cell.rho, each.step) for each in results if each.cell.phase == "final"] == [(told.rho, STEPS)]

    at_once = TunedRho((told.rho, 99.0), (100,), SCORE).demand([row], [0], []).wanted[0]
    assert trained(at_once, base, tmp_path / "at-once").scores[SCORE] == full[told.rho][0]  # as if it had never stopped
