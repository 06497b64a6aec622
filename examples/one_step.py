"""One real training step, critic and generator, with each installed penalty measure; run by ``make demo``.

    python examples/one_step.py

The networks are the WGAN-GP paper's for the plane, the data is the ring of eight Gaussians. Printed are the critic's
loss, the penalty, the mean length of the critic's gradient where the measure looks, and how far each network moved.
"""

import torch
from torch import Tensor, nn

import gpreg
from gpreg.interfaces import Data, GANLoss, Generator

BATCH = 256
COLUMNS = (
    f"{'measure':13} {'critic loss':>12} {'penalty':>9} {'|grad D|':>9} {'critic moved':>13} {'generator moved':>16}"
)


def step(measure: str, data: Data, loss: GANLoss) -> str:
    """One critic and one generator step from the same initial networks; returns a row of the table."""
    torch.manual_seed(0)
    architecture = gpreg.load_registry().build("architecture", "mlp")
    generator, critic = architecture.generator(data.spec), architecture.critic(data.spec)
    critic_optimiser = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.5, 0.9))
    generator_optimiser = torch.optim.Adam(generator.parameters(), lr=1e-4, betas=(0.5, 0.9))
    rng = torch.Generator().manual_seed(1)
    before = [flat(critic), flat(generator)]

    real, labels = data.take(BATCH, rng=rng)
    latent = generator.draw_latent(BATCH, rng)
    penalty = gpreg.penalty(measure, rho=20.0)
    objective = gpreg.CriticObjective(loss, penalty)
    fake = generate(generator, latent)
    terms = objective(critic, real, fake, latent=latent, labels=labels, generator=generator, rng=rng)
    terms.total.backward()
    critic_optimiser.step()
    penalty.measure.project(critic)

    generator_optimiser.zero_grad()
    d_fake = critic(generator(generator.draw_latent(BATCH, rng)))
    loss.generator_loss(d_fake, critic(real).detach()).mean().backward()
    generator_optimiser.step()

    length = f"{terms.terms.gradient_norms.mean():9.4f}" if terms.terms else f"{'-':>9}"
    moved = [(flat(net) - start).norm().item() for net, start in zip((critic, generator), before, strict=True)]
    row = f"{measure:13} {terms.loss.item():12.5f} {terms.penalty.item():9.4f} {length} "
    return row + f"{moved[0]:13.4f} {moved[1]:16.4f}"


def generate(generator: Generator, latent: Tensor) -> Tensor:
    """Fakes for the critic's step, without the generator's graph."""
    with torch.no_grad():
        fake: Tensor = generator(latent)
    return fake


def flat(network: nn.Module) -> Tensor:
    """All parameters as one vector."""
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()]).clone()


def main() -> None:
    """Print one row a measure."""
    registry = gpreg.load_registry()
    data = registry.build("dataset", "8gaussians").open()
    loss = registry.build("loss", "wasserstein")
    print(f"One step of mlp on 8gaussians, batch {BATCH}, wasserstein loss, rho = 20 (lambda = 10), Adam 1e-4")
    print(COLUMNS)
    for spec in registry.list("measure"):
        print(step(spec.name, data, loss))


if __name__ == "__main__":
    main()
