"""Between two ticks nothing is read back from the device: every such operation would make the host wait."""

from collections import Counter

import pytest
import torch
from fixtures.terms import Box, LeCam, PathLength
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import gpreg
from gpreg.training.game import Game
from gpreg.training.statistics import Statistics

REGISTRY = gpreg.load_registry()
MEASURES = [spec.name for spec in REGISTRY.list("measure")]
LOSSES = [spec.name for spec in REGISTRY.list("loss")]

WAITING_OPERATORS = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "repeat_interleave"}
WAITING_METHODS = {
    *("item", "tolist", "numpy", "cpu", "nonzero", "unique"),
    *("__bool__", "__float__", "__int__", "__index__", "__array__", "__contains__"),
}


class ReadBack:
    """Counts what waits for the device while it is entered, in C++ and in Python."""

    def __init__(self):
        self.seen = seen = Counter()

        class Operators(TorchDispatchMode):
            def __torch_dispatch__(self, operator, types, arguments=(), keywords=None):
                name = operator._schema.name.removeprefix("aten::")
                masks = isinstance(arguments[1], list | tuple) if name == "index" else False
                by_mask = masks and any(i is not None and i.dtype == torch.bool for i in arguments[1])
                if name in WAITING_OPERATORS or by_mask:
                    seen[name] += 1
                return operator(*arguments, **(keywords or {}))

        class Methods(TorchFunctionMode):
            def __torch_function__(self, method, types, arguments=(), keywords=None):
                if getattr(method, "__name__", "") in WAITING_METHODS:
                    seen[method.__name__] += 1
                return method(*arguments, **(keywords or {}))

        self._modes = Methods(), Operators()

    def __enter__(self):
        for mode in self._modes:
            mode.__enter__()
        return self.seen

    def __exit__(self, *error):
        for mode in reversed(self._modes):
            mode.__exit__(*error)


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (lambda x: x.sum().item(), "item"),
        (lambda x: bool(x.sum()), "__bool__"),
        (lambda x: float(x[0]), "__float__"),
        (lambda x: x.tolist(), "tolist"),
        (lambda x: x.cpu(), "cpu"),
        (lambda x: x.numpy(), "numpy"),
        (lambda x: x[x > 0], "index"),
        (lambda x: x.nonzero(), "nonzero"),
    ],
)
def test_the_count_sees_what_waits(read, name):
    with ReadBack() as seen:
        read(torch.arange(3.0))
    assert seen[name] >= 1


def read_back(experiment, steps=3):
    """What waits during so many steps, after the first two: there critic and measure are looked at once."""
    game = Game(experiment)
    statistics = Statistics(experiment.players, tick=steps + 2, device=experiment.device)
    for step in range(2):
        statistics.record(game.play(step))
    with ReadBack() as seen:
        for step in range(2, steps + 2):
            statistics.record(game.play(step))
    statistics.read(steps + 2)
    return dict(seen)


@pytest.mark.parametrize("measure", MEASURES)
def test_no_measure_reads_back(build, measure):
    assert read_back(build("plane", {"measure.name": measure})) == {}


@pytest.mark.parametrize("loss", LOSSES)
def test_no_loss_reads_back(build, loss):
    assert read_back(build("plane", {"loss.name": loss})) == {}


SETTINGS = [
    {"training.critic_steps": 3, "training.critic_fakes": "together"},
    {"training.accumulate": 4, "penalty.every": 2},
    {"training.update": "simultaneous", "training.noise": 0.1},
    {"schedule": {"name": "cosine", "rho_final": 0.5, "beta2_final": 0.99, "warmup": 2}},
    {"penalty.estimator": "finite-difference"},
    {"penalty.estimator": "noise"},
    {"penalty.of": "sigmoid"},
    {"optimizer.name": "SGD"},
    {"optimizer": {"name": "RMSpropTF", "momentum": 0.5, "centered": True}},
    {"loss.name": "relativistic", "training.generator_reals": "own"},
    {"average": {"halflife_kimg": 1, "warmup_kimg": 1, "warmup": "cosine"}},
]


@pytest.mark.parametrize("choices", SETTINGS, ids=str)
def test_no_setting_reads_back(build, choices):
    assert read_back(build("plane", choices)) == {}


@pytest.mark.parametrize("dataset", ["25gaussians", "swissroll", "two-gaussians"])
def test_no_plane_set_reads_back(build, dataset):
    assert read_back(build("plane", {"dataset.name": dataset})) == {}


@pytest.mark.parametrize("base", ["digits", "digits-dcgan", "digits-resnet-stable"])
def test_no_images_read_back(build, base):
    choices = {"training.batch_size": 4, "average.halflife_kimg": 0.1}
    assert read_back(build(base, choices)) == {}


def test_no_regularizer_reads_back(build):
    names = ",".join(spec.name for spec in REGISTRY.list("regularizer"))
    assert read_back(build("plane", {"regularizers": names, "regularizers.augmentation": "noise"})) == {}


def test_no_addition_reads_back(build):
    added = {
        "regularizers": {"anchored": LeCam(), "path": PathLength()},
        "constraints": {"box": Box(), "box-generator": Box(player="generator")},
    }
    assert read_back(build("plane", {"measure": {"name": "latent-path", "width": 4}}, added)) == {}
