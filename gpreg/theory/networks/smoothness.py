"""Whether a critic is a smooth function of its parameters and its input."""

import re
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gpreg.penalties.critics import critic_outputs, preserved_buffers

KINKED = re.compile(
    "Abs|Aminmax|Amax|Amin|Ceil|Clamp(Min|Max)?|Floor|Hard(shrink|sigmoid|swish|tanh)|LeakyRelu|(Adaptive)?Max(Pool.*)?|"
    "Maximum|Min|Minimum|PreluKernel|Relu|Round|RreluWithNoise|Sgn|Sign|Softshrink|Sort|Threshold|Topk"
)
"""Operations with kinks or jumps, as autograd names them."""

JUMPING = re.compile("Elu")
"""Operations whose second derivative jumps."""

SMOOTH = re.compile(
    "Add|Add(bmm|cmul|mm|mv)|Baddbmm|Bmm|Convolution|Dot|Matmul|Mm|Mul|Mv|Neg|R?Sub|Sum|Mean|Prod|(Adaptive)?AvgPool.D|"
    "Upsample(Nearest|Bilinear|Bicubic).D|Cosh?|Sinh?|Erf|Exp|Expm1|Gelu|Mish|Silu|Tanh|Sigmoid|Log(Sigmoid|sumexp)|"
    "(Log)?Softmax|Softplus|Native(Dropout|GroupNorm|LayerNorm|BatchNorm)|"
    "AccumulateGrad|AsStrided|Cat|Clone|ConstantPadNd|Copy|CopySlices|Diagonal|Embedding|Expand|Flip|"
    "Gather|Index(Select)?|Pad|Permute|Re(flection|plication)Pad.D|Repeat|(Unsafe|Reshape)?(View|Alias)|Roll|"
    "Select|Slice|Split(WithSizes)?|Squeeze|Stack|T|ToCopy|Trace|Transpose|Unbind|Unfold|Unsqueeze"
)
"""Operations with derivatives of every order (Softplus is linear above 20, which is a jump of about 2e-9)."""


class Smoothness(NamedTuple):
    """Whether a critic is smooth, and what says so.

    Attributes:
        smooth: ``None``: not known.
        because: in words.
    """

    smooth: bool | None
    because: str


def smooth_activations(critic: nn.Module, points: Tensor, labels: Tensor | None = None) -> Smoothness:
    """Whether the critic's gradient field is continuously differentiable, by the operations that it runs.

    With a kink, Q and R are defined almost everywhere and hold for the frozen batch, but the field is not C^1, as
    linearisation in the theorem needs it. Read off the graph that one evaluation records, so that functions count like
    layers. Operations that are smooth only away from a point, such as square roots and quotients, count as not known.

    Args:
        critic: ``(B, *x) [, (B,)] -> (B,)``; left as it was.
        points: ``(B, *x)``, a few samples.
        labels: ``(B,)``.
    """
    devices = [points.device] if points.device.type == "cuda" else []
    with torch.enable_grad(), torch.random.fork_rng(devices), preserved_buffers(critic):
        outputs = critic_outputs(critic, points.detach().requires_grad_(), labels)
    operations = _operations(outputs)
    for kinds, what in ((KINKED, "has a kink"), (JUMPING, "has a second derivative that jumps")):
        if found := sorted(filter(kinds.fullmatch, operations)):
            return Smoothness(False, f"the critic's {found[0]} {what}")
    if unknown := sorted(name for name in operations if not SMOOTH.fullmatch(name)):
        return Smoothness(None, f"whether the critic's {unknown[0]} is smooth everywhere is not known here")
    return Smoothness(True, "every operation of the critic has derivatives of every order")


def _operations(outputs: Tensor) -> set[str]:
    """Names of the nodes of the graph, without autograd's suffix."""
    seen, waiting = set(), [outputs.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [follower for follower, _ in node.next_functions]
    return {re.sub(r"^.*::|Backward\d*$", "", node.name()).strip("_") for node in seen}
