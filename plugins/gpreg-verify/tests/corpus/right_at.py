"""Right penalties at real and fake samples, and around them."""

import functools

import torch
from torch import autograd, nn
from torch.func import functional_call, grad, jacrev, vmap


def r1(d_out, x_in):
    batch = x_in.size(0)
    (g,) = autograd.grad(outputs=d_out.sum(), inputs=x_in, create_graph=True, retain_graph=True, only_inputs=True)
    return g.pow(2).reshape(batch, -1).sum(1).mean()


def r1_of_images(real_pred, real_img):
    (g,) = autograd.grad(outputs=real_pred.sum(), inputs=real_img, create_graph=True)
    return g.pow(2).view(g.shape[0], -1).sum(1).mean()


def r1_gamma(discriminator, real_images, r1_gamma=10.0):
    x = real_images.detach().requires_grad_(True)
    logits = discriminator(x)
    g = autograd.grad([logits.sum()], [x], create_graph=True, only_inputs=True)[0]
    return g.square().sum([1, 2, 3]) * (r1_gamma / 2)


def r1_of_given_inputs(critic, real):
    real.requires_grad_(True)
    scores = critic(real)
    g = torch.autograd.grad(scores, real, torch.ones_like(scores), create_graph=True)[0]
    return 0.5 * (g.flatten(1) ** 2).sum(dim=1).mean()


def zero_centred_r1_r2(real_logits, real, fake_logits, fake, gamma=1.0):
    def penalty(samples, critics):
        (g,) = autograd.grad(outputs=critics.sum(), inputs=samples, create_graph=True)
        return g.square().flatten(1).sum(1)

    return (gamma / 2 * (penalty(real, real_logits) + penalty(fake, fake_logits))).mean()


def r1_and_r2(D, real, fake, gamma=10.0):
    both = torch.cat([real, fake]).detach().requires_grad_()
    g = autograd.grad(D(both).sum(), both, create_graph=True)[0]
    r1, r2 = g.flatten(1).square().sum(1).chunk(2)
    return gamma / 2 * (r1.mean() + r2.mean())


def r2(net, fakes, weight=3.0):
    x = fakes.detach().clone().requires_grad_()
    g = autograd.grad(net(x).sum(), x, create_graph=True)[0]
    return weight * g.flatten(1).norm(dim=1).pow(2).mean()


def unequal(D, real, fake):
    def at(x):
        x = x.detach().requires_grad_()
        return autograd.grad(D(x).sum(), x, create_graph=True)[0].flatten(1).square().sum(1).mean()

    return 5.0 * at(real) + 1.0 * at(fake)


def by_vmap(critic, real, gamma=4.0):
    def single(x):
        return critic(x.unsqueeze(0)).squeeze()

    return gamma / 2 * vmap(grad(single))(real).flatten(1).square().sum(1).mean()


def by_functional_call(critic, real):
    parameters = dict(critic.named_parameters())
    g = grad(lambda x: functional_call(critic, parameters, (x,)).sum())(real)
    return g.flatten(1).square().sum(1).mean()


def by_jacrev(critic, real):
    g = jacrev(lambda x: critic(x).sum())(real)
    return g.square().sum() / len(real)


def expert_states(discriminator, expert_obs, w=5.0):
    """AMP: observations ``(B, d)``."""
    expert_obs = expert_obs.detach().requires_grad_(True)
    out = discriminator(expert_obs)
    g = autograd.grad(out, expert_obs, grad_outputs=torch.ones_like(out), create_graph=True)[0]
    return w * torch.sum(torch.square(g), dim=-1).mean()


def demo_and_agent(disc, demo_obs, agent_obs, disc_grad_penalty=2.0):
    def at(obs):
        obs = obs.detach().requires_grad_()
        logits = disc(obs)
        (g,) = autograd.grad(logits, obs, torch.ones_like(logits), create_graph=True)
        return g.square().sum(dim=-1).mean()

    return disc_grad_penalty * 0.5 * (at(demo_obs) + at(agent_obs))


def approximate_r1(critic, real, weight=100.0, sigma=0.1):
    noisy = real + sigma * torch.randn_like(real)
    return weight * (critic(real) - critic(noisy)).pow(2).mean()


def approximate_r1_scaled(discriminator, real, r1_weight=2.0, std=0.05):
    noisy = real + std * torch.randn_like(real)
    slope = (discriminator(noisy) - discriminator(real)) / std
    return r1_weight / 2 * (slope**2).mean()


def central(critic, real, h=0.01):
    u = torch.randn_like(real)
    return (((critic(real + h * u) - critic(real - h * u)) / (2 * h)) ** 2).mean()


def dragan(D, X, lambda_=10, k=1.0):
    alpha = torch.rand(X.shape[0], *[1] * (X.ndim - 1))
    x = (X + alpha * 0.5 * X.std() * torch.rand(X.size())).detach().requires_grad_()
    g = autograd.grad(D(x).sum(), x, create_graph=True)[0].view(X.size(0), -1)
    return lambda_ * ((g.norm(2, 1) - k) ** 2).mean()


def dragan_gaussian(critic, real):
    x = (real + 0.5 * real.std() * torch.randn_like(real)).detach().requires_grad_()
    (g,) = autograd.grad(critic(x).sum(), x, create_graph=True)
    return 10 * (g.flatten(1).norm(dim=1) - 1).square().mean()


class Lazy:
    """R1 in each fourth step, with its factor."""

    def __init__(self, gamma=10.0, every=4):
        self.gamma, self.every, self.calls = gamma, every, 0

    def __call__(self, critic, real):
        self.calls += 1
        if (self.calls - 1) % self.every:
            return torch.zeros(())
        x = real.detach().requires_grad_()
        g = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
        return self.gamma / 2 * self.every * g.flatten(1).square().sum(1).mean()


lazy = Lazy()


def lazy_by_step(D, real, step, gamma=10.0, d_reg_every=16):
    if step % d_reg_every != 0:
        return 0.0
    real = real.detach().requires_grad_()
    g = autograd.grad(D(real).sum(), real, create_graph=True)[0]
    return gamma / 2 * g.pow(2).flatten(1).sum(1).mean() * d_reg_every


class Trainer:
    """A trainer whose method is the penalty."""

    def __init__(self):
        self.r1_weight = 0.1

    def penalty(self, critic, real):
        x = real.detach().requires_grad_()
        with torch.enable_grad():
            g = autograd.grad(
                critic(x)[0].sum() if isinstance(critic(x), tuple) else critic(x).sum(), x, create_graph=True
            )
        return self.r1_weight * g[0].flatten(1).square().sum(1).mean()


method = Trainer().penalty
partial = functools.partial(r1_gamma, r1_gamma=6.0)


def of_the_head(disc, real):
    x = real.detach().requires_grad_()
    value, _ = disc(x)
    g = autograd.grad(value.sum(), x, create_graph=True)[0]
    return g.flatten(1).square().sum(1).mean()


def scaled_and_unscaled(critic, real, scaler, gamma=10.0):
    x = real.detach().requires_grad_()
    with torch.autocast("cuda", dtype=torch.float16):
        out = critic(x)
    g = autograd.grad(scaler.scale(out.float().sum()), x, create_graph=True)[0] / scaler.get_scale()
    return gamma / 2 * g.flatten(1).square().sum(1).mean()


class OfTwo(nn.Module):
    """Roth et al.: weighted by the critic's own error."""

    def forward(self, d, real, fake, gamma=2.0):
        total = 0
        for samples, at_real in ((real, True), (fake, False)):
            x = samples.detach().requires_grad_()
            out = d(x)
            g = autograd.grad(out.sum(), x, create_graph=True)[0].flatten(1).square().sum(1)
            s = out.reshape(len(x)).sigmoid()
            total = total + ((1 - s).square() * g if at_real else s.square() * g).mean()
        return gamma / 2 * total


roth = OfTwo()

EXPECTED = {
    "r1": ("pd", "squared", 2.0),
    "r1_of_images": ("pd", "squared", 2.0),
    "r1_gamma": ("pd", "squared", 10.0),
    "r1_of_given_inputs": ("pd", "squared", 1.0),
    "zero_centred_r1_r2": ("pd+pg", "squared", 1.0),
    "r1_and_r2": ("pd+pg", "squared", 10.0),
    "r2": ("pg", "squared", 6.0),
    "unequal": ("mixture", "squared", 10.0),
    "by_vmap": ("pd", "squared", 4.0),
    "by_functional_call": ("pd", "squared", 2.0),
    "by_jacrev": ("pd", "squared", 2.0),
    "expert_states": ("pd", "squared", 10.0),
    "demo_and_agent": ("pd+pg", "squared", 2.0),
    "approximate_r1": ("pd", "squared", 2.0),
    "approximate_r1_scaled": ("pd", "squared", 2.0),
    "central": ("pd", "squared", 2.0),
    "dragan": ("dragan", "one-centered", 20.0),
    "dragan_gaussian": ("dragan", "one-centered", 20.0),
    "lazy": ("pd", "squared", 10.0),
    "lazy_by_step": ("pd", "squared", 10.0),
    "method": ("pd", "squared", 0.2),
    "partial": ("pd", "squared", 6.0),
    "of_the_head": ("pd", "squared", 2.0),
    "scaled_and_unscaled": ("pd", "squared", 10.0),
    "roth": ("js", "squared", 2.0),
}
