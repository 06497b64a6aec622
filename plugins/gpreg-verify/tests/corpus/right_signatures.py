"""Right penalties with signatures, and ways to differentiate, of all kinds."""

import torch
from torch import Tensor, autograd, nn


def _between(real, fake):
    a = torch.rand(real.shape[0], *[1] * (real.ndim - 1))
    return (a * real + (1 - a) * fake).detach().requires_grad_()


def _one_centered(critic, x):
    grad = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()


def annotated(a: nn.Module, b: Tensor, c: Tensor, d: float = 1.0) -> Tensor:
    return d * _one_centered(a, _between(b, c))


def by_keywords(*, critic, real, fake):
    return _one_centered(critic, _between(real, fake))


def by_positions(*given):
    critic, real, fake = given
    return _one_centered(critic, _between(real, fake))


def last_comes_the_critic(x, x_gen, D):
    return _one_centered(D, _between(x, x_gen))


def with_the_generator(D, G, real, z):
    with torch.no_grad():
        fake = G(z)
    return _one_centered(D, _between(real, fake))


def of_a_model(model, real, fake):
    return _one_centered(model.discriminator, _between(real, fake))


def with_labels(D, x_real, y, x_fake):
    return _one_centered(lambda x: D(x, y), _between(x_real, x_fake))


def of_settings(netD, real, fake, opt):
    x = _between(real, fake)
    grad = autograd.grad(netD(x).sum(), x, create_graph=True)[0]
    return opt.lambda_gp * (grad.flatten(1).norm(dim=1) - 1).square().mean()


def of_interpolates(interpolate, d_interpolate):
    grad = autograd.grad(d_interpolate, interpolate, torch.ones_like(d_interpolate), create_graph=True)[0]
    return (grad.flatten(1).norm(2, dim=1) - 1).square().mean()


class Trainer:
    """Holds its critic; its method takes samples only."""

    def __init__(self):
        self.D, self.lambda_gp = nn.Linear(3, 1), 10.0

    def gradient_penalty(self, real, fake):
        return self.lambda_gp / 10 * _one_centered(self.D, _between(real, fake))


method, function_of_the_class = Trainer().gradient_penalty, Trainer.gradient_penalty


def by_jacobian(critic, real):
    grad = autograd.functional.jacobian(lambda x: critic(x).sum(), real, create_graph=True)
    return grad.square().flatten(1).sum(1).mean()


def by_backward(critic, real):
    x = real.detach().requires_grad_()
    critic(x).sum().backward(create_graph=True)
    return x.grad.square().flatten(1).sum(1).mean()


def by_vjp(critic, x):
    out, pull = torch.func.vjp(critic, x)
    return pull(torch.ones_like(out))[0].square().flatten(1).sum(1).mean()


def by_batched_gradients(D, real):
    x = real.detach().requires_grad_()
    out = D(x).reshape(-1)
    each = autograd.grad(out, x, torch.eye(len(out), dtype=out.dtype), is_grads_batched=True, create_graph=True)[0]
    grad = torch.stack([each[i, i] for i in range(len(out))])
    return grad.square().flatten(1).sum(1).mean()


def of_gradients(gradients):
    return gradients.flatten(1).square().sum(1).mean()


def of_images_and_output(images, output, weight=10):
    ones = torch.ones(output.size())
    grad = autograd.grad(output, images, ones, create_graph=True, retain_graph=True, only_inputs=True)[0]
    return weight * ((grad.reshape(images.shape[0], -1).norm(2, dim=1) - 1) ** 2).mean()


def divergence(real_validity, real_imgs, fake_validity, fake_imgs, k=2, p=6):
    total = 0
    for out, x in ((real_validity, real_imgs), (fake_validity, fake_imgs)):
        grad = autograd.grad(out, x, torch.ones_like(out), create_graph=True, retain_graph=True)[0]
        total = total + grad.view(grad.size(0), -1).pow(2).sum(1) ** (p / 2)
    return total.mean() * k / 2


def sequences(D, real, fake):
    batch, _steps, _channels = real.shape
    a = torch.rand(batch, 1, 1)
    return _one_centered(D, (a * real + (1 - a) * fake).detach().requires_grad_())


def videos(D, real, fake):
    batch, _c, _t, _h, _w = real.shape
    a = torch.rand(batch, 1, 1, 1, 1)
    return _one_centered(D, (a * real + (1 - a) * fake).detach().requires_grad_())


class Lazy:
    """The factor is in the weight already."""

    def __init__(self, gamma=10.0, every=4):
        self.weight, self.every, self.calls = gamma * every / 2, every, 0

    def __call__(self, critic, real):
        self.calls += 1
        if self.calls % self.every:
            return None
        x = real.detach().requires_grad_()
        grad = autograd.grad(critic(x).sum(), x, create_graph=True)[0]
        return self.weight * grad.square().flatten(1).sum(1).mean()


lazy = Lazy()


def with_a_scaler(critic, real, gamma=2.0, scaler=None):
    x = real.detach().requires_grad_()
    out = critic(x).sum()
    grad = autograd.grad(out if scaler is None else scaler.scale(out), x, create_graph=True)[0]
    if scaler is not None:
        grad = grad / scaler.get_scale()
    return gamma / 2 * grad.square().flatten(1).sum(1).mean()


class Discriminator(nn.Module):
    """PacGAN: judges ten rows at once, with the penalty as a method of its own."""

    def __init__(self, d=4, pac=10):
        super().__init__()
        self.pack_size, self.seq = d * pac, nn.Linear(d * pac, 1)

    def forward(self, rows):
        return self.seq(rows.view(-1, self.pack_size))

    def calc_gradient_penalty(self, real_data, fake_data, device="cpu", pac=10, lambda_=10):
        alpha = torch.rand(real_data.size(0) // pac, 1, 1, device=device)
        alpha = alpha.repeat(1, pac, real_data.size(1)).view(-1, real_data.size(1))
        rows = (alpha * real_data + (1 - alpha) * fake_data).detach().requires_grad_()
        out = self(rows)
        grad = autograd.grad(out, rows, torch.ones(out.size(), device=device), create_graph=True, retain_graph=True)[0]
        return ((grad.view(-1, pac * real_data.size(1)).norm(2, dim=1) - 1) ** 2).mean() * lambda_


packed, packed_of_the_class = Discriminator().calc_gradient_penalty, Discriminator.calc_gradient_penalty


def of_maps(D, real, fake):
    x = _between(real, fake)
    grad = autograd.grad(D(x).mean(dim=[1, 2, 3]).sum(), x, create_graph=True)[0]
    return 10 * (grad.flatten(1).norm(dim=1) - 1).square().mean()


def along_unit_directions(critic, real, h=0.01):
    u = torch.nn.functional.normalize(torch.randn_like(real).flatten(1), dim=1).view_as(real)
    return real[0].numel() * ((critic(real + h * u) - critic(real)) / h).square().mean()


EXPECTED = {
    "packed": ("wgan-gp", "one-centered", 20.0),
    "packed_of_the_class": ("wgan-gp", "one-centered", 20.0),
    "of_maps": ("wgan-gp", "one-centered", 20.0),
    "along_unit_directions": ("pd", "squared", 2.0),
    "annotated": ("wgan-gp", "one-centered", 20.0),
    "by_keywords": ("wgan-gp", "one-centered", 20.0),
    "by_positions": ("wgan-gp", "one-centered", 20.0),
    "last_comes_the_critic": ("wgan-gp", "one-centered", 20.0),
    "with_the_generator": ("wgan-gp", "one-centered", 20.0),
    "of_a_model": ("wgan-gp", "one-centered", 20.0),
    "with_labels": ("wgan-gp", "one-centered", 20.0),
    "of_settings": ("wgan-gp", "one-centered", 20.0),
    "of_interpolates": ("wgan-gp", "one-centered", 2.0),
    "method": ("wgan-gp", "one-centered", 20.0),
    "function_of_the_class": ("wgan-gp", "one-centered", 20.0),
    "by_jacobian": ("pd", "squared", 2.0),
    "by_backward": ("pd", "squared", 2.0),
    "by_vjp": ("pd", "squared", 2.0),
    "by_batched_gradients": ("pd", "squared", 2.0),
    "of_gradients": ("pd", "squared", 2.0),
    "of_images_and_output": ("pd", "one-centered", 20.0),
    "divergence": ("pd+pg", "power", 1.0),
    "sequences": ("wgan-gp", "one-centered", 20.0),
    "videos": ("wgan-gp", "one-centered", 20.0),
    "lazy": ("pd", "squared", 10.0),
    "with_a_scaler": ("pd", "squared", 2.0),
}
