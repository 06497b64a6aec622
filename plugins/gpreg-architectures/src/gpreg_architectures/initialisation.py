"""Initial weights of Gulrajani et al. (2017), as in their reference code: uniform, with a given standard deviation.

PyTorch's ``kaiming_uniform_`` and ``xavier_uniform_`` give those of linear layers. Those of convolutions differ: the
rectifiers' factor is spread over fan-in and fan-out, and a stride thins out one of the two.
"""

import math
from typing import TypeVar

from torch import nn

Convolution = TypeVar("Convolution", nn.Conv2d, nn.ConvTranspose2d)


def he_linear(in_features: int, out_features: int) -> nn.Linear:
    """A linear layer with He-uniform weights, ``std = sqrt(2 / in_features)``, and zero biases."""
    layer = nn.Linear(in_features, out_features)
    nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    nn.init.zeros_(layer.bias)
    return layer


def glorot_linear(in_features: int, out_features: int) -> nn.Linear:
    """A linear layer with Glorot-uniform weights, ``std = sqrt(2 / (in_features + out_features))``, and zero biases."""
    layer = nn.Linear(in_features, out_features)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def he(layer: Convolution) -> Convolution:
    """The layer, with uniform weights of ``std = sqrt(4 / (fan_in + fan_out))`` and zero biases.

    Fans are channels times kernel area. The stride's area divides the fan-out of a convolution, and the fan-in of a
    transposed one.
    """
    return _initialised(layer, 4)


def glorot(layer: Convolution) -> Convolution:
    """The layer, with uniform weights of ``std = sqrt(2 / (fan_in + fan_out))`` and zero biases.

    Fans as for :func:`he`.
    """
    return _initialised(layer, 2)


def _initialised(layer: Convolution, factor: float) -> Convolution:
    kernel, stride = math.prod(layer.kernel_size), math.prod(layer.stride)
    fan_in, fan_out = layer.in_channels * kernel, layer.out_channels * kernel
    fans = fan_in / stride + fan_out if isinstance(layer, nn.ConvTranspose2d) else fan_in + fan_out / stride
    bound = math.sqrt(3 * factor / fans)  # a uniform law on (-b, b) has std b / sqrt(3)
    nn.init.uniform_(layer.weight, -bound, bound)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
