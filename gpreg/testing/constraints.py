"""Checks that every constraint must pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.critics.graph import leaves_of
from gpreg.errors import UsageError
from gpreg.interfaces import Constraint, SampleSpec, TermBatch
from gpreg.registry.kinds import CONSTRAINT
from gpreg.registry.registry import load_registry
from gpreg.testing.checks import Case, Check, expect
from gpreg.testing.randomness import global_randomness
from gpreg.testing.things import thing_checks

BATCH = 4
FEW, CLOSE = 1e-9, 1e-6


def small_network() -> nn.Module:
    """``(B, 2, 4, 4) -> (B, 1)``: a convolution, a transposed one and two linear layers."""
    convolutions = nn.Conv2d(2, 5, 3), nn.Tanh(), nn.ConvTranspose2d(5, 3, 2), nn.Tanh()
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(27, 6), nn.Tanh(), nn.Linear(6, 1))


@dataclass(frozen=True)
class ConstraintCase(Case):
    """A registered constraint with its options, on a network.

    Args:
        name: name of the constraint.
        options: its options.
        network: makes a network that takes samples ``(B, 2, 4, 4)``, from torch's global random state.
        holds: whether a network obeys, which only the constraint's author can tell; ``None``: not looked at.
    """

    kind = "constraint"
    network: Callable[[], nn.Module] = small_network
    holds: Callable[[nn.Module], object] | None = None

    def attached(self, seed: int = 0) -> nn.Module:
        """The network in float64 with the constraint attached, equal in each call with the same seed."""
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            network = self.network().double()
            self.build().attach(network)
        return network

    def trained(self) -> tuple[nn.Module, Constraint]:
        """The network after a step of an optimiser and the constraint, and that constraint, built anew."""
        network, constraint = self.attached(), self.build()
        _step(network)
        with torch.no_grad():
            constraint(network)
        return network, constraint


def _step(network: nn.Module) -> None:
    """Move every parameter far, as a step of an optimiser would."""
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=rng, dtype=parameter.dtype))


def _samples() -> Tensor:
    return torch.randn(BATCH, 2, 4, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def _tensors(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.named_parameters()}


def _terms(network: nn.Module, constraint: Constraint) -> Tensor:
    """The sum of what the constraint lets the network's player minimise; an empty sum without it."""
    x, fake = _samples(), _samples().flip(0) + 1
    total = x.new_zeros(())
    for term in constraint.terms.values():
        term.prepare(network, nn.Identity(), SampleSpec(shape=(2, 4, 4)))
        batch = TermBatch(
            step=0,
            real=x,
            fake=fake,
            latent=None,
            labels=None,
            fake_labels=None,
            d_real=network(x).flatten(),
            d_fake=network(fake).flatten(),
            critic=network,
            generator=None,
            rng=torch.Generator().manual_seed(3),
        )
        total = total + term(batch)
    return total


def is_as_its_spec_says(case: ConstraintCase) -> None:
    """By a parametrisation, which attaching adds, or by a projection, which moves weights: ``spec.by`` says which."""
    by = load_registry().get(CONSTRAINT, case.name).by
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        plain = case.network().double()
    network, constraint = case.attached(), case.build()
    _step(network)
    before = _tensors(network)
    with torch.no_grad():
        constraint(network)
    moved = any(not torch.equal(before[name], tensor) for name, tensor in network.named_parameters())
    added = plain.state_dict().keys() != network.state_dict().keys()
    expect(added or by == "projection", "is no parametrisation, though its spec says so: attaching adds nothing")
    expect(moved or by == "parametrisation", "is no projection, though its spec says so: it moves no weight")
    expect(not moved or by == "projection", "moves weights, which its spec does not say: by='projection'")


def holds_after_a_step(case: ConstraintCase) -> None:
    """After a step of the optimiser the network obeys; and what it computes is finite."""
    network, _ = case.trained()
    expect(bool(network(_samples()).isfinite().all()), "makes outputs that are not finite")
    expect(case.holds is None or case.holds(network), "does not hold after a step")


def projects_once(case: ConstraintCase) -> None:
    """A second projection moves no weight."""
    network, constraint = case.trained()
    once = _tensors(network)
    with torch.no_grad():
        constraint(network)
    for name, tensor in network.named_parameters():
        distance = float((tensor - once[name]).detach().abs().max())
        expect(distance <= FEW * (1 + float(once[name].abs().max())), f"moves {name} again, by {distance:.1e}")


def keeps_the_network_differentiable(case: ConstraintCase) -> None:
    """The squared gradient by the samples is differentiable again, and every gradient is the network's own: by its
    registered parameters, and finite. With the constraint's terms, each parameter has one.
    """
    network, constraint = case.trained()
    x = _samples().requires_grad_()
    outputs = network(x)
    known = {id(parameter) for parameter in network.parameters()} | {id(x)}
    strange = [leaf for leaf in leaves_of(outputs) if id(leaf) not in known]
    expect(not strange, "computes with a parameter that the network does not have, so that nothing trains or saves it")
    (slope,) = torch.autograd.grad(outputs.sum(), x, create_graph=True)
    minimised = _terms(network, constraint)
    torch.autograd.backward(slope.square().sum() + outputs.square().sum() + minimised)
    for name, parameter in network.named_parameters():
        expect(parameter.grad is not None, f"keeps {name} from having a gradient")
        expect(parameter.grad is None or parameter.grad.isfinite().all(), f"gives {name} a gradient that is not finite")
    second = x.detach().requires_grad_()
    along = torch.ones_like(second)

    def slope_along(step: Tensor) -> Tensor:
        at = second + step * along
        (own,) = torch.autograd.grad(network(at).sum(), at, create_graph=True)
        return (own * along).sum()

    step = torch.zeros((), dtype=torch.float64, requires_grad=True)
    expect(torch.autograd.gradcheck(slope_along, (step,), eps=1e-5, atol=CLOSE), "has a wrong second derivative")


def comes_back_from_a_checkpoint(case: ConstraintCase) -> None:
    """A network built anew, with a constraint of its own, computes the same, bit for bit, with the same state; and so
    does it after another step.
    """
    network, constraint = case.trained()
    twin, other = case.attached(seed=7), case.build()
    other.load_state_dict(constraint.state_dict())
    twin.load_state_dict(network.state_dict())
    x = _samples()
    expect(torch.equal(network(x), twin(x)), "has a state that the network's does not contain")
    for own, of in ((network, constraint), (twin, other)):
        _step(own)
        with torch.no_grad():
            of(own)
    expect(torch.equal(network(x), twin(x)), "goes on otherwise from a saved state than without a pause")


def is_built_without_memory(case: ConstraintCase) -> None:
    """On the meta device the network has the same tensors; so a checkpoint is looked at before weights are made."""
    with torch.device("meta"):
        network = case.network().double()
        case.build().attach(network)
    expected = {name: tensor.shape for name, tensor in case.attached().state_dict().items()}
    found = {name: tensor.shape for name, tensor in network.state_dict().items()}
    expect(found == expected, "attaches other tensors on the meta device than on the CPU")


def is_determined_by_the_seed(case: ConstraintCase) -> None:
    """Attaching is determined by the seed of torch's global random numbers; after that, none is drawn."""
    first, second = case.attached().state_dict(), case.attached().state_dict()
    expect(all(torch.equal(first[name], second[name]) for name in first), "attaches other tensors with the same seed")
    network, constraint = case.trained()
    with global_randomness(3):
        network(_samples())
        with torch.no_grad():
            constraint(network)


def refuses_what_it_is_not_for(case: ConstraintCase) -> None:
    """A network without weights is accepted as it is, or refused by a UsageError, which names what to do."""
    try:
        case.build().attach(nn.Sequential(nn.Flatten(), nn.Tanh()))
    except UsageError as error:
        expect(error.remedy, "refuses a network without saying what to do instead")


def keeps_dtype_and_device(case: ConstraintCase) -> None:
    """A network in float32 stays so, after a step too, and on its device: the CPU, and CUDA if any."""
    for device in ("cpu", "cuda")[: 1 + torch.cuda.is_available()]:
        with torch.random.fork_rng([]):
            torch.manual_seed(0)
            network, constraint = case.network().to(device), case.build()
            constraint.attach(network)
        network.to(device)
        with torch.no_grad():
            constraint.to(device)(network)
        outputs = network(_samples().to(device, torch.float32))
        expect(outputs.dtype == torch.float32, f"makes {outputs.dtype} of samples in float32")
        for name, tensor in network.state_dict().items():
            expect(tensor.device.type == device, f"leaves {name} on {tensor.device}, and the network is on {device}")
            expect(tensor.dtype != torch.float64, f"has {name} in float64 in a network in float32")


CONSTRAINT_CHECKS = (
    is_as_its_spec_says,
    holds_after_a_step,
    projects_once,
    keeps_the_network_differentiable,
    comes_back_from_a_checkpoint,
    is_built_without_memory,
    is_determined_by_the_seed,
    refuses_what_it_is_not_for,
    keeps_dtype_and_device,
)


def constraint_checks(
    name: str,
    options: Mapping[str, Any] | None = None,
    *,
    network: Callable[[], nn.Module] = small_network,
    holds: Callable[[nn.Module], object] | None = None,
) -> list[Check]:
    """Every check of a registered constraint; the arguments are those of :class:`ConstraintCase`.

    >>> for check in constraint_checks("clipping", {"bound": 0.1}):
    ...     check()
    >>> print(check)
    clipping-keeps_dtype_and_device
    """
    case = ConstraintCase(name, options or {}, network, holds)
    return thing_checks(case.kind, name, options) + [Check(check, case) for check in CONSTRAINT_CHECKS]
