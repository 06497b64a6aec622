"""What somebody has at hand as what a recipe names."""

from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import Dataset

import gpreg
from gpreg.data import GivenSource
from gpreg.errors import PluginError, UsageError
from gpreg.interfaces import (
    Architecture,
    DatasetSource,
    GANLoss,
    GradientForm,
    Metric,
    MetricResult,
    Observer,
    Opening,
    PenaltyMeasure,
    PenaltySample,
)
from gpreg.objects import adopt
from gpreg.registry import schema
from gpreg.registry.kinds import KINDS


class Halfway(PenaltyMeasure):
    """Half of the way."""

    needs = frozenset({"real", "fake"})

    def __init__(self, at: float = 0.5):
        super().__init__()
        self.at = nn.Parameter(torch.tensor(at))

    def sample(self, batch):
        return PenaltySample(points=batch.real)


class Fourth(GradientForm):
    def __call__(self, grad):
        return grad.flatten(1).square().sum(1).square()


class Least(GANLoss):
    def critic_loss(self, real, fake):
        return real.square() + fake.square()

    def generator_loss(self, fake, real=None):
        return fake.square()


class Mean(Metric):
    values = MappingProxyType({"mean": "lower"})

    def __call__(self, samples, data):
        return MetricResult(values={"mean": 0.0}, provenance={})


class Watch(Observer):
    def __init__(self, every: int = 1):
        self.every = every


class Narrow(Architecture):
    def __init__(self, width: int = 4):
        self.width = width

    def generator(self, spec):
        return nn.Linear(self.width, *spec.shape)

    def critic(self, spec):
        return nn.Linear(*spec.shape, 1)


class Source(DatasetSource):
    def open(self, opening):
        return GivenSource(torch.zeros(5, 2)).open(opening)


class Points(Dataset):
    def __init__(self, size: int = 20):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, number):
        return torch.full((3,), float(number))


class Unfinished(PenaltyMeasure):
    needs = frozenset()


class Uninitialised(PenaltyMeasure):
    needs = frozenset()

    def __init__(self):
        pass

    def sample(self, batch):
        return None


THINGS = {
    "measure": (Halfway, "session.halfway"),
    "form": (Fourth, "session.fourth"),
    "loss": (Least, "session.least"),
    "architecture": (Narrow, "session.narrow"),
    "dataset": (Source, "session.source"),
    "metric": (Mean, "session.mean"),
    "observer": (Watch, "session.watch"),
}


@pytest.fixture(scope="module")
def installed():
    return gpreg.load_registry()


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize("as_instance", [False, True])
def test_classes_and_instances_of_the_interface_get_a_name(installed, kind, as_instance):
    cls, name = THINGS[kind]
    registry, names = adopt(installed, {kind: cls() if as_instance else cls})
    assert names == {kind: name}
    assert isinstance(registry.build(kind, name), cls)
    spec = registry.get(kind, name)
    assert spec.package == "session"
    assert spec.place.startswith(f"{cls.__name__} (")
    row = schema.details(KINDS[kind], spec)[kind]
    assert row["summary"]
    assert [option["name"] for option in row["options"]] == (
        [] if as_instance else {"measure": ["at"], "observer": ["every"], "architecture": ["width"]}.get(kind, [])
    )
    assert not [spec for spec in installed.list(kind) if spec.name == name]


def test_names_stay_names_and_nothing_is_added_for_them(installed):
    things = {"measure": "mid", "metrics": ["modes", "fid"], "observers": "tensorboard"}
    registry, names = adopt(installed, things)
    assert registry is installed
    assert names == {"measure": "mid", "metrics": ["modes", "fid"], "observers": ["tensorboard"]}


def test_lists_are_of_names_and_things_and_each_has_a_name_of_its_own(installed):
    registry, names = adopt(installed, {"metrics": ["modes", Mean, Mean()], "observers": Watch()})
    assert names == {"metrics": ["modes", "session.mean", "session.mean-2"], "observers": ["session.watch"]}
    assert registry.get("metric", "session.mean").values == {"mean": "lower"}
    again, _ = adopt(registry, {"metrics": [Mean]})
    assert again.get("metric", "session.mean-3")


def test_names_may_be_those_of_a_run(installed):
    registry, names = adopt(
        installed,
        {"measure": Halfway, "metrics": [Mean, Mean]},
        names={"measure": "session.other", "metrics": ["session.a"]},
    )
    assert names == {"measure": "session.other", "metrics": ["session.a", "session.mean"]}
    assert isinstance(registry.build("measure", "session.other"), Halfway)


def test_a_measure_that_is_given_is_copied_and_an_observer_is_itself(installed):
    measure, watch = Halfway(0.25), Watch()
    registry, names = adopt(installed, {"measure": measure, "observers": [watch]})
    built = registry.build("measure", names["measure"])
    assert built is not measure
    assert built.at == 0.25
    assert registry.build("observer", *names["observers"]) is watch


@pytest.mark.parametrize(
    ("given", "name", "shape"),
    [
        (torch.zeros(20, 3), "session.tensor", "(3,)"),
        (np.zeros((20, 8, 8, 3), np.uint8), "session.array", "(3, 8, 8)"),
        ((torch.zeros(20, 1, 8, 8), torch.arange(20) % 2), "session.tensor", "(1, 8, 8)"),
        ((Points(), Points(5)), "session.points", "(3,)"),
        (Points(), "session.points", "(3,)"),
        (GivenSource(torch.zeros(20, 3)).open(Opening()), "session.arraydata", "(3,)"),
    ],
)
def test_samples_have_a_shape_in_listings(installed, given, name, shape):
    registry, names = adopt(installed, {"dataset": given})
    assert names == {"dataset": name}
    assert registry.get("dataset", name).shape == shape
    assert str(registry.build("dataset", name).open(Opening()).spec.shape) == shape


def test_keywords_of_a_dataset_are_options_beside_those_of_all_samples(installed):
    registry, names = adopt(installed, {"dataset": Points})
    source = registry.build("dataset", names["dataset"], {"size": "30", "holdout": "0.5"})
    assert source.open(Opening()).size == 15
    function, names = adopt(installed, {"dataset": lambda size=40: torch.zeros(size, 2)})
    assert function.build("dataset", names["dataset"], {"size": 10}).open(Opening()).size == 9


@pytest.mark.parametrize("kind", THINGS)
def test_what_is_not_of_the_kind_is_refused(installed, kind):
    with pytest.raises(UsageError, match=rf"the {kind} is a ") as caught:
        adopt(installed, {kind: 5})
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match=rf"the {kind} is the class Fraction"):
        adopt(installed, {kind: Fraction})


def test_what_an_interface_asks_is_asked_at_once(installed):
    with pytest.raises(UsageError, match=r"Unfinished \(.*test_adoption.py:\d+\) does not define sample"):
        adopt(installed, {"measure": Unfinished})
    with pytest.raises(UsageError, match=r"Uninitialised \(.*\) does not call super"):
        adopt(installed, {"measure": Uninitialised()})
    registry, names = adopt(installed, {"measure": Uninitialised})
    with pytest.raises(PluginError, match=r"Uninitialised \(.*\), does not call super"):
        registry.build("measure", names["measure"])
    registry, names = adopt(installed, {"loss": lambda: 5})
    with pytest.raises(PluginError, match=r"builds a int, which is no gpreg.interfaces.GANLoss"):
        registry.build("loss", names["loss"])


class Unpaired(Least):
    def generator_loss(self, d_fake):
        return -d_fake


class Blind(Mean):
    def __call__(self, samples):
        return super().__call__(samples, None)


class Nowhere(Halfway):
    def sample(self):
        return None


class Formless(Fourth):
    def __call__(self):
        return None


@pytest.mark.parametrize(
    ("kind", "cls", "wanted"),
    [
        ("loss", Unpaired, r"generator_loss\(d_fake\), .* write generator_loss\(self, d_fake, d_real\)"),
        ("measure", Nowhere, r"sample\(\), .* write sample\(self, batch\)"),
        ("form", Formless, r"__call__\(\), .* write __call__\(self, grad\)"),
        ("metrics", Blind, r"__call__\(samples\), .* write __call__\(self, samples, data\)"),
    ],
)
def test_a_method_that_lacks_an_argument_is_found_before_it_is_called(installed, kind, cls, wanted):
    given = [cls()] if kind == "metrics" else cls()
    with pytest.raises(UsageError, match=rf"{cls.__name__} \(.*test_adoption.py:\d+\) has {wanted}"):
        adopt(installed, {kind: given})
    registry, names = adopt(installed, {kind: [cls] if kind == "metrics" else cls})
    name = names[kind][0] if kind == "metrics" else names[kind]
    with pytest.raises(PluginError, match=rf"{cls.__name__} \(.*test_adoption.py:\d+\), has {wanted}"):
        registry.build("metric" if kind == "metrics" else kind, name)


def test_an_executor_cannot_be_given(installed):
    with pytest.raises(UsageError, match="no executor can be given as an object"):
        adopt(installed, {"executor": 5})
