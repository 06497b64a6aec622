import torch
from torch import nn

import gpreg
from gpreg.penalties import Penalty


def linear_generator():
    """G(z) = A z with an invertible A, so that the best encoder is known: E(x) = A^-1 x."""
    generator = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        generator.weight.copy_(torch.tensor([[2.0, 0.5], [0.0, 1.0]]))
    return generator


def material(n=256, seed=0):
    rng = torch.Generator().manual_seed(seed)
    generator = linear_generator()
    latent = torch.randn(n, 2, generator=rng)
    real = generator(torch.randn(n, 2, generator=rng)).detach()
    return generator, latent, real


def prepared(options=None, shape=None) -> tuple[Penalty, dict]:
    generator, latent, real = material()
    penalty = gpreg.penalty("latent-path", measure_options=options)
    step = {"real": real, "fake": generator(latent), "latent": latent, "generator": generator}
    penalty.prepare(penalty.batch(nn.Linear(2, 1), **step))
    return penalty, step


def test_points_lie_on_the_generated_path():
    penalty, step = prepared()
    rng = torch.Generator().manual_seed(3)
    sample = penalty.draw(penalty.batch(nn.Linear(2, 1), **step, rng=rng))
    a = torch.rand(256, 1, generator=torch.Generator().manual_seed(3))
    codes = a * penalty.measure.encoder(step["real"]) + (1 - a) * step["latent"]
    torch.testing.assert_close(sample.points, step["generator"](codes))


def test_encoder_learns_to_invert_the_generator_from_its_own_loss_alone():
    penalty, step = prepared({"width": 32, "moments": 0.1})
    optimiser = torch.optim.Adam(penalty.parameters(), lr=1e-2)
    inverse = torch.linalg.inv(step["generator"].weight.detach())

    def error():
        codes = penalty.measure.encoder(step["real"])
        return (codes - step["real"] @ inverse.T).square().mean().item()

    before = error()
    for _ in range(200):
        optimiser.zero_grad()
        penalty.measure.auxiliary_loss(penalty.batch(nn.Linear(2, 1), **step)).backward()
        optimiser.step()
    assert error() < 0.05 * before
    assert all(p.grad is None for p in step["generator"].parameters())


def test_penalty_sends_no_gradient_to_the_encoder():
    penalty, step = prepared()
    critic = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    penalty(critic, **step).backward()
    assert all(p.grad is None for p in penalty.parameters())


def test_the_generators_running_statistics_are_left_alone():
    generator = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    latent = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
    fake = generator(latent).detach()
    before = {name: buffer.clone() for name, buffer in generator.named_buffers()}
    gpreg.penalty("latent-path")(nn.Linear(2, 1), fake + 1, fake, latent=latent, generator=generator)
    assert all(torch.equal(buffer, before[name]) for name, buffer in generator.named_buffers())


def test_encoder_for_images_and_its_seed():
    critic = nn.Sequential(nn.Flatten(), nn.Linear(3 * 9 * 7, 1))

    def generator(z):
        return z.sum(1).view(-1, 1, 1, 1).expand(-1, 3, 9, 7)

    latent = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    weights = []
    for seed in (0, 0, 1):
        torch.manual_seed(99)
        before = torch.get_rng_state()
        penalty = gpreg.penalty("latent-path", measure_options={"width": 4, "seed": seed})
        penalty(critic, torch.zeros(4, 3, 9, 7), generator(latent), latent=latent, generator=generator)
        assert torch.equal(torch.get_rng_state(), before)
        weights.append(torch.cat([p.flatten() for p in penalty.measure.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
