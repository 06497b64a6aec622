"""Figures of gradients, computed on the device, and their one way to the host."""

from collections.abc import Mapping

import torch
from torch import Tensor

from gpreg.interfaces import GradientForm
from gpreg.penalties.autocast import at_least_float32, outside_autocast

QUANTILES = {"low": 0.1, "median": 0.5, "high": 0.9}


def norms_of(gradients: Tensor) -> dict[str, Tensor]:
    """Mean and quantiles of the norms of gradients ``(N, *g)``, as scalars on their device.

    >>> {name: round(norm.item(), 3) for name, norm in norms_of(torch.tensor([[3.0, 4.0], [0.0, 0.0]])).items()}
    {'mean': 2.5, 'low': 0.5, 'median': 2.5, 'high': 4.5}
    """
    with torch.no_grad(), outside_autocast(gradients.device.type):
        norms = torch.linalg.vector_norm(at_least_float32(gradients.detach()).flatten(1), dim=1).sort().values
        last = len(norms) - 1
        found = {"mean": norms.mean()}
        for name, quantile in QUANTILES.items():  # torch.quantile would copy the three numbers to the device each time
            below, part = divmod(quantile * last, 1)
            found[name] = torch.lerp(norms[int(below)], norms[min(int(below) + 1, last)], part)
        return found


def pushed_down(form: GradientForm, gradients: Tensor) -> Tensor:
    """The fraction of points where a form becomes smaller if the norm of the gradient does, a scalar."""
    with torch.enable_grad(), outside_autocast(gradients.device.type):
        grad = at_least_float32(gradients.detach())
        size = grad.new_ones(len(grad), requires_grad=True)
        values = form(grad * size.view(-1, *[1] * (grad.ndim - 1)))
        if not values.requires_grad:
            return grad.new_zeros(())
        (slope,) = torch.autograd.grad(values.sum(), size)
        return (slope > 0).to(grad.dtype).mean()


def angles(of_loss: list[Tensor], of_penalty: list[Tensor]) -> dict[str, Tensor]:
    """The squared norms of two gradients, parameter by parameter given, and their inner product, as scalars."""
    found = {}
    for name, (ones, others) in {
        "loss squared": (of_loss, of_loss),
        "product": (of_loss, of_penalty),
        "penalty squared": (of_penalty, of_penalty),
    }.items():
        products = [
            _whole((at_least_float32(one) * at_least_float32(other)).sum())
            for one, other in zip(ones, others, strict=True)
        ]
        dtype = torch.float64 if any(product.dtype == torch.float64 for product in products) else torch.float32
        found[name] = torch.stack([product.to(dtype) for product in products]).sum()
    return found


def _whole(tensor: Tensor) -> Tensor:
    """The tensor, put together from all processes if it is a sharded one."""
    whole: Tensor = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
    return whole


def read_back(figures: Mapping[str, Tensor]) -> dict[str, float]:
    """Scalars on a device as numbers; the host waits for them once.

    >>> read_back({"loss": torch.tensor(0.5), "gap": torch.tensor(2.0)})
    {'loss': 0.5, 'gap': 2.0}
    """
    numbers = [at_least_float32(figure.detach()) for figure in figures.values()]
    dtype = torch.float64 if any(number.dtype == torch.float64 for number in numbers) else torch.float32
    return dict(zip(figures, torch.stack([number.to(dtype) for number in numbers]).tolist(), strict=True))
