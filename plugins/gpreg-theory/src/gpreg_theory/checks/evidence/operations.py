"""The operations that a network is made of, recorded as it runs, and so how smooth the network is."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

KINKED = frozenset(
    str.split(
        "relu leaky_relu _prelu_kernel rrelu_with_noise threshold hardtanh hardsigmoid hardswish hardshrink "
        "softshrink elu clamp clamp_min clamp_max abs max maximum amax min minimum amin median sort topk norm "
        "linalg_vector_norm max_pool2d_with_indices max_pool3d_with_indices adaptive_max_pool2d adaptive_max_pool3d"
    )
)
"""Locally Lipschitz operations, differentiable almost everywhere but not twice everywhere (a norm, say, not at 0)."""

SMOOTH = frozenset(
    str.split(
        "mm bmm addmm baddbmm addmv mv dot convolution native_layer_norm native_group_norm native_batch_norm "
        "cudnn_batch_norm _native_batch_norm_legit_no_training _native_batch_norm_legit add sub rsub mul div neg "
        "addcmul addcdiv square pow sin cos tanh sigmoid softplus log_sigmoid_forward gelu silu mish exp expm1 erf "
        "atan sinh cosh _softmax _log_softmax sum mean var var_mean cumsum avg_pool2d avg_pool3d _adaptive_avg_pool2d "
        "upsample_nearest1d upsample_nearest2d upsample_bilinear2d pixel_shuffle embedding constant_pad_nd "
        "reflection_pad2d replication_pad2d cat stack view _unsafe_view reshape alias clone copy _to_copy t transpose "
        "permute expand repeat squeeze unsqueeze slice select split split_with_sizes unbind index_select as_strided "
        "_reshape_alias unfold diagonal flip roll lift_fresh ones zeros zeros_like ones_like full full_like empty "
        "empty_like new_zeros new_empty"
    )
)
"""Operations that are smooth functions of their tensors wherever they are finite."""


def operations(network: nn.Module, *inputs: Any) -> Mapping[str, str]:
    """The operations of one forward pass without gradients, each with the module that first used it.

    Names are those of ATen without overloads and in-place marks, such as ``addmm`` or ``relu``; modules are named as
    in ``network.named_modules()``, the network itself by an empty string.
    """
    recorder = _Recorder()
    with ExitStack() as stack, torch.no_grad():
        for name, module in network.named_modules():
            for handle in recorder.follow(name, module):
                stack.callback(handle.remove)
        with recorder:
            network(*(value for value in inputs if value is not None))
    return recorder.seen


def kinks(network: nn.Module, *inputs: Any) -> Mapping[str, str]:
    """The operations that are not known to be smooth, as :func:`operations` has them."""
    return {name: where for name, where in operations(network, *inputs).items() if name not in SMOOTH}


def unknown(network: nn.Module, *inputs: Any) -> Mapping[str, str]:
    """The operations that are not known to be continuous, as :func:`operations` has them."""
    return {name: where for name, where in kinks(network, *inputs).items() if name not in KINKED}


def described(found: Mapping[str, str]) -> str:
    """The operations in words, such as ``"relu in layers.1, abs in layers.3"``."""
    return ", ".join(f"{name} in {where or 'the network itself'}" for name, where in found.items())


class _Recorder(TorchDispatchMode):
    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """False, because nothing is compiled here, and otherwise torch would import its whole compiler to skip it."""
        return False

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # torch's own has no annotations
        self.seen: dict[str, str] = {}
        self._inside: list[str] = []

    def follow(self, name: str, module: nn.Module) -> Iterator[torch.utils.hooks.RemovableHandle]:
        yield module.register_forward_pre_hook(lambda *_: self._inside.append(name))
        yield module.register_forward_hook(lambda *_: self._leave(), always_call=True)

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name, _, overload = func.__name__.partition(".")
        name = name if name.endswith("__") else name.removesuffix("_")
        name += "_rounded" if overload.endswith("_mode") else ""  # division with a rounding mode
        self.seen.setdefault(name, self._inside[-1] if self._inside else "")
        return func(*args, **(kwargs or {}))

    def _leave(self) -> None:
        self._inside.pop()
