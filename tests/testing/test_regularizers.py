"""The kit of regularizers finds the defects that it is there for: one wrong regularizer for each check."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from fixtures.kits import outcomes

from gpreg import RegularizerSpec, option
from gpreg.errors import UsageError
from gpreg.interfaces import Term, TermPair
from gpreg.testing import regularizer_checks


class Right(Term):
    """A running mean, noise, a further forward pass: what regularizers are made of."""

    needs = frozenset({"d_real"})

    def __init__(self, options):
        super().__init__()
        self.weight = options.weight
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, batch):
        noise = torch.randn(batch.real.shape, generator=batch.rng, dtype=batch.real.dtype)
        other = batch.critic(batch.real + noise, *[] if batch.labels is None else [batch.labels]).float()
        self.mean.lerp_(batch.d_real.detach().mean().to(self.mean), 0.1)
        return self.weight * ((batch.d_real - other).square().mean() + (batch.d_real - self.mean).square().mean())


class Each(Right):
    def forward(self, batch):
        return batch.d_real


class Infinite(Right):
    def forward(self, batch):
        return batch.d_real.mean() / 0


class WithoutARemedy(Right):
    def prepare(self, critic, generator, spec):
        if len(spec.shape) == 1:
            raise UsageError("no")


class RefusesAll(Right):
    def prepare(self, critic, generator, spec):
        raise UsageError("nothing is right", remedy="give up")


class WithoutAGraph(Right):
    def forward(self, batch):
        return super().forward(batch).detach()


class Still(Right):
    def forward(self, batch):
        return super().forward(batch) * 0


class Leaks(Right):
    def forward(self, batch):
        labels = [] if batch.fake_labels is None else [batch.fake_labels]
        return self.weight * batch.critic(batch.generator(batch.latent, *labels), *labels).float().mean()


class Scales(Right):
    def forward(self, batch):
        with torch.no_grad():
            for parameter in batch.critic.parameters():
                parameter.mul_(1.01)
        return super().forward(batch)


class Evaluates(Right):
    def forward(self, batch):
        batch.critic.eval()
        return super().forward(batch)


class Hooks(Right):
    def forward(self, batch):
        batch.critic.layers[1].register_forward_hook(lambda *_: None)
        return super().forward(batch)


class MovesTheBatch(Right):
    def forward(self, batch):
        batch.real.add_(1)
        return super().forward(batch)


class UsesTheGlobalRandomState(Right):
    def forward(self, batch):
        return super().forward(batch) + 0 * torch.rand(())


class Forgets(Right):
    def __init__(self, options):
        super().__init__(options)
        self.calls = 0

    def forward(self, batch):
        self.calls += 1
        return super().forward(batch) * self.calls


class HasAnOffset(Right):
    def forward(self, batch):
        return super().forward(batch) + 1


class Half(Right):
    def forward(self, batch):
        value = super().forward(batch)
        return value.bfloat16() if batch.real.dtype == torch.float32 else value


class Double(Right):
    def forward(self, batch):
        return super().forward(batch).double()


class OfGenerator(Right):
    player = "generator"


@dataclass(frozen=True, kw_only=True)
class Weight:
    weight: float = option(1.0, help="weight")


class Samples(Right):
    def forward(self, batch):
        return self.weight * batch.fake.square().float().mean()


def pair(options):
    return TermPair(critic=Right(options), generator=Samples(options))


def failures(thing, player="critic"):
    spec = RegularizerSpec(name="subject", factory=thing, options=Weight, summary="under test", player=player)
    return set(outcomes("regularizer", spec, regularizer_checks))


@pytest.mark.parametrize(("thing", "player"), [(Right, "critic"), (pair, "both")])
def test_what_is_right_passes(thing, player):
    assert failures(thing, player) == set()


@pytest.mark.parametrize(
    ("thing", "check"),
    [
        (lambda options: SimpleNamespace(), "builds_the_interface"),
        (OfGenerator, "builds_the_interface"),
        (WithoutARemedy, "refuses_what_it_cannot_use"),
        (RefusesAll, "refuses_what_it_cannot_use"),
        (Each, "is_a_finite_number"),
        (Infinite, "is_a_finite_number"),
        (WithoutAGraph, "moves_its_player"),
        (Still, "moves_its_player"),
        (Leaks, "moves_its_player"),
        (Scales, "leaves_the_networks_alone"),
        (Evaluates, "leaves_the_networks_alone"),
        (Hooks, "leaves_the_networks_alone"),
        (MovesTheBatch, "leaves_the_networks_alone"),
        (UsesTheGlobalRandomState, "is_reproducible_from_its_generator"),
        (Forgets, "remembers_in_its_buffers"),
        (HasAnOffset, "vanishes_without_weight"),
        (Half, "survives_half_precision"),
        (Double, "keeps_dtype_and_device"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_is_wrong_is_found(thing, check):
    assert check in failures(thing)
