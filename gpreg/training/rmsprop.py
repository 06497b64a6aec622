"""RMSProp as TensorFlow 1 has it, which torch's arguments cannot express."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class RMSpropTF(torch.optim.Optimizer):
    """RMSProp of TensorFlow 1: the second moment starts at 1, and eps stands inside the root.

    For each parameter w with gradient g, from ``s = 1``, ``m = 0`` and ``b = 0``:

    * ``s <- decay s + (1 - decay) g^2``
    * ``m <- decay m + (1 - decay) g``, with ``centered`` only
    * ``b <- momentum b + lr g / sqrt(s + eps)``, with ``s - m^2`` in the place of s if ``centered``
    * ``w <- w - b``

    ``torch.optim.RMSprop`` starts at ``s = 0`` and divides by ``sqrt(s) + eps``, so that its first step is
    ``1 / sqrt(1 - decay)`` learning rates long for any gradient, however small. Here the first steps of small gradients
    are as small as these.

    Source: ``tf.train.RMSPropOptimizer`` of TensorFlow 1 and its kernel ``ApplyRMSProp``; its defaults are these, but
    for the learning rate, of which it has none.

    Args:
        params: parameters, or groups of them.
        lr: learning rate, at least 0.
        decay: decay of the moments, in [0, 1].
        momentum: momentum, at least 0.
        eps: added to the second moment, at least 0.
        centered: divide by the gradient's estimated deviation instead of its size.

    Raises:
        ValueError: an argument is out of bounds.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        *,
        decay: float = 0.9,
        momentum: float = 0.0,
        eps: float = 1e-10,
        centered: bool = False,
    ) -> None:
        for name, value in (("lr", lr), ("momentum", momentum), ("eps", eps)):
            if not value >= 0:
                raise ValueError(f"{name} is {value}; it must be at least 0")
        if not 0 <= decay <= 1:
            raise ValueError(f"decay is {decay}; it must be in [0, 1]")
        super().__init__(params, {"lr": lr, "decay": decay, "momentum": momentum, "eps": eps, "centered": centered})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient; nothing is read back from the device.

        Args:
            closure: computes the loss and its gradients anew.

        Returns:
            What the closure returns.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._move(group, [p for p in group["params"] if p.grad is not None])
        return loss

    def _move(self, group: dict[str, Any], parameters: list[Tensor]) -> None:
        """All parameters of a group at once: on a GPU a few kernels instead of some for each."""
        if not parameters:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        second = self._moment("second_moment", parameters, torch.ones_like)
        torch._foreach_mul_(second, group["decay"])
        torch._foreach_addcmul_(second, gradients, gradients, 1 - group["decay"])
        spread = torch._foreach_add(second, group["eps"])
        if group["centered"]:
            first = self._moment("first_moment", parameters, torch.zeros_like)
            torch._foreach_lerp_(first, gradients, 1 - group["decay"])
            torch._foreach_addcmul_(spread, first, first, -1)
        torch._foreach_sqrt_(spread)
        if not group["momentum"]:
            torch._foreach_addcdiv_(parameters, gradients, spread, -group["lr"])
            return
        moves = self._moment("momentum", parameters, torch.zeros_like)
        torch._foreach_mul_(moves, group["momentum"])
        torch._foreach_addcdiv_(moves, gradients, spread, group["lr"])
        torch._foreach_sub_(parameters, moves)

    def _moment(self, name: str, parameters: list[Tensor], first: Callable[[Tensor], Tensor]) -> list[Tensor]:
        """A moment of each parameter, which is made when it is first needed."""
        for parameter in parameters:
            if name not in self.state[parameter]:
                self.state[parameter][name] = first(parameter)
        return [self.state[parameter][name] for parameter in parameters]
