import pytest
import torch
from torch import nn

from gpreg.errors import ExitCode, UsageError
from gpreg.training.device import arrange, cpu_threads, device_for, to_device
from gpreg.training.distributed import Ranks


@pytest.fixture
def gpus(monkeypatch):
    def pretend(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)

    return pretend


@pytest.mark.parametrize(
    ("count", "name", "device"),
    [(0, "auto", "cpu"), (0, "cpu", "cpu"), (2, "auto", "cuda:0"), (2, "cuda", "cuda:0"), (2, "cuda:1", "cuda:1")],
)
def test_the_device_of_one_process(gpus, count, name, device):
    gpus(count)
    assert device_for(name, Ranks()) == torch.device(device)


def test_each_of_several_processes_has_a_gpu_of_its_own(gpus):
    gpus(4)
    assert [device_for("auto", Ranks(local, 4, local)).index for local in range(4)] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("count", "name", "message"),
    [
        (0, "cuda", "'cuda' is not here: torch sees 0"),
        (2, "cuda:2", "torch sees 2"),
        (0, "tpu", "'tpu' is no device"),
        (0, "meta", "none that runs use"),
        (0, "cuda:x", "is no device"),
    ],
)
def test_a_device_that_is_not_here(gpus, count, name, message):
    gpus(count)
    with pytest.raises(UsageError, match=message) as error:
        device_for(name, Ranks())
    assert error.value.exit_code == ExitCode.USAGE
    assert "--device auto" in error.value.remedy


def test_channels_innermost():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 1))
    for last in (False, True):
        to_device(network, torch.device("cpu"), channels_last=last)
        assert network[0].weight.is_contiguous(memory_format=torch.channels_last) is last
        images = arrange(torch.rand(2, 3, 3, 3), channels_last=last)
        assert images.is_contiguous(memory_format=torch.channels_last) is last
    points = torch.rand(5, 2)
    assert arrange(points, channels_last=True) is points


def test_threads_are_as_asked_for_a_while():
    before = torch.get_num_threads()
    with cpu_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
    with cpu_threads(None):
        assert torch.get_num_threads() == before
