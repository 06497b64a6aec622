"""skrl's AMP agent, with a penalty of gpreg in the place of its own."""

from typing import Any

import gymnasium
from skrl.agents.torch.amp import AMP
from skrl.models.torch import DeterministicMixin, Model
from torch import Tensor, nn

from gpreg.penalties import Penalty


class Discriminator(DeterministicMixin, Model):
    """``{"observations": (B, d)} -> ((B, 1), {})``, which keeps the reference motions that skrl last gave it."""

    def __init__(self, observations: gymnasium.spaces.Box) -> None:
        logits = gymnasium.spaces.Box(-float("inf"), float("inf"), (1,))
        Model.__init__(self, observation_space=observations, action_space=logits)
        DeterministicMixin.__init__(self)
        self.net = nn.Sequential(nn.Linear(self.num_observations, 32), nn.Tanh(), nn.Linear(32, 1))
        self.motions: dict[str, Tensor] = {}

    def compute(self, inputs: dict[str, Tensor], role: str = "") -> tuple[Tensor, dict[str, Any]]:
        """Logits, and the dictionary that skrl wants beside them."""
        if role == "discriminator" and inputs["observations"].requires_grad:  # of its three batches, the motions'
            self.motions = inputs
        return self.net(inputs["observations"]), {}


class PenalisedAMP(AMP):
    """AMP whose discriminator has any penalty: ``gpreg.penalty("pd", rho="skrl=5", outputs=lambda out: out[0])``."""

    def __init__(self, penalty: Penalty, **settings: Any) -> None:
        super().__init__(**settings)
        self.penalty = penalty
        self.cfg.discriminator_gradient_penalty_scale = 0.0  # skrl's own
        scale = self.scaler.scale  # which skrl gives its whole loss
        self.scaler.scale = lambda loss: scale(loss + self.cfg.discriminator_loss_scale * self.gradient_penalty())

    def gradient_penalty(self) -> Tensor:
        """At the reference motions of this update, in the coordinates that the discriminator sees."""
        value: Tensor = self.penalty(self.discriminator, self.discriminator.motions)
        return value
