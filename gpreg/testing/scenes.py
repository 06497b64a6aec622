"""Small games, of which every part is the kit's own: for checks of what judges a game."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from gpreg.interfaces import CheckContext, GANLoss, GradientForm, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.interfaces.finding import Point
from gpreg.objects import Pair, adopt
from gpreg.recipe import Choice, Recipe
from gpreg.recipe.settings import OptimizerSettings, PenaltySettings, ReportSettings, TrainingSettings
from gpreg.registry.registry import Registry, load_registry
from gpreg.runs.plan import Supply
from gpreg.training.setup import Setup, set_up

LATENT, WIDTH, BATCH = 2, 4, 64


class RealSamples(PenaltyMeasure):
    """mu = p_d."""

    def sample(self, batch: PenaltyBatch) -> PenaltySample:
        """The real samples."""
        return PenaltySample(points=batch.real, labels=batch.labels, at="real")


class SquaredNorm(GradientForm):
    """``|g|^2``."""

    quadratic = True

    def __call__(self, grad: Tensor) -> Tensor:
        """``(B, *x) -> (B,)``."""
        return grad.flatten(1).square().sum(1)


class Means(GANLoss):
    """Wasserstein's: the critic minimises ``D(x_g) - D(x_d)``, the generator ``-D(x_g)``."""

    def critic_loss(self, d_real: Tensor, d_fake: Tensor) -> Tensor:
        """``(B,)``."""
        return d_fake - d_real

    def generator_loss(self, d_fake: Tensor, d_real: Tensor | None = None) -> Tensor:
        """``(B,)``."""
        return -d_fake


class PlaneGenerator(nn.Module):
    """``(B, 2) -> (B, 2)``, smooth."""

    latent_dim: ClassVar[int] = LATENT

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(LATENT, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 2))

    def forward(self, z: Tensor) -> Tensor:
        """Generate."""
        samples: Tensor = self.layers(z)
        return samples


class PlaneCritic(nn.Module):
    """``(B, 2) -> (B, 1)``, smooth."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Judge."""
        outputs: Tensor = self.layers(x)
        return outputs


def points(n: int, seed: int) -> Tensor:
    """``(n, 2)``: points of a curved law in the plane."""
    first, second = torch.randn(2, n, generator=torch.Generator().manual_seed(seed))
    return torch.stack([first, 0.5 * first.square() + 0.1 * second], dim=1)


@dataclass(frozen=True)
class Scene:
    """Two networks at a point of parameter space, with batches, as a check of assumptions is given them.

    >>> scene = Scene("construction")
    >>> scene.context().batch.critic(torch.ones(3, 2)).tolist()
    [0.0, 0.0, 0.0]
    """

    point: Point

    def networks(self) -> tuple[nn.Module, nn.Module]:
        """Critic and generator, equal in each call; the critic is 0 everywhere but in training."""
        with torch.random.fork_rng([]), torch.no_grad():
            torch.manual_seed(0)
            critic, generator = nn.Sequential(*PlaneCritic().layers, nn.Flatten(0)), PlaneGenerator()
            if self.point != "training":
                for parameter in critic[2].parameters():
                    parameter.zero_()
        return critic, generator

    def context(self) -> CheckContext:
        """What a check is called with: everything is made anew, so that calls share no state."""
        critic, generator = self.networks()

        def fresh(n: int, number: int) -> PenaltyBatch:
            rng = torch.Generator().manual_seed(7919 * number)
            z = torch.randn(n, LATENT, generator=rng)
            with torch.no_grad():
                fake = generator(z) if self.point == "training" else points(n, 2 * number + 1)
            return PenaltyBatch(
                real=points(n, 2 * number), fake=fake, latent=z, critic=critic, generator=generator, rng=rng
            )

        return CheckContext(
            measure=RealSamples(),
            form=SquaredNorm(),
            loss=Means(),
            batch=fresh(BATCH, 0),
            second_batch=fresh(BATCH, 1),
            point=self.point,
            fresh=fresh,
        )


def small_recipe(registry: Registry | None = None) -> tuple[Registry, Recipe]:
    """A recipe of which every part is the kit's own, and the registry that has them.

    Args:
        registry: the plugins that its choices may be changed to; by default the active registry.
    """
    things = {
        "measure": RealSamples,
        "form": SquaredNorm,
        "loss": Means,
        "architecture": Pair(PlaneGenerator, PlaneCritic),
        "dataset": points(4 * BATCH, 0),
    }
    registry, names = adopt(registry or load_registry(), things)
    adam = OptimizerSettings(name="Adam", arguments={"lr": 1e-3, "betas": (0.0, 0.9)})
    recipe = Recipe(
        measure=Choice(name=names["measure"]),
        form=Choice(name=names["form"]),
        loss=Choice(name=names["loss"]),
        architecture=Choice(name=names["architecture"]),
        dataset=Choice(name=names["dataset"]),
        penalty=PenaltySettings(rho=1.0),
        training=TrainingSettings(steps=10, batch_size=BATCH),
        critic_optimizer=adam,
        generator_optimizer=adam,
        report=ReportSettings(check_samples=BATCH, gap_samples=0),
    )
    return registry, recipe


def small_setup() -> Setup:
    """Everything that a run would train with: two networks on points in the plane, on the CPU.

    >>> setup = small_setup()
    >>> setup.spec.shape, setup.recipe.training.batch_size
    ((2,), 64)
    """
    registry, recipe = small_recipe()
    with torch.random.fork_rng([]):
        return set_up(Supply(registry=registry).plan(recipe))
