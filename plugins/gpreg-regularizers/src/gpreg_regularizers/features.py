"""The features that a critic judges by: what enters its last linear or convolutional layer."""

from functools import partial
from typing import Any

from torch import Tensor, nn

from gpreg.critics.augmented import AugmentedCritic
from gpreg.penalties.autocast import at_least_float32

LAYERS = (
    *(nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
)
"""The layers that may be a critic's last one."""


def features(critic: Any, samples: Tensor, labels: Tensor | None) -> Tensor | None:
    """``(B, *x) [, (B,)] -> (B, h)``, in float32 or better; ``None`` if the critic has none.

    They are what the critic's own method ``features``, called as the critic is, returns. Without one they are the input
    of the layer that is called last of all linear and convolutional ones in a forward pass.
    """
    if isinstance(critic, AugmentedCritic):
        return features(critic.critic, critic.changed(samples), labels)
    given = (samples,) if labels is None else (samples, labels)
    own = getattr(critic, "features", None)
    if not callable(own) or isinstance(own, nn.Module):  # layers of that name are no such method
        own = partial(_input_of_last_layer, critic)
    found = own(*given)
    return at_least_float32(found).flatten(1) if isinstance(found, Tensor) else None


def _input_of_last_layer(critic: Any, *given: Tensor) -> Tensor | None:
    last: list[Tensor] = []

    def keep(module: nn.Module, inputs: Any) -> None:
        last[:] = inputs[:1]

    modules = critic.modules() if isinstance(critic, nn.Module) else ()
    handles = [module.register_forward_pre_hook(keep) for module in modules if isinstance(module, LAYERS)]
    try:
        if handles:
            critic(*given)
    finally:
        for handle in handles:
            handle.remove()
    return last[0] if last else None
