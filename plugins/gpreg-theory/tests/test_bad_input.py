import json
import math
import re
from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

import gpreg
from gpreg.errors import BatchCouplingError, UsageError
from gpreg.interfaces import CheckContext, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg_theory.checks.runner import run_checks
from gpreg_theory.networks.equilibrium import NoConstruction, at_zero
from gpreg_theory.networks.modes import modal_table
from gpreg_theory.networks.point import GamePoint

N = 48
POINTS = ("construction", "equilibrium", "training")
MEASURE_SIDE = {"5a", "5b", "5c", "6a", "6b", "6c"}


@cache
def registry():
    return gpreg.load_registry()


def seeded(make, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def network(*layers, zero=False):
    """Linear layers for pairs of widths; its last layer zeroed, if asked for."""
    made = seeded(lambda: nn.Sequential(*(nn.Linear(*own) if isinstance(own, tuple) else own() for own in layers)))
    if zero:
        for parameter in made[-1].parameters():
            nn.init.zeros_(parameter)
    return made


def mlp(*, zero=False, d=2):
    return network((d, 3), nn.Tanh, (3, 1), zero=zero)


class Tied(nn.Module):
    """Its last layer is used twice."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(2, 4), nn.Linear(4, 1)
        self.again = self.last

    def forward(self, x):
        return self.last(torch.tanh(self.first(x))) + self.again(torch.sin(self.first(x)))


class Projection(nn.Module):
    """D(x, y) = <a + e_y, phi(x)> + b."""

    def __init__(self):
        super().__init__()
        self.first, self.last, self.classes = nn.Linear(2, 4), nn.Linear(4, 1), nn.Embedding(3, 4)

    def forward(self, x, labels):
        phi = torch.tanh(self.first(x))
        return self.last(phi).squeeze(1) + (self.classes(labels) * phi).sum(1)


class Constant(nn.Module):
    def forward(self, x):
        return x.new_ones(len(x))


class Mixing(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(2, 1)

    def forward(self, x):
        return self.last(x - x.mean(0))


class Scores(nn.Module):
    """Three numbers a sample."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(2, 3)

    def forward(self, x):
        return self.last(x)


class InSinglePrecision(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(2, 1)

    def forward(self, x):
        return self.last(x.float())


class Failing(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(2, 1)

    def forward(self, x):
        raise RuntimeError("of its own")


class Labelled(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, z, labels):
        return self.inner(z)


class Rounding(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = seeded(lambda: nn.Linear(2, 2))

    def forward(self, z):
        return self.layer(z).round()


class Nailed(nn.Module):
    """Every code gives the same sample."""

    def __init__(self):
        super().__init__()
        self.where = nn.Parameter(torch.ones(2))

    def forward(self, z):
        return self.where.expand(len(z), 2)


def with_nan(critic):
    with torch.no_grad():
        critic[0].weight[0, 0] = math.nan
    return critic


def older(normalise):
    """With one of torch's older normalisations, on the last layer."""
    critic = network((2, 3), nn.Tanh, (3, 1))
    normalise(critic[-1])
    return critic


def generator(d=2):
    return network((2, 3), nn.Tanh, (3, d))


def ring(n, rng):
    angles = torch.randint(8, (n,), generator=rng) * math.pi / 4
    return 2 * torch.stack([angles.cos(), angles.sin()], 1) + 0.02 * torch.randn(n, 2, generator=rng)


def context(
    critic,
    maker=None,
    *,
    measure="mid",
    form="squared",
    loss="wasserstein",
    data=ring,
    n=N,
    point="construction",
    dtype=torch.float32,
    classes=None,
    **settings,
):
    """A context of two independent batches; at ``"construction"`` the fakes are data."""
    maker = generator().to(dtype) if maker is None else maker

    def batch(seed):
        rng = torch.Generator().manual_seed(seed)
        real, other = data(n, rng).to(dtype), data(n, rng).to(dtype)
        latent = torch.randn(n, 2, generator=rng).to(dtype)
        labels = None if classes is None else torch.randint(classes, (n,), generator=rng)
        parts = {"critic": critic, "generator": maker, "labels": labels, "fake_labels": labels, "latent": latent}
        if point != "construction":
            with torch.no_grad():
                other = maker(latent) if labels is None else maker(latent, labels)
        return PenaltyBatch(rng=torch.Generator().manual_seed(0), real=real, fake=other, **parts)

    one = batch(0)
    own = registry().build("measure", measure) if isinstance(measure, str) else measure
    own.prepare(one)
    return CheckContext(
        measure=own,
        form=registry().build("form", form),
        loss=registry().build("loss", loss),
        batch=one,
        second_batch=batch(1),
        point=point,
        **{"simple": form == "squared"} | settings,
    )


def checked(given):
    """The report's verdicts and findings, after what must be so of every one."""
    before = torch.get_rng_state()
    report = run_checks(given, registry())
    assert torch.equal(torch.get_rng_state(), before)
    assert not [note for note in report.notes if note.split(": ")[0].endswith(" failed")]
    json.dumps(report.to_dict(), allow_nan=False)
    for finding in report.findings:
        assert finding.evidence.strip()
        assert "nan" not in finding.evidence.lower().replace("nan or infinit", "")
    return {finding.assumption: finding.verdict for finding in report.table}, report


OF_MID = {"5a": "holds", "5b": "holds", "5c": "violated", "6a": "holds", "6b": "holds"}
"""The truth for data that does not fill a convex set."""

CRITICS = {
    "batch normalisation": (lambda: network((2, 4), lambda: nn.BatchNorm1d(4), nn.Tanh, (4, 1)), "normalises"),
    "batch normalisation in evaluation mode": (
        lambda: network((2, 4), lambda: nn.BatchNorm1d(4), nn.Tanh, (4, 1)).eval(),
        "normalises",
    ),
    "spectral normalisation of the last layer": (
        lambda: seeded(lambda: nn.Sequential(nn.Linear(2, 4), nn.Tanh(), spectral_norm(nn.Linear(4, 1)))),
        "reparametrised",
    ),
    "weight normalisation of the last layer": (
        lambda: seeded(lambda: nn.Sequential(nn.Linear(2, 4), nn.Tanh(), weight_norm(nn.Linear(4, 1)))),
        "reparametrised",
    ),
    "older spectral normalisation": (lambda: older(nn.utils.spectral_norm), "reparametrised"),
    "tied last layers": (lambda: seeded(Tied), "tied"),
    "a function": (lambda: lambda x: x.sum(1), "not known"),
    "no parameters": (Constant, "not linear"),
    "NaN": (lambda: with_nan(mlp()), "NaN"),
    "mixes samples": (lambda: seeded(Mixing), "depends on the others"),
    "several outputs": (lambda: seeded(Scores), "one number a sample"),
    "failing": (lambda: seeded(Failing), "of its own"),
}
"""Critics that cannot be made constant by zeroing their last layer, and a word of the reason."""


@pytest.mark.parametrize(("make", "word"), CRITICS.values(), ids=CRITICS)
def test_critics_that_have_no_construction_are_told_why(make, word):
    with pytest.raises(UsageError, match=word):
        at_zero(make(), torch.randn(4, 2, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("point", ["equilibrium", "training"])
@pytest.mark.parametrize("name", CRITICS)
def test_of_strange_critics_nothing_wrong_is_said(name, point):
    critic = CRITICS[name][0]()
    verdicts, _ = checked(context(critic, point=point))
    for assumption, truth in OF_MID.items():
        assert verdicts[assumption] in (truth, "undecided")
    constant = name == "no parameters"
    for assumption in ("1", "3", "6c"):
        assert verdicts[assumption] in ({"holds", "undecided"} if constant else {"violated", "undecided"})
    assert verdicts["2"] != "violated"
    assert verdicts["4"] == "undecided"
    assert verdicts["H0"] == "holds"  # which is about the generator alone


@pytest.mark.parametrize(
    "critic",
    [
        mlp(zero=True),
        seeded(lambda: nn.Sequential(spectral_norm(nn.Linear(2, 4)), nn.Tanh(), nn.Linear(4, 1))),
        seeded(lambda: nn.Sequential(weight_norm(nn.Linear(2, 4)), nn.Tanh(), nn.Linear(4, 1))),
        network((2, 4), nn.Tanh, nn.Dropout, (4, 1)),
        network((2, 4), nn.ReLU, (4, 1)),
        network((2, 4), nn.Tanh, (4, 1, False)),
        mlp().requires_grad_(False),
    ],
    ids=["plain", "spectral", "weight", "dropout", "relu", "no bias", "frozen"],
)
def test_critics_with_an_own_linear_last_layer_are_made_constant(critic):
    zeroed = at_zero(critic, torch.randn(4, 2, generator=torch.Generator().manual_seed(0)))
    verdicts, _ = checked(context(zeroed))
    assert {verdicts[name] for name in ("1", "3", "6c")} == {"holds"}
    for assumption, truth in OF_MID.items():
        assert verdicts[assumption] == truth
    assert verdicts["2"] == verdicts["4"] == "undecided"


@pytest.mark.parametrize("point", ["construction", "training"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_other_precisions(dtype, point):
    verdicts, _ = checked(context(mlp(zero=True).to(dtype), point=point, dtype=dtype))
    assert verdicts["1"] == verdicts["3"] == verdicts["6c"] == "holds"
    assert verdicts["5c"] == "violated"


def test_a_critic_of_one_precision_is_told():
    _, report = checked(context(seeded(InSinglePrecision), point="equilibrium"))
    assert "float64 failed" in report.decisive("1").evidence


def test_a_frozen_critic_has_no_modes_to_judge():
    _, report = checked(context(mlp(zero=True).requires_grad_(False), point="equilibrium"))
    assert "psi is empty" in report.decisive("2").evidence
    assert "psi is empty" in report.decisive("4").evidence


@pytest.mark.parametrize("point", ["construction", "training"])
def test_projection_critics(point):
    critic = seeded(Projection)
    given = context(critic, Labelled(generator()), point=point, classes=3)
    with pytest.raises(NoConstruction, match="Embedding"):
        at_zero(critic, given.batch.real, given.batch.labels)
    verdicts, _ = checked(given)
    assert verdicts["1"] == "undecided"
    assert verdicts["5b"] == verdicts["6b"] == verdicts["H0"] == "holds"


@pytest.mark.parametrize(
    ("maker", "truth"),
    [
        (network((2, 4), lambda: nn.BatchNorm1d(4), nn.Tanh, (4, 2)), {"undecided"}),
        (nn.Identity(), {"undecided"}),
        (network((2, 2)).requires_grad_(False), {"undecided"}),
        (lambda z: z, {"undecided"}),
        (Rounding(), {"violated", "undecided"}),
        (Nailed(), {"holds"}),
    ],
    ids=["batch normalisation", "no parameters", "frozen", "function", "rounding", "constant"],
)
@pytest.mark.parametrize("point", POINTS)
def test_generators(maker, truth, point):
    verdicts, _ = checked(context(mlp(zero=True), maker, point=point))
    assert verdicts["H0"] in truth
    assert {verdicts[name] for name in ("1", "3", "5a", "5b", "6a", "6b", "6c")} == {"holds"}
    assert verdicts["4"] == "undecided"


@pytest.mark.parametrize("point", POINTS)
def test_no_generator(point):
    given = context(mlp(zero=True), point=point)
    one, two = (replace(batch, generator=None, latent=None) for batch in (given.batch, given.second_batch))
    verdicts, _ = checked(replace(given, batch=one, second_batch=two))
    assert verdicts["H0"] == "undecided"


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("n", [1, 3])
def test_few_samples_decide_nothing(n, point):
    _, report = checked(context(mlp(zero=True), point=point, n=n))
    assert not [finding for finding in report.table if finding.basis == "measured" and finding.verdict != "undecided"]


def test_an_empty_batch_is_told():
    verdicts, report = checked(context(mlp(zero=True), measure="pd", n=0))
    assert {verdicts[name] for name in verdicts if name != "H0"} == {"undecided"}
    assert "empty" in report.decisive("1").evidence


def ones(n, rng):
    return torch.ones(n, 2)


def duplicates(n, rng):
    return torch.randint(2, (n, 1), generator=rng).float().expand(n, 2).contiguous()


@pytest.mark.parametrize("point", ["construction", "training"])
@pytest.mark.parametrize(
    "data",
    [lambda n, rng: 0 * ones(n, rng), ones, lambda n, rng: 1e-20 * ring(n, rng), lambda n, rng: 1e18 * ring(n, rng)],
    ids=["zeros", "one atom", "tiny", "huge"],
)
def test_degenerate_data_refutes_nothing(data, point):
    verdicts, _ = checked(context(mlp(zero=True), data=data, point=point))
    assert "violated" not in {verdicts[name] for name in verdicts if name != "5c"}
    assert verdicts["5b"] == verdicts["6a"] == "holds"


@pytest.mark.parametrize(("measure", "truth"), [("mid", "violated"), ("pd", "holds")])
def test_distances_of_zero(measure, truth):
    verdicts, _ = checked(context(mlp(zero=True), data=duplicates, measure=measure))
    assert verdicts["5c"] == truth
    assert verdicts["5a"] == verdicts["5b"] == verdicts["6b"] == "holds"


def test_one_dimension():
    verdicts, _ = checked(context(mlp(zero=True, d=1), generator(1), data=lambda n, rng: ring(n, rng)[:, :1]))
    assert verdicts["5a"] == verdicts["5b"] == verdicts["6b"] == "holds"


@pytest.mark.parametrize("point", POINTS)
def test_data_that_is_not_finite_decides_nothing_that_is_measured(point):
    verdicts, report = checked(context(mlp(zero=True), data=lambda n, rng: ones(n, rng) * math.nan, point=point))
    assert not [finding for finding in report.table if finding.basis == "measured" and finding.verdict != "undecided"]
    assert verdicts["1"] == "undecided"


class Own(PenaltyMeasure):
    """Draws as a function of the batch says."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def sample(self, batch):
        return self.draw(batch)


def weighted(weigh, at=None):
    """p_d with weights; of the real samples, or of the critic's outputs."""
    return Own(lambda batch: PenaltySample(points=batch.real, weights=weigh(batch.real), at=at))


def by_outputs(weigh):
    return Own(lambda batch: PenaltySample(points=batch.real, weights=weigh))


MEASURES = {
    "zero weights": (weighted(lambda x: torch.zeros(len(x))), {"violated"}, {"violated"}),
    "zero weights of samples": (weighted(lambda x: torch.zeros(len(x)), "real"), {"violated"}, {"violated"}),
    "zero weights on one half": (
        weighted(lambda x: (x[:, 0] > 0).to(x)),
        {"violated", "undecided"},
        {"holds", "undecided"},  # its features see the other half from this one
    ),
    "positive weights by outputs": (by_outputs(torch.sigmoid), {"holds", "undecided"}, {"holds"}),
    "zero weights by outputs": (by_outputs(torch.zeros_like), {"violated"}, {"violated"}),
    "none": (Own(lambda batch: None), {"violated"}, {"violated"}),
    "one point of the data": (
        Own(lambda batch: PenaltySample(points=batch.real[:1])),
        {"holds", "undecided"},
        {"holds", "undecided"},
    ),
    "of the generator": (
        type("Generated", (Own,), {"needs": frozenset({"generator", "latent"})})(
            lambda batch: PenaltySample(points=batch.generator(batch.latent).detach())
        ),
        {"undecided"},
        {"undecided"},
    ),
    "of torch's own random numbers": (
        Own(lambda batch: PenaltySample(points=batch.real + torch.randn_like(batch.real))),
        {"holds", "undecided"},
        {"holds", "undecided"},
    ),
}
"""Measures with what may be said of 5b and of 6b."""


@pytest.mark.parametrize("name", MEASURES)
def test_measures(name):
    measure, covers, damps = MEASURES[name]
    verdicts, _ = checked(context(mlp(zero=True), measure=measure))
    assert verdicts["5b"] in covers
    assert verdicts["6b"] in damps


REFUSED = {
    "negative weights": (weighted(lambda x: -torch.ones(len(x))), "negative"),
    "NaN weights": (weighted(lambda x: torch.full((len(x),), math.nan)), "NaN"),
    "NaN weights by outputs": (by_outputs(lambda d: d * math.nan), "NaN"),
    "weights of another shape": (by_outputs(lambda d: d[:1]), r"shape \(1,\)"),
    "failing weights": (by_outputs(lambda d: d + {}), "TypeError"),
    "NaN points": (Own(lambda batch: PenaltySample(points=batch.real * math.nan)), "NaN"),
    "no points": (Own(lambda batch: PenaltySample(points=batch.real[:0])), "shape"),
    "failing": (Own(lambda batch: {}["real"]), "KeyError"),
    "no sample": (Own(lambda batch: batch.real), "Tensor"),
}
"""Measures that no penalty can use, and a word of the reason."""


@pytest.mark.parametrize("point", ["construction", "equilibrium"])
@pytest.mark.parametrize(("measure", "word"), REFUSED.values(), ids=REFUSED)
def test_measures_that_cannot_be_used_decide_nothing(measure, word, point):
    verdicts, report = checked(context(mlp(zero=True), measure=measure, point=point))
    assert {verdicts[name] for name in ("2", "4", "5a", "5b", "5c", "6a", "6b")} == {"undecided"}
    assert any(re.search(word, note) for note in report.notes)


@pytest.mark.parametrize(
    ("loss", "point"),
    [
        *(("relativistic", point) for point in POINTS),
        *((loss, "construction") for loss in ("hinge", "least-squares", "minimax", "non-saturating")),
    ],
)
def test_losses_change_no_assumption_on_the_measure(loss, point):
    verdicts, _ = checked(context(mlp(zero=True), loss=loss, point=point))
    for assumption, truth in OF_MID.items():
        assert verdicts[assumption] == truth


@pytest.mark.parametrize("form", ["one-centered", "one-sided", "power"])
@pytest.mark.parametrize("point", POINTS)
def test_forms_that_are_not_the_theorems(form, point):
    verdicts, report = checked(context(mlp(zero=True), form=form, point=point))
    assert {verdicts[name] for name in MEASURE_SIDE | {"1", "2", "3", "4"}} == {"undecided"}
    for name in ("1", "2", "4", "5a", "6b"):
        assert "of the theorem's form" in report.decisive(name).evidence
    assert report.conclusion.outcome == "other form"


@pytest.mark.parametrize("point", POINTS)
def test_no_penalty_is_no_damping(point):
    verdicts, report = checked(context(mlp(zero=True), rho=0.0, point=point))
    assert verdicts["6b"] == "violated"
    assert "rho = 0" in report.decisive("6b").evidence


def game(critic, maker=None, *, sample=True, loss="wasserstein", data=ring, n=N, **settings):
    rng = torch.Generator().manual_seed(0)
    real, latent = data(n, rng), torch.randn(n, 2, generator=rng)
    own = PenaltySample(points=real) if sample is True else sample(real) if sample else None
    return GamePoint.of(
        critic,
        generator() if maker is None else maker,
        real=real,
        latent=latent,
        sample=own,
        loss=registry().build("loss", loss),
        **settings,
    )


@pytest.mark.parametrize(
    "point",
    [
        lambda: game(mlp().requires_grad_(False)),
        lambda: game(Constant()),
        lambda: game(mlp(), nn.Identity()),
        lambda: game(mlp(), Rounding()),
        lambda: game(mlp(), network((2, 2)).requires_grad_(False)),
    ],
    ids=["frozen critic", "constant critic", "no theta", "rounding", "frozen generator"],
)
def test_a_table_without_modes(point):
    table = modal_table(point(), k=3)
    assert table.modes == ()
    assert table.best.rho == 0
    assert math.isinf(table.simultaneous.step)
    json.dumps(table.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "sample",
    [None, lambda real: PenaltySample(points=real, weights=torch.zeros(len(real)))],
    ids=["none", "mass 0"],
)
def test_a_table_without_penalty(sample):
    table = modal_table(game(mlp(), sample=sample), k=3)
    assert table.verdict == "undamped"
    assert table.best.rho == 0
    assert "damps nothing" in table.best.because
    assert table.simultaneous.step == 0
    json.dumps(table.to_dict(), allow_nan=False)


def test_a_table_at_rho_0_still_names_the_best():
    table = modal_table(game(mlp(), rho=0.0), k=3)
    assert table.verdict == "undamped"
    assert table.best.rho > 0


def test_a_table_of_one_sample_decides_nothing():
    assert modal_table(game(mlp(), n=1), k=3).verdict == "undecided"


@pytest.mark.parametrize("data", [ones, duplicates], ids=["one atom", "duplicates"])
def test_a_table_of_singular_matrices(data):
    table = modal_table(game(mlp(), data=data), k=50)
    assert 0 < len(table.modes) < 50
    json.dumps(table.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("point", "error", "word"),
    [
        (lambda: game(CRITICS["batch normalisation"][0]()), BatchCouplingError, "BatchNorm1d"),
        (lambda: game(seeded(Mixing)), BatchCouplingError, "depends on the others"),
        (lambda: game(seeded(Scores)), UsageError, "one number a sample"),
        (lambda: game(mlp(), loss="relativistic"), UsageError, "form"),
        (lambda: game(mlp(), rho=math.nan), UsageError, "rho"),
        (lambda: game(mlp(), rho=-1.0), UsageError, "rho"),
    ],
)
def test_games_that_are_refused(point, error, word):
    with pytest.raises(error, match=word):
        modal_table(point(), k=3)


@pytest.mark.parametrize("k", [0, -1])
def test_no_modes_cannot_be_asked_for(k):
    with pytest.raises(UsageError, match="at least one"):
        modal_table(game(mlp()), k=k)
