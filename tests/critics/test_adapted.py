"""Critics of nests, with conditions, maps of outputs and packs, against the same critics of one tensor."""

from typing import NamedTuple

import pytest
import torch
from torch import nn

import gpreg
from gpreg import CriticObjective, load_registry
from gpreg.errors import BatchCouplingError, UsageError
from gpreg.penalties.compiled import CompiledObjective
from gpreg.testing import MeasureCase

MEASURES = [spec.name for spec in load_registry().list("measure")]
OPTIONS = {"g-anc": {"anchor": "point", "point": (0.5, -1.0, 0.0, 2.0)}}


class Smooth(nn.Module):
    """``(B, *x) [, (B,)] -> (B,)`` in float64, which counts its calls."""

    def __init__(self, width):
        super().__init__()
        torch.manual_seed(1)
        self.net = nn.Sequential(nn.Linear(width, 8), nn.Tanh(), nn.Linear(8, 1)).double()
        self.calls = 0

    def forward(self, x, labels=None):
        self.calls += 1
        out = self.net(x.flatten(1)).squeeze(1)
        return out if labels is None else out * (1 + labels)


def gradients(value, critic):
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, critic.parameters(), materialize_grads=True)])


def assert_same(one, other, critic):
    torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    if other.requires_grad:
        torch.testing.assert_close(gradients(one, critic), gradients(other, critic), rtol=1e-10, atol=1e-12)


def as_nest(x):
    return {"position": x[:, :1], "others": [x[:, 1:3], x[:, 3:]], "name": "plane", "time": torch.tensor(3)}


def of_nest(critic):
    def call(nest, *labels):
        assert (nest["name"], nest["time"].item()) == ("plane", 3)
        return critic(torch.cat([nest["position"], *nest["others"]], 1), *labels)

    return call


@pytest.mark.parametrize("estimator", ["exact", "finite-difference"])
@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("measure", MEASURES)
def test_a_nest_is_penalised_as_the_vector_of_its_leaves(measure, conditional, estimator):
    case, critic = MeasureCase(measure, shape=(4,), conditional=conditional), Smooth(4)

    def penalty():
        return gpreg.penalty(measure, rho=3.0, estimator=estimator, measure_options=OPTIONS.get(measure))

    real, fake, material = case.batch()
    expected = penalty()(critic, real, fake, **material)
    real, fake, material = case.batch()
    generator = material["generator"]
    material["generator"] = lambda *codes: as_nest(generator(*codes))
    assert_same(penalty()(of_nest(critic), as_nest(real), as_nest(fake), **material), expected, critic)


@pytest.mark.parametrize("measure", MEASURES)
def test_labels_are_one_case_of_a_condition(measure):
    case, critic = MeasureCase(measure, shape=(4,), conditional=True), Smooth(4)

    def penalty():
        return gpreg.penalty(measure, rho=3.0, measure_options=OPTIONS.get(measure))

    real, fake, material = case.batch()
    expected = penalty()(critic, real, fake, **material)
    real, fake, material = case.batch()
    generator, labels = material["generator"], material.pop("labels")
    material["generator"] = lambda codes, c: generator(codes, c["class"])
    material["condition"] = {"class": labels, "scale": 1.0}
    assert_same(penalty()(lambda x, c: critic(x, c["class"]), real, fake, **material), expected, critic)


def test_each_point_has_the_condition_of_its_own_sample_in_batches_of_unequal_size():
    critic = Smooth(3)
    real, fake = torch.randn(5, 3).double(), torch.randn(2, 3).double()
    of_real, of_fake = torch.randn(5, 1).double(), torch.randn(2, 1).double()

    def conditional(x, c):
        return critic(x, c[:, 0])

    both = gpreg.penalty("pd+pg", rho=4.0)(conditional, real, fake, condition=of_real, fake_condition=of_fake)
    apart = gpreg.penalty("pd", rho=4.0)(conditional, real, condition=of_real)
    apart = apart + gpreg.penalty("pg", rho=4.0)(conditional, None, fake, fake_condition=of_fake)
    assert_same(both, apart, critic)


def test_what_is_not_differentiated_is_the_real_samples_at_a_point_between():
    seen = []

    def critic(nest):
        seen.append(nest["mask"])
        return (nest["x"] * nest["mask"]).sum(1)

    real = {"x": torch.ones(4, 2), "mask": torch.tensor([[1, 0], [1, 1], [0, 0], [0, 1]])}
    fake = {"x": torch.zeros(4, 2), "mask": torch.ones(4, 2, dtype=torch.long)}
    value = gpreg.penalty("gp", rho=2.0)(critic, real, fake)
    assert value == 1.0  # |grad D|^2 is the number of ones in the real mask: 1, 2, 0, 1
    assert torch.equal(seen[-1], real["mask"])


def test_wrt_names_leaves_and_all_below_a_container():
    def critic(nest):
        return nest[0]["a"].sum(1) + 2 * nest[0]["b"].sum(1) + 4 * nest[1].sum(1)

    real = ({"a": torch.ones(3, 1), "b": torch.ones(3, 1)}, torch.ones(3, 1))

    def value(wrt):
        return gpreg.penalty("pd", rho=2.0, wrt=wrt)(critic, real).item()

    chosen = {wrt if isinstance(wrt, str | int) else tuple(wrt): value(wrt) for wrt in (0, "0.b", 1, ["0.a", 1])}
    assert chosen == {0: 1 + 4, "0.b": 4, 1: 16, ("0.a", 1): 1 + 16}
    assert value(None) == 1 + 4 + 16


@pytest.mark.parametrize("estimator", ["exact", "finite-difference"])
def test_with_a_scale_the_gradient_is_that_by_the_scaled_coordinates(estimator):
    def critic(nest):
        return nest["a"] @ torch.tensor([3.0, 4.0]).double() + 2 * nest["b"][:, 0]

    real = {"a": torch.randn(6, 2).double(), "b": torch.randn(6, 1).double()}

    def value(scale):
        return gpreg.penalty("pd", rho=2.0, scale=scale, estimator=estimator)(critic, real).item()

    assert value(None) == pytest.approx(9 + 16 + 4)
    assert value(10.0) == pytest.approx(100 * (9 + 16 + 4))
    assert value({"a": torch.tensor([2.0, 0.5]), "b": 3.0}) == pytest.approx(
        (3 * 2) ** 2 + (4 * 0.5) ** 2 + (2 * 3) ** 2
    )


def test_a_pack_of_rows_is_one_sample_with_one_norm():
    pack = Smooth(2 * 3)
    real, fake = torch.randn(12, 2).double(), torch.randn(12, 2).double()
    rng = torch.Generator().manual_seed(0)
    value = gpreg.penalty("wgan-gp", rho=20.0, pack=3)(lambda x: pack(x.view(-1, 6)), real, fake, rng=rng)
    a = torch.rand(4, 1, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    points = (a * real.view(4, 3, 2) + (1 - a) * fake.view(4, 3, 2)).view(4, 6).requires_grad_()
    (grad,) = torch.autograd.grad(pack(points).sum(), points, create_graph=True)
    assert_same(value, 10 * (grad.norm(dim=1) - 1).square().mean(), pack)


def test_the_rows_of_a_pack_keep_their_conditions():
    def critic(x, c):
        return (x * c).view(-1, 2).sum(1)

    real, c = torch.randn(6, 1), torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])[:, None]
    value = gpreg.penalty("mid", rho=2.0, pack=2)(critic, real, torch.zeros(6, 1), condition=c)
    assert value.item() == pytest.approx(c.square().sum().item() / 3)


class Pair(NamedTuple):
    state: torch.Tensor
    action: torch.Tensor


class Columns:
    """A mapping by its methods only, which records the size of its batch, as TensorDict does."""

    def __init__(self, columns, batch_size):
        assert all(len(column) == batch_size[0] for column in columns.values())
        self.columns, self.batch_size = columns, torch.Size(batch_size)

    def keys(self):
        return self.columns.keys()

    def __getitem__(self, key):
        return self.columns[key]


@pytest.mark.parametrize(
    "make",
    [
        Pair,
        lambda a, b: Columns({"state": a, "action": b}, (len(a), 7)),
        lambda a, b: [a, (b,)],
    ],
)
def test_the_critic_gets_the_containers_that_it_was_given(make):
    kinds = set()

    def critic(nest):
        kinds.add(type(nest))
        if isinstance(nest, Columns):
            assert nest.batch_size[1:] == (7,)
            nest = nest["state"], nest["action"]
        state, action = nest
        return state.sum(1) + (action[0] if isinstance(action, tuple) else action).sum(1)

    real, fake = make(torch.randn(4, 2), torch.randn(4, 3)), make(torch.randn(3, 2), torch.randn(3, 3))
    assert gpreg.penalty("pd+pg", rho=2.0)(critic, real, fake).item() == pytest.approx(10)
    assert kinds == {type(real)}


@pytest.mark.parametrize("measure", ["pd", "pd+pg", "mid"])
def test_the_objective_takes_nests_and_conditions_and_shares_its_forward_passes(measure):
    critic, c = Smooth(4), torch.arange(6)
    real, fake = as_nest(torch.randn(6, 4).double()), as_nest(torch.randn(6, 4).double())
    objective = CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty(measure, rho=3.0))
    terms = objective(of_nest(critic), real, fake, condition=c)
    of = of_nest(critic)
    loss = (of(fake, c) - of(real, c)).mean()
    assert_same(terms.total, loss + gpreg.penalty(measure, rho=3.0)(of, real, fake, condition=c), critic)
    critic.calls = 0
    objective(of, real, fake, condition=c)
    assert critic.calls == {"pd": 2, "pd+pg": 2, "mid": 3}[measure]


def test_a_compiled_objective_takes_them_too():
    critic = Smooth(4)
    real, fake = as_nest(torch.randn(6, 4).double()), as_nest(torch.randn(6, 4).double())
    objective = CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty("pd", rho=3.0, scale=2.0))

    class OfNest(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = critic.net

        def forward(self, nest):
            return self.net(torch.cat([nest["position"], *nest["others"]], 1)).squeeze(1)

    module = OfNest()
    compiled = CompiledObjective(objective, backend="eager")(module, real, fake)
    assert_same(compiled.total, objective(module, real, fake).total, module)


def test_the_mean_of_a_map_is_the_value_of_a_patch_critic():
    torch.manual_seed(0)
    critic, images = nn.Conv2d(2, 1, 3).double(), torch.randn(3, 2, 7, 7).double()
    value = gpreg.penalty("pd", rho=2.0, outputs="mean")(critic, images)
    x = images.clone().requires_grad_()
    (grad,) = torch.autograd.grad(critic(x).mean((1, 2, 3)).sum(), x, create_graph=True)
    assert_same(value, grad.square().flatten(1).sum(1).mean(), critic)


def test_the_guard_looks_with_as_many_samples_as_the_critic_can_take():
    calls = []

    def of_six_at_least(x):
        calls.append(len(x))
        return x.view(6, -1, 2).sum((1, 2))

    gpreg.penalty("pd")(of_six_at_least, torch.randn(6, 2))
    assert calls == [2, 6, 6]
    with pytest.raises(RuntimeError, match="shape"):  # what the critic says of the user's own batch
        gpreg.penalty("pd")(of_six_at_least, torch.randn(5, 2))
    with pytest.raises(BatchCouplingError, match="depends on the others"):
        gpreg.penalty("pd")(lambda x: of_six_at_least(x) * x.mean(), torch.randn(6, 2))


def test_the_guard_sees_through_nests_and_looks_at_a_module_once():
    penalty, critic = gpreg.penalty("pd", outputs=lambda out: out[0]), Smooth(2)

    class Tuple(nn.Module):
        def __init__(self):
            super().__init__()
            self.own = critic

        def forward(self, pair):
            return self.own(torch.cat(pair, 1)), {}

    module, real = Tuple(), (torch.randn(4, 1).double(), torch.randn(4, 1).double())
    for calls in (2, 3):
        penalty(module, real)
        assert critic.calls == calls
    batch_norm = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1))
    with pytest.raises(BatchCouplingError, match=r"layer '0' \(BatchNorm1d\)"):
        gpreg.penalty("pd", outputs=lambda out: out)(batch_norm, torch.randn(4, 2))
    with pytest.raises(BatchCouplingError, match="depends on the others"):
        gpreg.penalty("pd")(lambda pair: pair[0].sum(1) * pair[1].mean(), (torch.randn(4, 1), torch.randn(4, 1)))


def test_nothing_reaches_what_made_fakes_or_conditions():
    source = torch.ones(4, 1, requires_grad=True)
    penalty = gpreg.penalty("gp")
    value = penalty(
        lambda nest, c: (nest["x"] ** 2 * c).sum(1),
        {"x": torch.randn(4, 2)},
        {"x": torch.randn(4, 2) * source},
        condition=source * 2,
    )
    assert not value.requires_grad or torch.autograd.grad(value, source, allow_unused=True) == (None,)


def test_what_needs_no_adaptation_is_not_wrapped():
    critic, real, labels = Smooth(2), torch.randn(4, 2).double(), torch.arange(4)
    batch = gpreg.penalty("pd").batch(critic, real, None, labels=labels)
    assert batch.critic is critic
    assert batch.labels is labels
    assert batch.real.data_ptr() == real.data_ptr()


X = torch.ones(4, 2)


def total(nest, *rest):
    return nest["x"].sum(1)


@pytest.mark.parametrize(
    ("arguments", "call", "says", "remedy"),
    [
        ({"wrt": "y"}, (total, {"x": X, "yes": X}), "'y', which is no leaf; did you mean 'yes'", ""),
        ({"wrt": "n"}, (total, {"x": X, "n": torch.arange(4)}), "torch.int64 and cannot be differentiated", "'x'"),
        ({"wrt": "x"}, (torch.sum, X), "the samples are one tensor", "leave wrt out"),
        ({}, (total, {}), "real is empty", "at least one floating tensor"),
        ({}, (total, {"n": torch.arange(4)}), "nothing to differentiate", "scale integers"),
        ({}, (total, {"x": X, "y": X[:3]}), "real at 'y' has 3 rows, and 'x' has 4", "lambda x"),
        ({}, (total, {"x": {0: X, "0": X}}), "two leaves whose path is 'x.0'", "rename"),
        ({}, (total, {"x": X}, {"y": X}), "real has a leaf 'x' and fake has none", ""),
        ({}, (total, {"x": X}, {"x": X[:, :1]}), r"real samples at 'x' have shape \(2,\) and fake ones \(1,\)", ""),
        ({}, (total, {"x": X, "o": object()}), "real at 'o' is of type object", "torch.as_tensor"),
        ({"pack": 3}, (total, {"x": X}), "pack=3 does not divide the batch of 4 rows", "multiple of 3"),
        ({"pack": 2}, (total, {"x": X}), r"a tensor \(4,\) for 2 samples of 2 rows", "leave pack=2 out"),
        ({"scale": 0}, (total, {"x": X}), "scale is 0; it must be a finite number > 0", ""),
        ({"scale": float("nan")}, (total, {"x": X}), "scale is nan; it must be a finite number > 0", ""),
        ({"pack": 0}, (total, {"x": X}), "pack is 0", ""),
        ({"scale": {"y": 1.0}}, (total, {"x": X}), "scale is given for 'y'", "one for each"),
        ({"scale": torch.ones(3)}, (total, {"x": X}), "scale does not broadcast", ""),
        ({"scale": "wide"}, (total, {"x": X}), "scale is 'wide'; it must be a number", "scale=data.std(0)"),
        ({"wrt": []}, (total, {"x": X}), r"wrt is \[\]; it must be a leaf's path", "leave wrt out"),
        ({"wrt": 1.5}, (total, {"x": X}), "wrt is 1.5; it must be a leaf's path", "leave wrt out"),
        ({"outputs": "mena"}, (total, {"x": X}), "outputs is 'mena'; did you mean 'mean'", ""),
        ({"outputs": lambda out: out[:2]}, (total, {"x": X}), r"gives a tensor \(2,\) for 4 samples", ""),
        ({}, (lambda pair: pair, (X, X)), "a tuple of a tensor", r"lambda out: out\[0\]"),
        ({}, (lambda a, b: a.sum(1), (X, X)), "cannot be called so", r"lambda x: critic\(\*x\)"),
        ({}, (lambda x, y: x.sum(1), {"x": X, "y": X}), "cannot be called so", r"lambda x: critic\(\*\*x\)"),
    ],
)
def test_bad_input_is_explained(arguments, call, says, remedy):
    with pytest.raises(UsageError, match=says) as caught:
        gpreg.penalty("pd", **arguments)(*call)
    assert remedy.replace("\\", "") in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("given", "says", "remedy"),
    [
        ({"condition": X[:3]}, "the condition of the real samples has 3 rows, and the batch has 4", "critic hold"),
        ({"condition": X, "fake_condition": X[:3]}, "the condition of the fake samples has 3 rows", "fake_condition"),
        ({"condition": X, "labels": torch.arange(4)}, "both labels and condition", "condition=(labels"),
        ({"fake_condition": X}, "for the fake samples only", "condition="),
        ({"labels": torch.arange(3)}, "labels has 3 rows, and the batch 4", ""),
        ({"condition": (X, X)}, "cannot be called so", "lambda x, c: critic(x, *c)"),
        ({"condition": {"a": X, "b": X}}, "cannot be called so", "lambda x, c: critic(x, **c)"),
    ],
)
def test_bad_conditions_are_explained(given, says, remedy):
    def critic(x, a, b):
        return x.sum(1)

    with pytest.raises(UsageError, match=says) as caught:
        gpreg.penalty("pd")(critic, X, X, **given)
    assert remedy in (caught.value.remedy or "")


def test_a_measure_that_drops_labels_is_told_what_they_are_for():
    class Forgetful(gpreg.interfaces.PenaltyMeasure):
        def sample(self, batch):
            return gpreg.interfaces.PenaltySample(points=batch.real)

    with pytest.raises(UsageError, match="which condition belongs") as caught:
        gpreg.penalty(Forgetful)(lambda x, c: x.sum(1), X, condition=X)
    assert "labels=" in caught.value.remedy


def test_conditions_that_cannot_stand_in_one_table_are_explained():
    with pytest.raises(UsageError, match="differs, at 'text'"):
        gpreg.penalty("pd+pg", allow_batch_coupling=False)(
            lambda x, c: x.sum(1), X, X, condition={"text": X}, fake_condition={"text": X[:, :1]}
        )


def test_a_penalty_says_how_it_reads_its_critic():
    penalty = gpreg.penalty("pd", wrt=["a", 1], outputs="mean", scale=X, pack=2)
    for fact in ("wrt=['a', 1]", "outputs='mean'", "scale=by coordinate", "pack=2"):
        assert fact in repr(penalty)
    assert "<th style='text-align:left'>pack</th><td>2</td>" in penalty._repr_html_()
