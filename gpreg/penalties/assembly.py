"""Build a penalty or a loss for the user's own training loop, from names, classes or instances."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal

from gpreg.critics.layout import Wrt
from gpreg.critics.outputs import Outputs
from gpreg.errors import OptionError, UsageError, did_you_mean
from gpreg.interfaces import GANLoss, GradientForm, PenaltyMeasure
from gpreg.interfaces.contract import broken_promise
from gpreg.penalties.adaptation import Adaptation
from gpreg.penalties.estimators import Estimator, Exact, FiniteDifference
from gpreg.penalties.noise import Noise
from gpreg.penalties.penalty import Penalty
from gpreg.registry.interface import interface_of
from gpreg.registry.kinds import FORM, LOSS, MEASURE, I_co, Kind
from gpreg.registry.registry import Options, load_registry

_ESTIMATORS: dict[str, type[Exact | FiniteDifference | Noise]] = {
    "exact": Exact,
    "finite-difference": FiniteDifference,
    "noise": Noise,
}

_DEFAULT_FORM = "squared"
"""The form of a measure that is given as a class or instance, which has no spec with a default form."""


def penalty(
    measure: str | PenaltyMeasure | type[PenaltyMeasure],
    *,
    rho: float | str = 20.0,
    form: str | GradientForm | type[GradientForm] | None = None,
    estimator: str | Estimator = "exact",
    measure_options: Options = None,
    form_options: Options = None,
    estimator_options: Mapping[str, Any] | None = None,
    every: int = 1,
    of: Literal["logit", "sigmoid"] = "logit",
    allow_batch_coupling: bool = False,
    check_values: Literal["auto", "always", "first"] = "auto",
    seed: int | None = None,
    wrt: Wrt | None = None,
    scale: Any = None,
    outputs: Outputs | None = None,
    pack: int = 1,
) -> Penalty:
    """Build a penalty for your own training loop::

        penalty = gpreg.penalty("mid", rho=20.0)
        loss = critic_loss + penalty(critic, real, fake)

    Args:
        measure: a name from ``gpreg list-measures``, or a measure's class or instance.
        rho: the coefficient in normal form, ``(rho/2) E[...]``: 20 is what WGAN-GP and 0-GP write as lambda = 10. Also
            text in any convention of ``gpreg rho``: ``"lambda=10"``, ``"R3GAN=150"``, ``"aR1=100,0.1"``.
        form: a name from ``gpreg list-forms``, or a form's class or instance; by default the form in the measure's
            spec, and ``"squared"`` if the measure is given as a class or instance.
        estimator: ``"exact"``, ``"finite-difference"``, ``"noise"``, or an :class:`Estimator`.
        measure_options, form_options: options as shown by ``gpreg show``; for a class its keyword arguments, or the
            only argument of its constructor. An instance takes none.
        estimator_options: arguments of a named estimator, such as ``{"sigma": 0.1}`` of :class:`Noise`.
        every, of, allow_batch_coupling, check_values, seed: as in :class:`Penalty`.
        wrt: paths of the leaves that are differentiated, such as ``"obs.policy"`` or ``0``, if samples are nests; by
            default all floating ones. The norm is joint.
        scale: the unit of each coordinate: the gradient is taken by u, where x = scale * u. A number, a tensor
            ``(*x)``, or a mapping from a leaf's path to one.
        outputs: how the critic's outputs become one number a sample: ``"sum"``, ``"mean"`` (maps, lists of maps), or a
            function from what the critic returns to ``(B,)``.
        pack: number of rows that the critic judges at once (PacGAN); they are one sample, with one norm.

    Raises:
        UnknownNameError, OptionError: there is no such measure, form or estimator, or it has no such option.
        UsageError: the measure or form is neither a name nor implements its interface.
        PluginError: the plugin that supplies the measure or form is at fault.

    >>> def critic(x):
    ...     return 2 * x[:, 0]  # its gradient has norm 2 everywhere
    >>> real, fake = torch.zeros(4, 2), torch.ones(4, 2)
    >>> penalty("wgan-gp", rho=20.0)(critic, real, fake)  # (20 / 2) * (2 - 1)^2
    tensor(10.)
    """
    origin = ""
    if isinstance(measure, str):
        spec = load_registry().get(MEASURE, measure)
        origin, form = f"{measure!r} of {spec.package} {spec.version}".rstrip(), form or spec.form
    return Penalty(
        part(MEASURE, measure, measure_options),
        part(FORM, _DEFAULT_FORM if form is None else form, form_options),
        rho=rho,
        estimator=_estimator(estimator, estimator_options or {}),
        every=every,
        of=of,
        allow_batch_coupling=allow_batch_coupling,
        check_values=check_values,
        seed=seed,
        origin=origin,
        adaptation=Adaptation(wrt=wrt, scale=scale, outputs=outputs, pack=pack),
    )


def loss(loss: str | GANLoss | type[GANLoss], **options: Any) -> GANLoss:
    """Build the losses of both players for your own training loop::

        loss = gpreg.loss("hinge")
        critic_loss = loss.critic_loss(d_real, d_fake).mean() + penalty(critic, real, fake)
        generator_loss = loss.generator_loss(d_fake).mean()

    Args:
        loss: a name from ``gpreg list-losses``, or a loss's class or instance.
        options: options as shown by ``gpreg show loss NAME``; for a class its keyword arguments.

    Raises:
        UnknownNameError, OptionError: there is no such loss, or it has no such option.
        UsageError: ``loss`` is neither a name nor a loss.
        PluginError: the plugin that supplies the loss is at fault.

    >>> loss("hinge").critic_loss(torch.tensor([2.0]), torch.tensor([0.5]))  # max(0, 1 - 2) + max(0, 1 + 0.5)
    tensor([1.5000])
    """
    return part(LOSS, loss, options)


def part(kind: Kind[Any, I_co], given: Any, options: Options = None) -> I_co:
    """Build a measure, form or loss that is given by its name or class; an instance is returned as it is.

    Args:
        kind: the kind that is wanted, such as :data:`gpreg.registry.kinds.MEASURE`.
        given: a name, an instance or a class.
        options: options for a name or a class; an instance takes none.

    Raises:
        UnknownNameError, OptionError: there is no such name or option, or options are given for an instance.
        UsageError: ``given`` is neither a name nor implements the interface of the kind.
        PluginError: the plugin that supplies the name is at fault.
    """
    if isinstance(given, str):
        return load_registry().build(kind, given, options)
    built, interface = given, interface_of(kind)
    if isinstance(given, type) and issubclass(given, interface):
        built = built(**options) if isinstance(options, Mapping) else built() if options is None else built(options)
    elif options:
        raise OptionError(
            f"options are given for a {kind} that is built already, a {type(given).__name__}",
            remedy=f"give them when you build it, or give its class or its name as the {kind}",
        )
    if not isinstance(built, interface):
        came = f"the class {given.__name__}" if isinstance(given, type) else f"a {type(given).__name__}"
        raise UsageError(
            f"the {kind} is {came}; it must be a name, or a gpreg.interfaces.{interface.__name__} or a class of such",
            remedy=f"`{kind.listing}` lists the names",
        )
    if problem := broken_promise(built):
        raise UsageError(f"the {kind} {type(built).__name__} {problem}")
    return built


def _estimator(estimator: str | Estimator, options: Mapping[str, Any]) -> Estimator:
    if isinstance(estimator, Estimator):
        if options:
            raise OptionError(
                f"options are given for an estimator that is built already, {estimator}",
                remedy="give them when you build it, or give its name as the estimator",
            )
        return estimator
    if estimator not in _ESTIMATORS:
        known = ", ".join(_ESTIMATORS)
        raise UsageError(
            f"there is no estimator {estimator!r}{did_you_mean(estimator, _ESTIMATORS)}; known are {known}"
        )
    names = [field.name for field in fields(_ESTIMATORS[estimator])]
    for name in options:
        if name not in names:
            raise OptionError(
                f"the estimator {estimator!r} has no option {name!r}{did_you_mean(name, names)} "
                f"(it has {', '.join(names) or 'none'})"
            )
    return _ESTIMATORS[estimator](**options)
