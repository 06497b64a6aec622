"""The front door takes what somebody has at hand, and asks for it again."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

import gpreg
from gpreg.errors import DataError, UsageError
from gpreg.interfaces import GANLoss, Metric, MetricResult, Observer, PenaltyMeasure, PenaltySample


class Maker(nn.Module):
    def __init__(self, width: int = 8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 2))

    def forward(self, z):
        return self.layers(z)


def judge(spec, width: int = 8):
    return nn.Sequential(nn.Linear(*spec.shape, width), nn.Tanh(), nn.Linear(width, 1))


class Third(PenaltyMeasure):
    needs = frozenset({"real", "fake"})

    def __init__(self, at: float = 1 / 3):
        super().__init__()
        self.at = at

    def sample(self, batch):
        return PenaltySample(points=self.at * batch.real + (1 - self.at) * batch.fake)


class Least(GANLoss):
    def critic_loss(self, real, fake):
        return (real - 1).square() + fake.square()

    def generator_loss(self, fake, real=None):
        return (fake - 1).square()


class Spread(Metric):
    values = {"spread": "higher"}  # noqa: RUF012 -- as somebody writes it

    def __call__(self, samples, data):
        return MetricResult(values={"spread": float(torch.cat(list(samples)).std())}, provenance={})


class Steps(Observer):
    def __init__(self):
        self.seen = []

    def scalars(self, step, values):
        self.seen.append(step)


POINTS = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
QUICK = {
    "batch_size": 16,
    "device": "cpu",
    "penalty": {"rho": 1.0},
    "schedule": {"name": "constant"},
    "report": {"tick": 2, "check_samples": 0, "gap_samples": 0, "picture_ticks": 0, "checkpoint_ticks": 1},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_may_be_given_itself_and_is_asked_for_again():
    watch = Steps()
    things = {
        "architecture": gpreg.Pair(Maker, judge, latent="uniform"),
        "dataset": POINTS,
        "measure": Third,
        "loss": Least(),
        "metrics": [Spread()],
        "observers": [watch],
    }
    mine = gpreg.experiment(
        **things, steps=4, architecture_options={"width": 5}, measure_options={"at": 0.25}, **QUICK
    ).with_(set={"report.score_ticks": 1, "report.score_samples": 50})
    assert mine.recipe.architecture.name == "session.maker+judge"
    assert mine.recipe.measure.options == {"at": 0.25}
    assert mine.recipe.metrics[0].name == "session.spread"
    assert "session.tensor" in mine.toml
    run = mine.train("run", progress=False)
    assert 4 in watch.seen
    assert run.scores[-1]["value"] > 0
    assert run.generator().module.layers[0].out_features == 5

    alone = gpreg.open_run("run")
    assert alone.stats == run.stats
    with pytest.raises(UsageError, match=r"trained with the architecture Maker and judge of .*, an object of its") as e:
        alone.sample(3)
    assert "gpreg.open_run('run', architecture=...)" in e.value.remedy
    with_networks = gpreg.open_run("run", architecture=things["architecture"])
    assert torch.equal(with_networks.sample(3, seed=1), run.sample(3, seed=1))
    with pytest.raises(UsageError, match=r"trained with the (dataset|loss|measure)"):
        with_networks.resume(steps=6, progress=False)
    again = gpreg.open_run("run", **things).resume(steps=6, progress=False)
    assert again.step == 6


@pytest.mark.parametrize(
    "samples",
    [
        POINTS.numpy(),
        TensorDataset(POINTS),
        (POINTS, np.arange(200) % 3),
        (TensorDataset(POINTS), TensorDataset(POINTS[:50])),
        lambda: POINTS,
    ],
    ids=["array", "dataset", "labelled", "pair", "function"],
)
def test_samples_of_each_kind_are_trained_on(samples):
    run = gpreg.experiment("plane", dataset=samples, steps=2, metrics=[], **QUICK).train("run", progress=False)
    assert run.sample(5).shape == (5, 2)


def test_a_stop_is_not_seen_in_the_weights():
    things = {"architecture": (Maker(), judge), "dataset": TensorDataset(POINTS), "measure": Third}
    for name, steps in (("whole", 6), ("half", 2)):
        gpreg.experiment(**things, steps=steps, metrics=[], **QUICK).train(name, progress=False)
    half = gpreg.open_run("half", **things).resume(steps=6, progress=False)
    whole = gpreg.open_run("whole", **things)
    for one, two in ((half.generator("raw"), whole.generator("raw")), (half.critic(), whole.critic())):
        for left, right in zip(one.parameters(), two.parameters(), strict=True):
            assert torch.equal(left, right)
    gpreg.experiment("plane", dataset=POINTS, steps=2, metrics=[], **QUICK).train("points", progress=False)
    others = gpreg.open_run("points", dataset=POINTS + 1)
    with pytest.raises(DataError, match="not the same ones"):
        others.resume(steps=4, progress=False)


@pytest.mark.parametrize(
    ("things", "match"),
    [
        ({"measure": "mid"}, "run was not trained with an object as its measure"),
        ({"datasett": POINTS}, "no keyword 'datasett'; did you mean 'dataset'"),
        ({"dataset": 5}, "the dataset is a int"),
        ({"dataset": POINTS[:, :1] * torch.nan}, None),
    ],
)
def test_what_a_run_does_not_need_is_refused(things, match):
    gpreg.experiment("plane", dataset=POINTS, steps=2, metrics=[], **QUICK).train("run", progress=False)
    if match is None:
        with pytest.raises(UsageError, match="not finite"):
            gpreg.open_run("run", **things).resume(steps=4, progress=False)
        return
    with pytest.raises(UsageError, match=match):
        gpreg.open_run("run", **things)


def test_files_are_plugins_in_python_too(folder):
    (folder / "mine.py").write_text(
        "import torch\nfrom torch import nn\n\n"
        "NETWORKS = (nn.Linear(4, 2), nn.Linear(2, 1))\nPOINTS = torch.zeros(99, 2)\n"
    )
    choices = {"architecture": "mine.py:NETWORKS", "dataset": "mine.py:POINTS", "steps": 2, "metrics": [], **QUICK}
    with pytest.raises(UsageError, match=r"a file, mine\.py, that was not given"):
        gpreg.experiment(**choices)
    gpreg.experiment(plugins="mine.py", **choices).train("run", progress=False)
    with pytest.raises(UsageError, match=r"trained with the plugin file .*mine\.py, not given"):
        gpreg.open_run("run")
    assert gpreg.open_run("run", plugins=["mine.py"]).sample(3).shape == (3, 2)
    with (folder / "mine.py").open("a") as file:
        file.write("# changed\n")
    with pytest.raises(UsageError, match="has changed since run was trained"):
        gpreg.open_run("run", plugins="mine.py")
    assert gpreg.open_run("run", plugins="mine.py", changed_plugins=True).resume(steps=4, progress=False).step == 4
    assert gpreg.open_run("run", plugins="mine.py").step == 4


def test_another_choice_may_be_a_thing_too():
    base = gpreg.experiment("plane", steps=2, metrics=[], **QUICK)
    changed = base.with_(measure=Third(), observers=[Steps(), "tensorboard"])
    assert changed.recipe.measure.name == "session.third"
    assert [each.name for each in changed.recipe.observers] == ["session.steps", "tensorboard"]
    assert changed.with_(measure={"name": "dragan", "scale": 0.5}).recipe.measure.name == "dragan"
    assert base.recipe.measure.name == "mid"
