"""Try the networks that an architecture builds before a run begins, and refuse those that do not work.

Each network is run once on two samples, in evaluation mode; random states and buffers are restored afterwards.
"""

from collections.abc import Callable
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from gpreg.critics.calls import critic_outputs, evaluating, preserved_buffers
from gpreg.errors import GpregError, PluginError
from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg.interfaces.plain import PlainGenerator, code_shapes
from gpreg.registry.place import raised_at, source_of
from gpreg.registry.wording import reason_of

_TRIED = 2
"""How many samples a network is tried on: more than one, since it may normalise over the batch."""

_REMEDY = "an architecture that cannot be built for such samples raises gpreg.errors.UsageError, and says what it can"

_CODES_REMEDY = (
    "codes are (B, z); give the generator an attribute latent_dim = z where that cannot be read off its first layer"
)


def adopted(architecture: Architecture, spec: SampleSpec, *, owner: str) -> tuple[Generator, nn.Module]:
    """Build generator and critic for samples of one kind, and try them. Both may be plain modules.

    Args:
        architecture: the architecture that builds the networks.
        spec: the kind of samples.
        owner: what errors call the architecture.

    Raises:
        UsageError: the architecture refuses such samples.
        PluginError: a network is no module, fails, returns a wrong shape or NaN, or has no trainable parameters.
    """
    built, critic = architecture.generator(spec), architecture.critic(spec)
    for name, network in (("generator", built), ("critic", critic)):
        if not isinstance(network, nn.Module):
            raise PluginError(
                f"the {name} of {owner} is a {type(network).__name__}; it must be a torch.nn.Module",
                remedy=f"return a module from {name}(spec)",
            )
    generator, samples = _generator(built, architecture, spec, owner)
    _look_at_critic(critic, samples, spec, owner)
    for name, network in (("generator", built), ("critic", critic)):
        if not any(parameter.requires_grad for parameter in network.parameters()):
            raise PluginError(
                f"the {name} of {owner.removesuffix(',')}, a {type(network).__name__}, has no parameters to train",
                remedy="give it parameters that require a gradient: layers that are attributes of the module",
            )
    return generator, critic


def _generator(built: nn.Module, architecture: Architecture, spec: SampleSpec, owner: str) -> tuple[Generator, Tensor]:
    """The generator, and the samples that it makes of two codes."""
    declared = getattr(built, "latent_dim", getattr(architecture, "latent_dim", None))
    shapes = list(code_shapes(built, declared))
    if not isinstance(built, Generator):
        candidates: list[Generator] = [PlainGenerator(built, shape) for shape in shapes]
    elif declared is not None or shapes:
        if getattr(built, "latent_dim", None) is None:
            built.latent_dim = declared or shapes[0][0]
        candidates = [built]
    else:
        candidates = []
    if not candidates:
        raise PluginError(
            f"the generator of {owner.removesuffix(',')}, a {type(built).__name__}, does not say how long "
            "its codes are",
            remedy="give it an attribute latent_dim = Z, or derive it from gpreg.interfaces.Generator",
        )
    device = _device_of(built)
    failure: Exception | None = None
    for generator in candidates:
        try:
            codes = generator.draw_latent(_TRIED, torch.Generator().manual_seed(0)).to(device)
            samples = _look(generator, generator, codes, spec)
        except GpregError:
            raise
        except Exception as error:
            failure = failure or error
            continue
        _refuse_other_shapes(samples, spec, owner)
        return generator, samples
    assert failure is not None
    labels = "" if spec.classes is None else " and labels"
    raise PluginError(
        f"the generator of {owner} makes no samples of codes ({_TRIED}, {candidates[0].latent_dim}){labels}: "
        f"{_reason(failure, built)}",
        remedy=_remedy(failure, built, torch.float32, spec, otherwise=_CODES_REMEDY),
    ) from failure


def _refuse_other_shapes(samples: object, spec: SampleSpec, owner: str) -> None:
    expected = (_TRIED, *spec.shape)
    got = tuple(samples.shape) if isinstance(samples, Tensor) else f"a {type(samples).__name__}"
    if got != expected:
        square = isinstance(got, tuple) and got[:2] == expected[:2] and len(set(got[2:])) == 1 and len(got) == 4
        size = f"try -D size={got[2]} where the dataset has such an option; " if square else ""
        raise PluginError(
            f"the generator of {owner} makes {got} of {_TRIED} codes; samples like the data are {expected}",
            remedy=f"{size}{_REMEDY}",
        )
    assert isinstance(samples, Tensor)
    if not samples.is_floating_point():
        raise PluginError(f"the generator of {owner} makes samples of {samples.dtype}; they must be torch.float32")
    _refuse_what_is_not_finite("generator", samples, owner)


def _refuse_what_is_not_finite(name: str, outputs: Tensor, owner: str) -> None:
    if not outputs.is_meta and not bool(outputs.isfinite().all()):  # tensors on the meta device have no values
        raise PluginError(
            f"the {name} of {owner} makes NaN or infinity with its first weights",
            remedy="see how its weights are initialised",
        )


def _look_at_critic(critic: nn.Module, samples: Tensor, spec: SampleSpec, owner: str) -> None:
    def judge(*inputs: Tensor) -> Tensor:
        points = inputs[0].clone().requires_grad_()  # as the penalty gives it points, which must not change in place
        with torch.enable_grad():
            return critic_outputs(critic, points, inputs[1] if len(inputs) > 1 else None)

    shape = tuple(samples.shape)
    try:
        outputs = _look(critic, judge, samples, spec)
    except GpregError as error:
        raise PluginError(f"the critic of {owner} does not judge samples {shape}: {error.message}") from error
    except Exception as error:
        labels = "" if spec.classes is None else " with labels"
        raise PluginError(
            f"the critic of {owner} does not judge samples {shape}{labels}: {_reason(error, critic)}",
            remedy=_remedy(error, critic, samples.dtype, spec, otherwise=_REMEDY),
        ) from error
    _refuse_what_is_not_finite("critic", outputs, owner)
    if not outputs.requires_grad and not torch.is_inference_mode_enabled():
        raise PluginError(
            f"the critic of {owner} makes outputs that carry no gradient", remedy="detach nothing inside forward"
        )


@torch.no_grad()
def _look(network: nn.Module, function: Callable[..., Any], inputs: Tensor, spec: SampleSpec) -> Any:
    labels = () if spec.classes is None else (torch.arange(_TRIED, device=inputs.device) % spec.classes,)
    lazy = any(map(is_lazy, (*network.parameters(), *network.buffers())))
    with evaluating(network):
        if lazy:  # the first call makes the parameters, and so must not be undone
            function(inputs, *labels)
        with torch.random.fork_rng([]), preserved_buffers(network):
            return function(inputs, *labels)


def _device_of(network: nn.Module) -> torch.device:
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


def _reason(error: Exception, network: nn.Module) -> str:
    """What was raised, and the innermost line of the user's modules that raised it."""
    own = (source_of(module) for module in network.modules() if not type(module).__module__.startswith("torch."))
    at = next(filter(None, (raised_at(error, file) for file in own if file)), "")
    return reason_of(error) + (f" ({at})" if at else "")


def _remedy(
    error: Exception, network: nn.Module, given: torch.dtype, spec: SampleSpec, *, otherwise: str
) -> str | None:
    """What to do about an error of a network, which was given tensors of some type."""
    if given != torch.float32:
        return f"the generator makes samples of {given}, and those of the data are torch.float32: return x.float()"
    if "in-place" in str(error):
        return "a network leaves its input as it is: 2 * x for x.mul_(2), and no inplace=True in its first layer"
    if "dtype" in str(error):
        return "samples and codes are torch.float32, and so must be the parameters that they meet: MODULE.float()"
    if spec.classes is not None:
        return (
            f"with classes both networks are called with labels, forward(x, labels), of which there are {spec.classes} "
            "here; add --unconditional to train without"
        )
    if _binds(network, 2) and not _binds(network, 1):
        return "it needs labels, which networks get if training is conditional: add --conditional, with labelled data"
    return otherwise if isinstance(error, RuntimeError | ValueError | AssertionError) else None


def _binds(network: nn.Module, arguments: int) -> bool:
    """Whether a module's forward takes so many arguments by position."""
    try:
        signature(network.forward).bind(*range(arguments))
    except (TypeError, ValueError):
        return False
    return True
