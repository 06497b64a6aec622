import pytest
import torch
from torch.autograd import gradcheck
from torch.func import functional_call

from gpreg.testing import LinearCritic, QuadraticCritic

OPTIONS = {"critic_weight": 2.0, "generator_weight": 3.0, "sigma": 0.1}
NOISE = {"augmentation": "noise", "augmentation_options": {"sigma": 0.2}}


def steps(seed, *size):
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("shape", [(2,), (1, 2, 3)])
def test_closed_forms(made, batch, draw, linear_generator, shape):
    critic, generator, z = LinearCritic(shape), linear_generator(4, shape), draw(5, 4)
    moved = (0.1 * steps(9, 5, 4)) @ generator.matrix
    given = {"latent": z, "fake": generator(z), "seed": 9}
    of_critic = made("latent-consistency", "critic", **OPTIONS)(batch(critic, generator, **given))
    torch.testing.assert_close(of_critic, 2 * (moved @ critic.weight.flatten()).square().mean())
    of_generator = made("latent-consistency", "generator", **OPTIONS)(batch(critic, generator, **given))
    torch.testing.assert_close(of_generator, -3 * moved.square().mean())


def test_the_generators_distance_does_not_depend_on_the_size(made, batch, draw, linear_generator):
    generator, z = linear_generator(4, (3,)), draw(5, 4)

    def repeated(z, labels=None):
        return generator(z).repeat(1, 7)

    term = made("latent-consistency", "generator", **OPTIONS)
    values = [term(batch(None, each, latent=z, fake=each(z))) for each in (generator, repeated)]
    torch.testing.assert_close(values[0], values[1])


def test_gradient_of_the_generator(made, batch, draw, linear_generator):
    generator, term = linear_generator(3, (2,)), made("latent-consistency", "generator", **OPTIONS)

    def value(matrix):
        def called(z, labels=None):
            return functional_call(generator, {"matrix": matrix}, (z,)).tanh()

        z = draw(4, 3)
        return term(batch(None, called, latent=z, fake=called(z)))

    assert gradcheck(value, (generator.matrix,))


def test_gradient_of_the_critic(made, batch, draw, linear_generator):
    generator, critic = linear_generator(3, (2,)), QuadraticCritic((2,))
    term, z = made("latent-consistency", "critic", **OPTIONS), draw(4, 3)

    def value(matrix):
        def called(x, labels=None):
            return functional_call(critic, {"matrix": matrix}, (x,))

        return term(batch(called, generator, latent=z, fake=generator(z).detach()))

    assert gradcheck(value, (critic.matrix,))


def test_the_critics_term_leaves_the_generators_statistics(made, batch, draw):
    generator = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).double()
    z, critic = draw(4, 3), LinearCritic((2,))
    before = generator[1].running_mean.clone()
    with torch.no_grad():
        fake = generator(z)
    after = generator[1].running_mean.clone()
    made("latent-consistency", "critic")(batch(critic, generator, latent=z, fake=fake))
    assert torch.equal(generator[1].running_mean, after)
    assert not torch.equal(after, before)


def test_labels(made, batch, draw, linear_generator):
    seen = []

    def generator(z, labels=None):
        seen.append(labels)
        return linear_generator(3, (2,))(z, labels)

    labels = torch.tensor([0, 1, 1, 0])
    for player in ("critic", "generator"):
        z = draw(4, 3)
        given = {"latent": z, "fake": generator(z, labels), "fake_labels": labels}
        made("latent-consistency", player)(batch(LinearCritic((2,)), generator, **given))
    assert all(each is labels for each in seen)
    assert len(seen) == 4


def test_both_together(made, batch, draw, linear_generator):
    critic, generator, z = QuadraticCritic((2,)), linear_generator(4, (2,)), draw(5, 4)
    given = {"latent": z, "fake": generator(z).detach(), "real": draw(5, 2, seed=1)}
    balanced = made("balanced-consistency", real_weight=2.0, fake_weight=3.0, **NOISE)
    latent = made("latent-consistency", "critic", **OPTIONS)
    together = made("improved-consistency", "critic", real_weight=2.0, fake_weight=3.0, **NOISE, **OPTIONS)
    shared = batch(critic, generator, **given)
    expected = balanced(shared) + latent(shared)
    torch.testing.assert_close(together(batch(critic, generator, **given)), expected)
    of_generator = (
        made("improved-consistency", "generator", **NOISE, **OPTIONS),
        made("latent-consistency", "generator", **OPTIONS),
    )
    values = [term(batch(critic, generator, **given)) for term in of_generator]
    assert values[0] == values[1]
