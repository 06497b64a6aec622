"""A penalty from names: the three-line use."""

from collections.abc import Mapping
from typing import Any, Literal, cast

from gpreg.errors import UsageError, did_you_mean
from gpreg.penalties.estimators import Estimator, Exact, FiniteDifference
from gpreg.penalties.penalty import Penalty
from gpreg.registry.registry import load_registry
from gpreg.registry.specs import MeasureSpec

_ESTIMATORS: dict[str, type[Exact | FiniteDifference]] = {"exact": Exact, "finite-difference": FiniteDifference}


def penalty(
    measure: str,
    *,
    rho: float = 20.0,
    form: str | None = None,
    estimator: str | Estimator = "exact",
    measure_options: Mapping[str, Any] | object | None = None,
    form_options: Mapping[str, Any] | object | None = None,
    every: int = 1,
    of: Literal["logit", "sigmoid"] = "logit",
    allow_batch_coupling: bool = False,
    check_values: Literal["auto", "always", "first"] = "auto",
    seed: int | None = None,
) -> Penalty:
    """A penalty by the names of its parts, for anybody's own training loop::

        penalty = gpreg.penalty("mid", rho=20.0)
        loss = critic_loss + penalty(critic, real, fake)

    Args:
        measure: a name from ``gpreg list-measures``.
        rho: the coefficient in normal form, ``(rho/2) E[...]``: 20 is what WGAN-GP and 0-GP write as lambda = 10.
        form: a name from ``gpreg list-forms``; by default the measure's own.
        estimator: ``"exact"``, ``"finite-difference"``, or an :class:`Estimator`.
        measure_options, form_options: as shown by ``gpreg show``.
        every, of, allow_batch_coupling, check_values, seed: as in :class:`Penalty`.

    Raises:
        UnknownNameError, OptionError: no such measure or form, or not such an option.
        PluginError: the plugin that supplies it is at fault.
    """
    registry = load_registry()
    spec = cast(MeasureSpec, registry.get("measure", measure))
    return Penalty(
        registry.build("measure", measure, measure_options),
        registry.build("form", form or spec.form, form_options),
        rho=rho,
        estimator=_estimator(estimator),
        every=every,
        of=of,
        allow_batch_coupling=allow_batch_coupling,
        check_values=check_values,
        seed=seed,
        origin=f"{measure!r} of {spec.package} {spec.version}",
    )


def _estimator(estimator: str | Estimator) -> Estimator:
    if isinstance(estimator, Estimator):
        return estimator
    if estimator not in _ESTIMATORS:
        known = ", ".join(_ESTIMATORS)
        raise UsageError(
            f"there is no estimator {estimator!r}{did_you_mean(estimator, _ESTIMATORS)}; known are {known}"
        )
    return _ESTIMATORS[estimator]()
