"""Right penalties between real and fake samples, in the styles in which people write them."""

import torch
from torch import autograd, nn


def by_the_paper(critic, real, fake, lambda_gp=10.0):
    alpha = torch.rand(real.size(0), *[1] * (real.dim() - 1), device=real.device)
    mixed = (alpha * real.detach() + (1 - alpha) * fake.detach()).requires_grad_(True)
    (gradient,) = autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    return lambda_gp * ((gradient.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def with_column_of_ones(D, real_samples, fake_samples):
    real_samples, fake_samples = real_samples.data, fake_samples.data
    alpha = torch.rand((real_samples.size(0), 1, 1, 1))
    interpolates = (alpha * real_samples + (1 - alpha) * fake_samples).requires_grad_(True)
    d_interpolates = D(interpolates)
    ones = torch.autograd.Variable(torch.ones(real_samples.shape[0], 1), requires_grad=False)
    gradients = autograd.grad(
        outputs=d_interpolates,
        inputs=interpolates,
        grad_outputs=ones,
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


def expanded_weights(netD, real_data, fake_data, device="cuda", LAMBDA=0.1):
    n = real_data.shape[0]
    weights = torch.rand(n, 1, device=device)
    weights = weights.expand(n, real_data.nelement() // n).contiguous().view(real_data.shape)
    points = weights * real_data + (1 - weights) * fake_data.detach()
    points = points.to(device).requires_grad_(True)
    out = netD(points)
    grad = autograd.grad(out, points, torch.ones(out.size(), device=device), create_graph=True, retain_graph=True)[0]
    grad = grad.reshape(n, -1)
    return ((grad.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA


def root_with_epsilon(real, fake, discriminator, gp_weight=5.0):
    with torch.no_grad():
        t = torch.rand(len(real)).view(-1, *(1 for _ in real.shape[1:]))
        x = torch.lerp(fake, real, t.to(real))
    x.requires_grad_()
    grad = autograd.grad(discriminator(x).mean(), x, create_graph=True)[0] * len(x)
    norms = torch.sqrt(torch.sum(grad.view(len(x), -1) ** 2, dim=1) + 1e-12)
    return gp_weight * torch.mean((norms - 1.0) ** 2)


def constant_added(netD, real_data, fake_data, device, mode="mixed", constant=1.0, lambda_gp=10.0):
    alpha = torch.rand(real_data.shape[0], 1, device=device)
    alpha = alpha.expand(real_data.shape[0], real_data.nelement() // real_data.shape[0])
    x = alpha.contiguous().view(*real_data.shape) * real_data + (1 - alpha.reshape(real_data.shape)) * fake_data
    x = x.detach().requires_grad_(True)
    y = netD(x)
    gradients = torch.autograd.grad(
        outputs=y, inputs=x, grad_outputs=torch.ones(y.size()).to(device), create_graph=True, retain_graph=True
    )
    flat = gradients[0].view(real_data.size(0), -1)
    return (((flat + 1e-16).norm(2, dim=1) - constant) ** 2).mean() * lambda_gp, gradients


def lipschitz(critic, x_real, x_fake, lambda_lp=10.0):
    eps = torch.rand_like(x_real[:, :1, ...].flatten(1)[:, 0]).view(-1, *[1] * (x_real.ndim - 1))
    x = (x_real + eps * (x_fake - x_real)).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    excess = torch.clamp(torch.linalg.vector_norm(g.flatten(1), dim=1) - 1, min=0)
    return lambda_lp * excess.pow(2).mean()


def zero_centred(critic, real, fake, lam=10.0):
    u = torch.rand(real.shape[0], *([1] * (real.ndim - 1)))
    x = torch.autograd.Variable(u * real.data + (1 - u) * fake.data, requires_grad=True)
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return lam * torch.einsum("bi,bi->b", g.flatten(1), g.flatten(1)).mean()


def divergence(critic, real, fake, k=2, p=6):
    u = torch.rand(real.shape[0], *([1] * (real.ndim - 1)))
    x = (u * real + (1 - u) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return k * (g.reshape(len(g), -1).pow(2).sum(1) ** (p / 2)).mean()


def half_way(critic, real, fake, gamma=2.0):
    x = (0.5 * (real + fake)).detach().requires_grad_()
    (g,) = autograd.grad(critic(x).sum(), x, create_graph=True)
    return {"penalty": gamma / 2 * g.square().flatten(1).sum(-1).mean(), "norm": g.norm()}


def half_centre(D, x, y, centre=0.5):
    a = torch.rand(x.shape[0], *([1] * (x.ndim - 1)))
    z = (a * x + (1 - a) * y).detach().requires_grad_()
    g = autograd.grad(D(z).sum(), z, create_graph=True)[0].flatten(1)
    return (g.norm(dim=1) - centre).square().mean()


class GradientPenalty(nn.Module):
    """A module with the critic handed to its forward."""

    def __init__(self, weight=10.0):
        super().__init__()
        self.weight = weight

    def forward(self, discriminator, real_images, fake_images):
        batch = real_images.size(0)
        t = torch.rand([batch] + [1] * (real_images.dim() - 1), device=real_images.device)
        points = (t * real_images + (1 - t) * fake_images).detach()
        points.requires_grad = True
        logits = discriminator(points)
        grads = torch.autograd.grad(outputs=logits.sum(), inputs=points, create_graph=True)[0]
        return self.weight * ((grads.reshape(batch, -1).norm(dim=1) - 1) ** 2).mean()


module = GradientPenalty()


def one_by_one(critic, real, fake):
    total = 0.0
    for r, f in zip(real, fake, strict=True):
        a = torch.rand(())
        x = (a * r + (1 - a) * f).detach()[None].requires_grad_()
        (g,) = autograd.grad(critic(x).sum(), x, create_graph=True)
        total = total + (g.norm() - 1) ** 2
    return 10 * total / len(real)


def vector_rows(discriminator, real_rows, fake_rows, pac=1, lambda_=10):
    alpha = torch.rand(real_rows.size(0) // pac, 1, 1)
    alpha = alpha.repeat(1, pac, real_rows.size(1)).view(-1, real_rows.size(1))
    rows = (alpha * real_rows + (1 - alpha) * fake_rows.detach()).requires_grad_()
    out = discriminator(rows)
    g = autograd.grad(out, rows, torch.ones(out.size()), create_graph=True)[0]
    return ((g.view(-1, pac * real_rows.size(1)).norm(2, dim=1) - 1) ** 2).mean() * lambda_


def own_generator(critic, real, fake, *, weight=10.0, generator=None):
    a = torch.rand(len(real), *[1] * (real.ndim - 1), generator=generator)
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return weight * (g.flatten(1).norm(dim=1) - 1).square().mean()


def of_letters(h, a, b):
    x = torch.lerp(b, a, torch.rand(len(a), *[1] * (a.ndim - 1), dtype=a.dtype).expand_as(a)).detach().requires_grad_()
    g = autograd.grad(h(x).sum(), x, create_graph=True)[0]
    return 3 * (g.flatten(1).norm(dim=1) - 1).square().mean()


def single_precision_only(D, *, reals, fakes):
    x = torch.lerp(fakes, reals, torch.rand(len(reals), 1, 1, 1).expand_as(reals)).detach().requires_grad_()
    D(x).sum().backward(create_graph=True, inputs=[x])
    return torch.nn.functional.mse_loss(x.grad.flatten(1).norm(dim=1), torch.ones(len(x)))


def shuffled_pairs(critic, real, fake):
    partner = fake.detach()[torch.randperm(len(fake))]
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * partner).requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * (g.flatten(1).norm(dim=1) - 1).square().mean()


def both_ways(critic, real, fake):
    a, total = torch.rand(len(real), *[1] * (real.ndim - 1)), 0.0
    for weight in (a, 1 - a):
        x = (weight * real + (1 - weight) * fake).detach().requires_grad_()
        g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
        total = total + 5 * (g.flatten(1).norm(dim=1) - 1).square().mean()
    return total


def steeper_than_five(critic, real, fake):
    a = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (a * real + (1 - a) * fake).detach().requires_grad_()
    g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return (g.flatten(1).norm(dim=1) - 5).clamp(min=0).square().mean()


EXPECTED = {
    "of_letters": ("wgan-gp", "one-centered", 6.0),
    "single_precision_only": ("wgan-gp", "one-centered", 2.0),
    "shuffled_pairs": ("wgan-gp", "one-centered", 20.0),
    "both_ways": ("wgan-gp", "one-centered", 20.0),
    "steeper_than_five": ("wgan-gp", "one-sided", 2.0),
    "by_the_paper": ("wgan-gp", "one-centered", 20.0),
    "with_column_of_ones": ("wgan-gp", "one-centered", 2.0),
    "expanded_weights": ("wgan-gp", "one-centered", 0.2),
    "root_with_epsilon": ("wgan-gp", "one-centered", 10.0),
    "constant_added": ("wgan-gp", "one-centered", 20.0),
    "lipschitz": ("wgan-gp", "one-sided", 20.0),
    "zero_centred": ("gp", "squared", 20.0),
    "divergence": ("wgan-gp", "power", 2.0),
    "half_way": ("mid", "squared", 2.0),
    "half_centre": ("wgan-gp", "one-centered", 2.0),
    "module": ("wgan-gp", "one-centered", 20.0),
    "one_by_one": ("wgan-gp", "one-centered", 20.0),
    "vector_rows": ("wgan-gp", "one-centered", 20.0),
    "own_generator": ("wgan-gp", "one-centered", 20.0),
}
