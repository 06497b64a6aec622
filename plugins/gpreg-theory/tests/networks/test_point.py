import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.func import functional_call, grad, jacrev

from gpreg import load_registry
from gpreg.errors import BatchCouplingError, UsageError
from gpreg.interfaces import PenaltySample
from gpreg_theory.networks.point import GamePoint

WEIGHTS = {
    "none": None,
    "numbers": torch.tensor([0.5, 0.0, 2.0, 1.0, 3.0], dtype=torch.float64),
    "function": lambda outputs: outputs.sigmoid(),
}


def call(network, vector, *inputs):
    """The network with its parameters taken from one vector."""
    named, start = {}, 0
    for name, parameter in network.named_parameters():
        named[name] = vector[start : start + parameter.numel()].view_as(parameter)
        start += parameter.numel()
    return functional_call(network, named, inputs)


class TestAgainstDenseAlgebra:
    def test_size(self, large):
        point, Q, R, _ = large
        assert Q.shape == (point.p, point.p)
        assert R.shape == (point.p, point.q)
        assert 1800 < point.p < 2200

    @pytest.mark.parametrize("seed", range(3))
    def test_products(self, large, draw, seed):
        point, Q, R, K = large
        v, w = draw(point.p, seed=seed), draw(point.q, seed=seed + 10)
        for product, expected in (
            (point.q_product(v), Q @ v),
            (point.r_product(w), R @ w),
            (point.rt_product(v), R.T @ v),
            (point.k_product(v), K @ v),
        ):
            torch.testing.assert_close(product, expected, rtol=1e-6, atol=1e-6 * float(expected.abs().max()))

    def test_operators(self, large, draw):
        point, Q, R, K = large
        v, w = draw(point.p, seed=0).numpy(), draw(point.q, seed=1).numpy()
        for operator, matrix, vector in ((point.Q, Q, v), (point.R, R, w), (point.R.T, R.T, v), (point.K, K, v)):
            assert operator.shape == tuple(matrix.shape)
            np.testing.assert_allclose(operator @ vector, matrix.numpy() @ vector, rtol=1e-6, atol=1e-12)

    def test_curvature_is_non_negative_and_means_to_the_quadratic_form(self, large, draw):
        point, Q, _, _ = large
        v = draw(point.p, seed=0)
        terms = point.penalty_curvature(v)
        assert (terms >= 0).all()
        torch.testing.assert_close(terms.mean(), v @ Q @ v)

    def test_dense(self, point_of, loss_of):
        point = point_of(loss=loss_of("minimax"))
        game = point.dense()
        v = np.random.default_rng(0).standard_normal(point.p)
        np.testing.assert_allclose(game.Q @ v, point.Q @ v, atol=1e-12)
        np.testing.assert_allclose(game.K @ v, point.K @ v, atol=1e-12)
        np.testing.assert_allclose(game.R.T @ v, point.R.T @ v, atol=1e-12)
        assert (game.slope, game.curvature, game.rho) == (0.5, -0.25, 2.0)


def whole_field(point, critic, generator):
    """The field as a function of (psi, theta), written down anew."""
    points, weights = point.sample.points, point.sample.weights

    def field(state):
        psi, theta = state[: point.p], state[point.p :]

        def D(psi, x):
            return call(critic, psi, x).squeeze(1)

        def critic_loss(psi):
            slopes = grad(lambda x: D(psi, x).sum())(points).square().sum(1)
            m = 1.0 if weights is None else weights(D(psi, points)) if callable(weights) else weights
            loss = point.loss.critic_loss(D(psi, point.real), D(psi, call(generator, theta, point.latent)))
            return loss.mean() + point.rho / 2 * (m * slopes).mean()

        def generator_loss(theta):
            fake = call(generator, theta, point.latent)
            return point.loss.generator_loss(D(psi, fake), D(psi, point.real)).mean()

        return -torch.cat([grad(critic_loss)(psi), grad(generator_loss)(theta)])

    return field


class TestField:
    @pytest.mark.parametrize("loss", ["wasserstein", "minimax", "non-saturating", "least-squares", "relativistic"])
    @pytest.mark.parametrize("weights", WEIGHTS)
    def test_field_and_its_jacobian_anywhere(self, mlp, draw, point_of, loss_of, loss, weights):
        critic, generator = mlp(2, 6, 4, 1), mlp(3, 5, 2, seed=1)
        sample = PenaltySample(points=draw(5, 2, seed=4), weights=WEIGHTS[weights])
        point = point_of(critic=critic, generator=generator, sample=sample, loss=loss_of(loss))
        field = whole_field(point, critic, generator)
        state = torch.cat([point.psi, point.theta])
        along = draw(len(state), seed=5)
        torch.testing.assert_close(torch.cat(point.field()), field(state))
        moved = torch.cat(point.field_product(along[: point.p], along[point.p :]))
        torch.testing.assert_close(moved, jacrev(field)(state) @ along)

    @pytest.mark.parametrize("loss", ["wasserstein", "minimax", "non-saturating", "least-squares"])
    def test_at_an_equilibrium_it_is_the_block_form(self, mlp, draw, point_of, loss_of, loss):
        critic = mlp(2, 6, 4, 1)
        for parameter in critic[-1].parameters():
            nn.init.zeros_(parameter)
        generator, latent = mlp(3, 5, 2, seed=1), draw(6, 3, seed=3)
        point = point_of(critic=critic, generator=generator, real=generator(latent).detach(), loss=loss_of(loss))
        assert all(part.abs().max() < 1e-14 for part in point.field())
        J, along = point.dense().jacobian, draw(point.p + point.q, seed=5)
        moved = torch.cat(point.field_product(along[: point.p], along[point.p :]))
        np.testing.assert_allclose(moved.numpy(), J @ along.numpy(), atol=1e-12)

    def test_labels_of_another_number(self, point_of, draw):
        with pytest.raises(UsageError, match="differ in number"):
            point_of(sample=PenaltySample(points=draw(5, 2, seed=4), weights=torch.ones(4))).field()

    def test_unequal_batches_have_no_field(self, point_of, draw):
        with pytest.raises(UsageError, match="6 real and 3 fake"):
            point_of(latent=draw(3, 3, seed=0)).field()


class TestProducts:
    @settings(max_examples=20)
    @given(st.integers(0, 2**16))
    def test_adjoint(self, point_of, draw, seed):
        point = point_of()
        v, w = draw(point.p, seed=seed).sign(), draw(point.q, seed=seed + 1).sign()
        torch.testing.assert_close(point.r_product(w) @ v, point.rt_product(v) @ w)

    @pytest.mark.parametrize("chunk", [1, 3, 100])
    def test_chunks_change_nothing(self, point_of, draw, chunk):
        whole, cut = point_of(), point_of(chunk=chunk)
        v, w = draw(whole.p, seed=0), draw(whole.q, seed=1)
        for name, vector in (("q_product", v), ("r_product", w), ("rt_product", v), ("k_product", v)):
            torch.testing.assert_close(getattr(cut, name)(vector), getattr(whole, name)(vector))

    def test_chosen_parameters(self, point_of, draw):
        whole, last = point_of(), point_of(parameters=["4.weight", "4.bias"], generator_parameters=["2.bias"])
        assert (last.p, last.q) == (5, 2)
        v, w = torch.zeros(whole.p, dtype=torch.float64), torch.zeros(whole.q, dtype=torch.float64)
        v[-5:], w[-2:] = draw(5, seed=0), draw(2, seed=1)
        torch.testing.assert_close(last.q_product(v[-5:]), whole.q_product(v)[-5:])
        torch.testing.assert_close(last.r_product(w[-2:]), whole.r_product(w)[-5:])

    def test_unknown_parameter(self, point_of):
        with pytest.raises(UsageError, match=r"no parameter '4.weigth'; did you mean '4.weight'"):
            point_of(parameters=["4.weigth"])

    def test_inside_no_grad_and_autocast(self, point_of, draw):
        point = point_of()
        v = draw(point.p, seed=0)
        expected = point.q_product(v)
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            torch.testing.assert_close(point.q_product(v), expected)

    def test_single_precision(self, mlp, draw, point_of):
        exact = point_of()
        rough = point_of(critic=mlp(2, 6, 4, 1).float(), generator=mlp(3, 5, 2, seed=1).float())
        v = draw(exact.p, seed=0)
        assert rough.Q.dtype == np.float32
        torch.testing.assert_close(rough.q_product(v.float()).double(), exact.q_product(v), rtol=1e-4, atol=1e-5)

    def test_a_layer_without_forward_differentiation(self, mlp, draw, point_of):
        class Cube(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x**3

            @staticmethod
            def backward(ctx, gradient):
                (x,) = ctx.saved_tensors
                return gradient * 3 * x**2

        class Own(nn.Module):
            def forward(self, x):
                return Cube.apply(x)

        class Plain(nn.Module):
            def forward(self, x):
                return x**3

        own, plain = (
            point_of(critic=mlp(2, 8, 1, activation=act), generator=mlp(3, 7, 2, activation=act))
            for act in (Own, Plain)
        )
        v, w = draw(own.p, seed=0), draw(own.q, seed=1)
        torch.testing.assert_close(own.q_product(v), plain.q_product(v))
        torch.testing.assert_close(own.r_product(w), plain.r_product(w))


class TestMaterial:
    def test_nothing_given_is_touched(self, mlp, point_of, draw):
        critic = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(2, 8)), nn.Tanh(), nn.Linear(8, 1))
        generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 2))
        critic, generator = critic.double().train(), generator.double().train()
        before = copy.deepcopy([critic.state_dict(), generator.state_dict()])
        state = torch.get_rng_state()
        point = point_of(critic=critic, generator=generator)
        point.field_product(draw(point.p, seed=0), draw(point.q, seed=1))
        point.dense()
        for old, network in zip(before, (critic, generator), strict=True):
            assert network.training
            assert all(torch.equal(old[name], tensor) for name, tensor in network.state_dict().items())
            assert all(parameter.grad is None for parameter in network.parameters())
        assert torch.equal(state, torch.get_rng_state())

    def test_the_point_stays_where_it_was(self, mlp, point_of, draw):
        critic = mlp(2, 8, 1)
        point = point_of(critic=critic)
        v = draw(point.p, seed=0)
        before = point.q_product(v)
        nn.init.zeros_(critic[0].weight)
        assert torch.equal(point.q_product(v), before)

    @pytest.mark.parametrize("training", [True, False])
    def test_batch_normalisation_of_the_generator_is_as_in_its_mode(self, point_of, draw, training):
        norm = nn.BatchNorm1d(8)
        norm.running_mean.fill_(0.7)
        generator = nn.Sequential(nn.Linear(3, 8), norm, nn.Tanh(), nn.Linear(8, 2)).double().train(training)
        point = point_of(generator=generator)
        expected = copy.deepcopy(generator)(point.latent)
        torch.testing.assert_close(point.fake, expected.detach())
        assert point.generator.couples == training
        v, w = draw(point.p, seed=0), draw(point.q, seed=1)
        torch.testing.assert_close(point.r_product(w) @ v, point.rt_product(v) @ w)

    def test_a_critic_that_mixes_samples(self, point_of):
        critic = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)).double()
        with pytest.raises(BatchCouplingError):
            point_of(critic=critic)
        assert point_of(critic=critic.eval()).p == 49

    def test_labels_reach_both_networks(self, draw, point_of):
        class Shifted(nn.Module):
            def __init__(self, network):
                super().__init__()
                self.network = network

            def forward(self, x, labels):
                return self.network(x * (1 + labels[:, None]))

        def labelled(network):
            return Shifted(network)

        labels = torch.tensor([0, 1, 2, 0, 1, 2])
        critic, generator = nn.Linear(2, 1).double(), nn.Linear(3, 2).double()
        sample = PenaltySample(points=draw(5, 2, seed=4), labels=torch.tensor([1, 1, 1, 1, 1]))
        point = point_of(critic=labelled(critic), generator=labelled(generator), sample=sample, labels=labels)
        scale = 1 + labels[:, None]
        torch.testing.assert_close(point.fake, generator(point.latent * scale).detach())
        v = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
        torch.testing.assert_close(point.penalty_curvature(v), torch.full((5,), 4.0, dtype=torch.float64))
        rows = torch.cat([point.real * scale, torch.ones(6, 1, dtype=torch.float64)], 1)
        torch.testing.assert_close(point.k_product(v), rows.T @ (rows @ v) / 6)

    def test_the_zero_measure(self, point_of, draw):
        point = point_of(sample=None)
        v = draw(point.p, seed=0)
        assert not point.q_product(v).any()
        assert point.penalty_curvature(v).shape == (0,)
        unpenalised = point_of(rho=0.0)
        for mine, theirs in zip(point.field(), unpenalised.field(), strict=True):
            torch.testing.assert_close(mine, theirs)

    def test_without_a_generator(self, point_of, draw):
        point = point_of(generator=None, latent=None, fake=draw(6, 2, seed=9))
        assert point.q == 0
        psi, theta = point.field()
        assert psi.shape == (point.p,)
        assert theta.shape == (0,)
        assert point.dense().R.shape == (point.p, 0)

    @pytest.mark.parametrize("missing", ["generator", "latent"])
    def test_half_a_generator(self, point_of, missing):
        with pytest.raises(UsageError, match="belong together"):
            point_of(**{missing: None})

    def test_fakes_and_a_generator(self, point_of, draw):
        with pytest.raises(UsageError, match="makes its own"):
            point_of(fake=draw(6, 2, seed=9))

    def test_a_loss_without_f_has_no_linear_game(self, point_of, loss_of):
        with pytest.raises(UsageError, match="field_product"):
            point_of(loss=loss_of("relativistic")).dense()
        assert isinstance(point_of(loss=loss_of("relativistic")), GamePoint)


class TestUnusable:
    """What cannot be linearised is refused by name."""

    def of(self, critic, real):
        loss = load_registry().build("loss", "wasserstein")
        return GamePoint.of(critic, None, real=real, sample=None, loss=loss)

    def test_parameters_that_are_not_finite(self):
        critic = nn.Linear(2, 1)
        nn.init.constant_(critic.weight, float("nan"))
        with pytest.raises(UsageError, match="the critic's parameters are not all finite"):
            self.of(critic, torch.zeros(3, 2))

    def test_samples_that_are_not_finite_or_not_there(self):
        with pytest.raises(UsageError, match="the real samples are not all finite"):
            self.of(nn.Linear(2, 1), torch.full((3, 2), float("inf")))
        with pytest.raises(UsageError, match="the real samples are none"):
            self.of(nn.Linear(2, 1), torch.zeros(0, 2))

    def test_half_precision_and_functions(self):
        with pytest.raises(UsageError, match=r"in torch\.bfloat16"):
            self.of(nn.Linear(2, 1).bfloat16(), torch.zeros(3, 2))
        with pytest.raises(UsageError, match="not a function"):
            self.of(lambda x: x.sum(1), torch.zeros(3, 2))
