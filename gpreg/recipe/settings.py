"""The settings tables of a recipe, one frozen dataclass each, with bounds and help for every key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gpreg.registry import coefficient
from gpreg.registry.options import option

COUNT = 10**9
"""Most iterations or ticks: in file names their numbers have nine digits."""

SAMPLES = 10**8
"""Most samples at once: more points of the plane than fit into any machine's memory."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A plugin by name, with its options.

    Attributes:
        name: e.g. ``"mid"``.
        options: values by name, as TOML writes them; options left out have the plugin's defaults.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


def is_choice(value: object) -> bool:
    """Whether a value says which plugin is meant: by its name, as a :class:`Choice`, or as a table with a name."""
    return isinstance(value, str | Choice) or (isinstance(value, Mapping) and "name" in value)


@dataclass(frozen=True, kw_only=True)
class PenaltySettings:
    """The coefficient, and how the gradient is taken."""

    rho: float | Literal["auto"] = option(
        20.0,
        ge=0,
        read=coefficient.read,
        help="coefficient of (rho/2) E_mu[form(grad D)]; 20 is lambda=10, which may be written instead (`gpreg rho`); "
        "auto: what an advisor chooses, of gpreg-theory the best one of the linearised game",
    )
    rho_trace: float | None = option(
        None,
        gt=0,
        help="what rho = auto of gpreg-theory makes of rho * trace Q; none: the best rho of the linearised game",
    )
    retune_ticks: int = option(0, ge=0, le=COUNT, help="ticks between two choices of rho = auto; 0: at the start only")
    estimator: str = option(
        "exact",
        choices=("exact", "finite-difference", "noise"),
        help="double backward, or central or one-sided differences of the critic's values",
    )
    directions: int | None = option(
        None,
        ge=1,
        le=COUNT,
        help="random directions a point; none: noise takes 1, finite-difference the gradient's own",
    )
    sigma: float | None = option(
        None, gt=0, le=1e30, help="of the estimator noise: its standard deviation, as samples are scaled; none: 0.01"
    )
    every: int = option(1, ge=1, le=COUNT, help="take the penalty in each such critic step only, with this weight")
    of: str = option("logit", choices=("logit", "sigmoid"), help="which of the critic's outputs is differentiated")
    allow_batch_coupling: bool = option(False, help="accept a critic with batch normalisation")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The game: how long, how much at once, who moves when."""

    steps: int = option(10_000, ge=1, le=COUNT, help="generator iterations")
    batch_size: int = option(64, ge=1, le=SAMPLES, help="real samples a critic step, of each process")
    generator_batch_size: int | None = option(
        None, ge=1, le=SAMPLES, help="fake samples a generator step; none: batch_size"
    )
    critic_steps: int = option(1, ge=1, le=10**6, help="critic updates before each generator update")
    update: str = option(
        "alternating", choices=("alternating", "simultaneous"), help="whether the generator sees the critic's update"
    )
    critic_fakes: str = option(
        "each", choices=("each", "together"), help="one generator call a critic step, or one for all of them"
    )
    generator_reals: str = option(
        "critic",
        choices=("critic", "own"),
        help="real samples of a generator step, where loss or labels look at them: the critic's last, or new ones",
    )
    accumulate: int = option(
        1, ge=1, le=SAMPLES, help="parts that a batch is computed in, one after the other, to save memory"
    )
    conditional: bool = option(False, help="give both networks the class labels")
    fake_labels: str = option(
        "uniform",
        choices=("uniform", "frequency", "batch"),
        help="labels of the generator's step and of samples: uniform, as often as in the data, or the real batch's own",
    )
    noise: float = option(0.0, ge=0, le=1e30, help="width of the uniform noise U(0, noise) added to real samples")
    seed: int = option(0, ge=0, lt=2**128, help="fixes every random number of the run")


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """One player's optimiser: any class of ``torch.optim`` by name, or ``RMSpropTF``, and its arguments.

    Attributes:
        name: e.g. ``"Adam"``.
        arguments: keyword arguments of the class, such as ``lr``.
    """

    name: str = "Adam"
    arguments: Mapping[str, Any] = field(default_factory=lambda: {"lr": 1e-4, "betas": (0.5, 0.9)})


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """How both learning rates, the coefficient and Adam's second beta change from the first step to the last."""

    name: str = option("constant", choices=("constant", "linear", "cosine"), help="shape of the way to the final value")
    final: float = option(0.0, ge=0, le=1, help="learning rate at the horizon, as a share of the first")
    rho_final: float = option(1.0, ge=0, help="rho at the horizon, as a share of the first")
    beta2_final: float | None = option(
        None, ge=0, lt=1, help="the second beta of Adam and its like at the horizon; none: it stays"
    )
    warmup: int = option(
        0,
        ge=0,
        le=COUNT,
        help="generator iterations over which both learning rates grow from 0 to what they are without; 0: none",
    )
    horizon: int | None = option(None, ge=1, le=COUNT, help="generator iterations until then; none: all of the run")
    restarts: tuple[int, ...] = option(
        (),
        ge=1,
        le=COUNT,
        help="iterations at which it begins anew, each time towards the next one; for runs that were extended",
    )


@dataclass(frozen=True, kw_only=True)
class AverageSettings:
    """The exponential moving average of the generator."""

    halflife_kimg: float = option(
        0.0, ge=0, help="thousands of generated images after which a weight counts half; 0: no average"
    )
    warmup_kimg: float = option(
        0.0, ge=0, help="thousands of generated images over which the half-life grows from 0 to its value; 0: none"
    )
    warmup: str = option("linear", choices=("linear", "cosine"), help="shape of the half-life's way there")
    buffers: bool = option(True, help="average batch-norm statistics too; false: copy them")


@dataclass(frozen=True, kw_only=True)
class ComputeSettings:
    """Device, precision and similar settings of the computation."""

    device: str = option("auto", help="auto, cpu, cuda, cuda:1, mps; auto: CUDA when present, else the CPU")
    precision: str = option(
        "fp32", choices=("fp32", "tf32", "bf16", "fp16"), help="of matrix products and convolutions"
    )
    threads: int | None = option(
        None,
        ge=1,
        le=1024,
        help="CPU threads of one operation; none: torch's own choice; tiny networks are fastest with 1",
    )
    compile: bool = option(False, help="compile the critic's objective to one graph, checked against eager's")
    channels_last: bool = option(False, help="keep images with their channels innermost")
    fused: bool = option(True, help="use torch's fused optimiser where it has one for the device")
    timeout_minutes: float = option(
        10.0, gt=0, le=10_000, help="how long a process waits for one that does not answer before the run ends"
    )


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """How often statistics, pictures and scores are taken. Between ticks nothing is read back from the device."""

    tick: int = option(100, ge=1, le=COUNT, help="generator iterations between two lines of statistics")
    picture_ticks: int = option(10, ge=0, le=COUNT, help="ticks between two pictures; 0: none but the last")
    checkpoint_ticks: int = option(10, ge=0, le=COUNT, help="ticks between two checkpoints; 0: none but the last")
    score_ticks: int = option(10, ge=0, le=COUNT, help="ticks between two scores; 0: none but the last")
    score_samples: int = option(10_000, ge=2, le=SAMPLES, help="generated samples that a score is taken of")
    gap_samples: int = option(
        1_000, ge=0, le=SAMPLES, help="training and held-out samples for the critic's gap; 0: do not look"
    )
    check_samples: int = option(
        512,
        ge=0,
        le=10**7,
        help="samples that gpreg-theory checks the theorem's assumptions on at the start; 0: only what is declared",
    )
    check_ticks: int = option(
        0,
        ge=0,
        le=COUNT,
        help="ticks between two checks by advisors, of the theorem's assumptions by gpreg-theory; 0: at the start only",
    )
