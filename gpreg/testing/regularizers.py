"""Checks that every regularizer must pass."""

import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.errors import UsageError
from gpreg.interfaces import Regularizer, SampleSpec, Term, TermBatch
from gpreg.penalties.autocast import at_least_float32
from gpreg.registry.kinds import REGULARIZER
from gpreg.registry.options import describe
from gpreg.registry.reference import options_of
from gpreg.registry.registry import load_registry
from gpreg.registry.specs import RegularizerSpec
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks

BATCH, LATENT, WIDTH, CLASSES = 6, 3, 8, 2
SAMPLES = (SampleSpec(shape=(2,)), SampleSpec(shape=(3, 16, 16), value_range=(-1.0, 1.0)))
"""What is tried: points, and images."""


class _Network(nn.Module):
    """A perceptron that takes labels, smooth, without normalisation; its outputs are between -1 and 1.

    Args:
        inputs: how many numbers a sample or code has.
        shape: shape of an output.
    """

    def __init__(self, inputs: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        outputs = math.prod(shape)
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(inputs, WIDTH), nn.Tanh(), nn.Linear(WIDTH, outputs))
        self.shift = nn.Parameter(torch.randn(CLASSES, outputs))
        self.shape = shape

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        outputs: Tensor = self.layers(x)
        return (outputs if labels is None else outputs + self.shift[labels]).tanh().view(-1, *self.shape)


@dataclass(frozen=True)
class Played:
    """Both networks, with the batches of one update of each player after the other."""

    critic: nn.Module
    generator: nn.Module
    spec: SampleSpec
    rng: torch.Generator

    def of(self, player: str) -> nn.Module:
        """The network of a player."""
        return self.critic if player == "critic" else self.generator

    def batch(self, player: str, step: int) -> TermBatch:
        """What a player's term sees in an update: as in training, ``fake`` has a graph in the generator's only."""
        numbers, like = torch.Generator().manual_seed(100 + step), next(self.critic.parameters())
        z = torch.randn(BATCH, LATENT, generator=numbers, dtype=torch.float64).to(like)
        real = torch.randn(BATCH, *self.spec.shape, generator=numbers, dtype=torch.float64).tanh().to(like)
        labels, fake_labels = (torch.arange(BATCH).add(i) % CLASSES if self.spec.classes else None for i in (0, 1))
        with torch.set_grad_enabled(player == "generator"):
            fake = self.generator(z, fake_labels)
        with torch.set_grad_enabled(player == "critic"):
            d_real = self.critic(real, labels)
        d_fake = self.critic(fake, fake_labels)
        return TermBatch(
            step=step,
            real=real,
            fake=fake,
            latent=z,
            labels=labels,
            fake_labels=fake_labels,
            d_real=at_least_float32(d_real),
            d_fake=at_least_float32(d_fake),
            critic=self.critic,
            generator=self.generator,
            rng=self.rng,
        )


@dataclass(frozen=True)
class RegularizerCase(Case):
    """A registered regularizer with its options, with labels or without."""

    kind = "regularizer"
    conditional: bool = False

    def __str__(self) -> str:
        return f"{self.name}{'-labels' * self.conditional}"

    @property
    def spec(self) -> RegularizerSpec:
        """The regularizer's spec."""
        return load_registry().get(REGULARIZER, self.name)

    def played(self, samples: SampleSpec | None = None, dtype: torch.dtype = torch.float64) -> Played:
        """Networks for samples, by default the first ones that the regularizer accepts."""
        if samples is None:
            samples = next((samples for samples in SAMPLES if self.refusal(samples) is None), SAMPLES[0])
        with torch.random.fork_rng([]):
            torch.manual_seed(0)
            critic = _Network(math.prod(samples.shape), ())
            generator = _Network(LATENT, samples.shape)
        spec = replace(samples, classes=CLASSES if self.conditional else None)
        return Played(critic.to(dtype), generator.to(dtype), spec, torch.Generator().manual_seed(1))

    def prepared(self, played: Played, **options: Any) -> dict[str, Term]:
        """The terms by player, built anew, prepared for the networks, in their precision."""
        built = load_registry().build(REGULARIZER, self.name, {**self.options, **options})
        for term in built.terms.values():
            term.prepare(played.critic, played.generator, played.spec)
            term.to(next(played.critic.parameters()).dtype)
        return {str(player): term for player, term in built.terms.items()}

    def refusal(self, samples: SampleSpec) -> UsageError | None:
        """The error with which the regularizer refuses samples; ``None`` if it accepts them."""
        try:
            self.prepared(self.played(samples))
        except UsageError as error:
            return error
        return None

    def each(self, dtype: torch.dtype = torch.float64) -> Iterator[tuple[str, Term, Played]]:
        """Each term with its player, and networks of its own."""
        for player in self.prepared(self.played(dtype=dtype)):
            played = self.played(dtype=dtype)
            yield player, self.prepared(played)[player], played


def builds_the_interface(case: RegularizerCase) -> None:
    """The factory builds a Regularizer with a term for each player that the spec names."""
    built = case.build()
    expect(isinstance(built, Regularizer), f"builds a {type(built).__name__}")
    players = {"both": {"critic", "generator"}}.get(case.spec.player, {case.spec.player})
    if not case.options:  # an option may choose another player
        expect(set(built.terms) == players, f"has terms of {sorted(built.terms)}; its spec says {case.spec.player!r}")


def refuses_what_it_cannot_use(case: RegularizerCase) -> None:
    """It accepts points or images, and refuses what it does not accept with an error that says what would be right."""
    refusals = [case.refusal(samples) for samples in SAMPLES]
    expect(None in refusals, f"accepts neither points nor images: {refusals[-1]}")
    silent = [error.message for error in refusals if error is not None and not error.remedy]
    expect(not silent, f"refuses without a remedy: {', '.join(silent)}")


def is_a_finite_number(case: RegularizerCase) -> None:
    """The value is a scalar and finite, in three updates one after the other."""
    for player, term, played in case.each():
        for step in range(3):
            value = term(played.batch(player, step))
            expect(isinstance(value, Tensor) and value.shape == (), f"of the {player} returns no scalar")
            expect(value.isfinite(), f"of the {player} is {float(value.detach())}")


def moves_its_player(case: RegularizerCase) -> None:
    """A gradient reaches the player's parameters, finite; that of a critic's term does not reach the generator."""
    for player, term, played in case.each():
        value = term(played.batch(player, 0)) + term(played.batch(player, 1))
        expect(value.requires_grad, f"of the {player} carries no gradient")
        value.backward()
        reached = [parameter.grad for parameter in played.of(player).parameters() if parameter.grad is not None]
        expect(any(grad.any() for grad in reached), f"of the {player} does not move it")
        expect(all(grad.isfinite().all() for grad in reached), f"of the {player} has a gradient that is not finite")
        leaked = [name for name, p in played.generator.named_parameters() if p.grad is not None]
        expect(player == "generator" or not leaked, f"of the critic sends a gradient to the generator's {leaked}")


def leaves_the_networks_alone(case: RegularizerCase) -> None:
    """Parameters, buffers, modes and hooks of both networks are what they were, and so are the batches."""
    for player, term, played in case.each():
        before = [deepcopy(network.state_dict()) for network in (played.critic, played.generator)]
        batch = played.batch(player, 0)
        given = [tensor.detach().clone() for tensor in (batch.real, batch.fake, batch.latent)]
        term(batch)
        for network, state in zip((played.critic, played.generator), before, strict=True):
            same = all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
            expect(same, "changes the weights of a network")
            for module in network.modules():
                expect(module.training, "leaves a network in evaluation mode")
                expect(not module._forward_hooks and not module._forward_pre_hooks, "leaves a hook on a network")
        same = all(map(torch.equal, (batch.real, batch.fake, batch.latent), given))
        expect(same, "changes a batch in place")


def is_reproducible_from_its_generator(case: RegularizerCase) -> None:
    """The same random state gives the same values, whatever the global random states are, which are left alone."""
    found = []
    for seed in (1, 2):
        values = []
        for player, term, played in case.each():
            batches = [played.batch(player, step) for step in range(2)]
            with global_randomness(seed):
                values += [float(term(batch).detach()) for batch in batches]
        found.append(values)
    expect(found[0] == found[1], f"is {found[0]}, and again {found[1]} from the same random state")


def remembers_in_its_buffers(case: RegularizerCase) -> None:
    """After two updates a copy, and one that is built anew and has the state loaded, go on with the same value."""
    for player, term, played in case.each():
        for step in range(2):
            term(played.batch(player, step))
        restored = case.prepared(played)[player]
        restored.load_state_dict(term.state_dict())
        copied, state = deepcopy(term), played.rng.get_state()
        values = []
        for other in (term, copied, restored):
            played.rng.set_state(state)
            values.append(float(other(played.batch(player, 2)).detach()))
        expect(values[0] == values[1], f"of the {player} is {values[0]}, and a copy of it {values[1]}")
        expect(values[0] == values[2], f"of the {player} is {values[0]}, and {values[2]} after its state was restored")


def vanishes_without_weight(case: RegularizerCase) -> None:
    """If it has options ``weight`` or ``..._weight``: with all of them 0 it is 0."""
    names = [info.name for info in describe(options_of(case.spec, case.kind))]
    weights = {name: 0.0 for name in names if name == "weight" or name.endswith("_weight")}
    if weights:
        played = case.played()
        for player, term in case.prepared(played, **weights).items():
            values = [float(term(played.batch(player, step)).detach()) for step in range(2)]
            expect(not any(values), f"of the {player} is {values} with {', '.join(weights)} = 0")


def survives_half_precision(case: RegularizerCase) -> None:
    """Under autocast to bfloat16 the value is finite and in float32, and so is the gradient."""
    for player, term, played in case.each(torch.float32):
        with torch.autocast("cpu", torch.bfloat16):
            value = term(played.batch(player, 0)) + term(played.batch(player, 1))
        expect(value.dtype == torch.float32, f"of the {player} is in {value.dtype} under autocast")
        expect(value.isfinite(), f"of the {player} is {float(value.detach())} under autocast")
        value.backward()
        grads = [parameter.grad for parameter in played.of(player).parameters() if parameter.grad is not None]
        expect(all(grad.isfinite().all() for grad in grads), f"of the {player} has no finite gradient under autocast")


def keeps_dtype_and_device(case: RegularizerCase) -> None:
    """The value is in float32 for networks in float32, taken for those in float64, too, and on their device.

    That is the CPU, and CUDA if there is any.
    """
    for dtype in (torch.float32, torch.float64):
        for player, term, played in case.each(dtype):
            value = term(played.batch(player, 0))
            expect(
                value.dtype in (torch.float32, dtype), f"of the {player} is in {value.dtype} for networks in {dtype}"
            )
    if torch.cuda.is_available():
        for player in case.build().terms:
            played = case.played(dtype=torch.float32)
            on_cuda = replace(
                played, critic=played.critic.cuda(), generator=played.generator.cuda(), rng=torch.Generator("cuda")
            )
            term = case.prepared(on_cuda)[str(player)].cuda()
            device = term(on_cuda.batch(str(player), 0)).device
            expect(device.type == "cuda", f"of the {player} is on {device} for networks on CUDA")


REGULARIZER_CHECKS = (
    builds_the_interface,
    refuses_what_it_cannot_use,
    is_a_finite_number,
    moves_its_player,
    leaves_the_networks_alone,
    is_reproducible_from_its_generator,
    remembers_in_its_buffers,
    vanishes_without_weight,
    survives_half_precision,
    keeps_dtype_and_device,
)


def regularizer_checks(name: str, options: Mapping[str, Any] | None = None) -> list[Check]:
    """Every check of a registered regularizer, with and without labels, on points or, where it refuses these, images.

    >>> for check in regularizer_checks("drift"):
    ...     check()
    >>> print(check)
    drift-labels-keeps_dtype_and_device
    """
    cases = [RegularizerCase(name, options or {}, conditional) for conditional in (False, True)]
    own = [Check(check, case) for case in cases for check in REGULARIZER_CHECKS]
    return thing_checks(RegularizerCase.kind, name, options) + own
