"""The conformance kit finds the defects that it is there for: one wrong form, loss or architecture for each check."""

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot, softplus

from gpreg import ArchitectureSpec, FormSpec, LossSpec, load_registry
from gpreg.interfaces import Architecture, ConcaveF, GANLoss, Generator, GradientForm
from gpreg.registry.discovery import PluginRecord
from gpreg.registry.registry import Registry
from gpreg.testing import architecture_checks, form_checks, loss_checks


class Form(GradientForm):
    def __call__(self, grad):
        return grad.square().flatten(1).sum(1)


class WholeBatchNorm(GradientForm):
    def __call__(self, grad):
        return (grad.norm() - 1).square().expand(len(grad))


class PerPixelNorm(GradientForm):
    def __call__(self, grad):
        return (grad.norm(dim=1) - 1).square().flatten(1).mean(1) if grad.ndim > 2 else grad.norm(dim=1)


class InfiniteSlopeAtZero(GradientForm):
    def __call__(self, grad):
        return grad.square().flatten(1).sum(1).sqrt()


class OnlyTheFirstCoordinate(GradientForm):
    def __call__(self, grad):
        return grad.flatten(1)[:, 0].square()


class ClaimsToBeQuadratic(GradientForm):
    quadratic = True

    def __call__(self, grad):
        return grad.square().flatten(1).sum(1).square()


class AlwaysSingle(Form):
    def __call__(self, grad):
        return super().__call__(grad).float()


class Scales(Form):
    def __call__(self, grad):
        values = super().__call__(grad)
        if not grad.requires_grad:
            grad.mul_(2)
        return values


class Loss(GANLoss):
    def critic_loss(self, d_real, d_fake):
        return softplus(-d_real) + softplus(d_fake)

    def generator_loss(self, d_fake, d_real=None):
        return softplus(-d_fake)


class Reduces(Loss):
    def critic_loss(self, d_real, d_fake):
        return super().critic_loss(d_real, d_fake).mean()


class PullsBackwards(Loss):
    def generator_loss(self, d_fake, d_real=None):
        return softplus(d_fake)


class Overflows(Loss):
    def generator_loss(self, d_fake, d_real=None):
        return (1 + (-1000 * d_fake).exp()).log()


class Clamps(Loss):
    def critic_loss(self, d_real, d_fake):
        return super().critic_loss(d_real, d_fake if d_fake.requires_grad else d_fake.clamp_(-50, 50))


class Smooths(Loss):
    """Draws its targets from the global random state."""

    def critic_loss(self, d_real, d_fake):
        return super().critic_loss(d_real, d_fake) + 0 * torch.rand(())


class StatesAWrongCurvature(Loss):
    @property
    def concave(self):
        return ConcaveF(f=lambda t: -softplus(-t), slope=0.5, curvature=-0.5)


class Net(Generator):
    latent_dim = 3

    def __init__(self, shape, classes):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3 + (classes or 0), torch.Size(shape).numel()), nn.Unflatten(1, shape))
        self.classes = classes

    def forward(self, z, labels=None):
        return torch.tanh(self.net(z if labels is None else torch.cat([z, one_hot(labels, self.classes)], 1)))


class Judge(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(), nn.Linear(torch.Size(shape).numel(), 8), nn.Tanh(), nn.Linear(8, classes or 1)
        )

    def forward(self, x, labels=None):
        outputs = self.net(x)
        return outputs.squeeze(1) if labels is None else outputs.gather(1, labels[:, None]).squeeze(1)


class Networks(Architecture):
    value_range = (-1.0, 1.0)

    def generator(self, spec):
        return Net(spec.shape, spec.classes)

    def critic(self, spec):
        return Judge(spec.shape, spec.classes)


def networks(generator=Net.forward, critic=Judge.forward, value_range=(-1.0, 1.0)):
    """An architecture whose networks do something else."""
    net, judge = type("Net", (Net,), {"forward": generator}), type("Judge", (Judge,), {"forward": critic})

    class Changed(Networks):
        def generator(self, spec):
            return net(spec.shape, spec.classes)

        def critic(self, spec):
            return judge(spec.shape, spec.classes)

    Changed.value_range = value_range
    return Changed


class PlainNetworks(Architecture):
    """Modules that know nothing of gpreg: no latent_dim, no draw_latent; a column of outputs."""

    def generator(self, spec):
        return nn.Sequential(
            nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, torch.Size(spec.shape).numel()), nn.Unflatten(1, spec.shape)
        )

    def critic(self, spec):
        return nn.Sequential(nn.Flatten(), nn.Linear(torch.Size(spec.shape).numel(), 16), nn.Tanh(), nn.Linear(16, 1))


class Noisy(Judge):
    """Adds noise, in evaluation mode too."""

    def forward(self, x, labels=None):
        return super().forward(x, labels) + torch.randn(len(x))


class Hiding(Judge):
    """Has a scale that is neither a parameter nor a buffer."""

    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.scale = float(torch.rand(()))

    def forward(self, x, labels=None):
        return self.scale * super().forward(x, labels)


def with_critic(judge):
    return type("Changed", (Networks,), {"critic": lambda self, spec: judge(spec.shape, spec.classes)})


WRONG_ARCHITECTURES = {
    "noisy": (with_critic(Noisy), "is_determined_by_the_seed"),
    "hiding": (with_critic(Hiding), "comes_back_from_a_checkpoint"),
    "of another shape": (networks(generator=lambda self, z, y=None: z), "generates_samples"),
    "out of range": (networks(value_range=(0.0, 1.0)), "generates_samples"),
    "two columns": (networks(critic=lambda self, x, y=None: self.net(x)[:, :2]), "judges_each_sample_with_one_number"),
    "coupled": (
        networks(critic=lambda self, x, y=None: Judge.forward(self, x - x.mean(0), y)),
        "judges_samples_one_by_one",
    ),
    "deaf": (networks(critic=lambda self, x, y=None: self.net(0 * x)[:, 0]), "judges_samples_one_by_one"),
    "without a second derivative": (
        networks(critic=lambda self, x, y=None: x.flatten(1).sum(1) + self.net(x.detach())[:, 0]),
        "can_be_penalised",
    ),
    "unconditional": (networks(critic=lambda self, x, y=None: self.net(x)[:, 0]), "heeds_labels"),
}


def spec_of(kind, thing):
    common = {"name": "subject", "factory": thing, "summary": "under test"}
    if kind == "architecture":
        return ArchitectureSpec(**common, shapes="any", dataset="none", recipe="none", conditional=True)
    return FormSpec(**common, formula="f") if kind == "form" else LossSpec(**common, critic="c", generator="g")


def conditional_architecture_checks(name):
    return architecture_checks(name, shape=(2, 3), classes=3)


def failures(kind, thing):
    """The names of the checks that a thing fails."""
    own = PluginRecord(name="own", package="own", version="1", module="own", specs={kind: (spec_of(kind, thing),)})
    checks = {
        "form": form_checks,
        "loss": loss_checks,
        "architecture": conditional_architecture_checks,
    }[kind]
    failed = set()
    with Registry((*load_registry().records, own)).activate():
        for check in checks("subject"):
            try:
                check()
            except Exception:
                failed.add(check.function.__name__)
    return failed


@pytest.mark.parametrize(("kind", "thing"), [("form", Form), ("loss", Loss), ("architecture", Networks)])
def test_what_is_right_passes(kind, thing):
    assert failures(kind, thing) == set()


def test_plain_modules_pass():
    specs = {"architecture": (spec_of("architecture", PlainNetworks),)}
    own = PluginRecord(name="own", package="own", version="1", module="own", specs=specs)
    with Registry((*load_registry().records, own)).activate():
        for check in architecture_checks("subject", shape=(3, 4, 4)):
            check()


@pytest.mark.parametrize(
    ("kind", "thing", "check"),
    [
        ("form", WholeBatchNorm, "gives_one_number_a_sample"),
        ("form", InfiniteSlopeAtZero, "is_differentiable_everywhere"),
        ("form", PerPixelNorm, "is_what_it_says"),
        ("form", OnlyTheFirstCoordinate, "is_what_it_says"),
        ("form", ClaimsToBeQuadratic, "is_what_it_says"),
        ("form", AlwaysSingle, "leaves_its_input_and_its_dtype"),
        ("form", Scales, "leaves_its_input_and_its_dtype"),
        ("loss", Clamps, "leaves_its_input_and_its_dtype"),
        ("loss", Smooths, "leaves_its_input_and_its_dtype"),
        ("loss", Reduces, "gives_one_number_a_sample"),
        ("loss", Overflows, "gives_one_number_a_sample"),
        ("loss", PullsBackwards, "pulls_the_right_way"),
        ("loss", StatesAWrongCurvature, "has_the_f_that_it_declares"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_is_wrong_is_found(kind, thing, check):
    assert check in failures(kind, thing)


@pytest.mark.parametrize(("thing", "check"), WRONG_ARCHITECTURES.values(), ids=WRONG_ARCHITECTURES)
def test_what_is_wrong_with_an_architecture_is_found(thing, check):
    assert check in failures("architecture", thing)
