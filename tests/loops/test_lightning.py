"""A run of Lightning's trainer against a plain loop with the formula of WGAN-GP."""

import copy

import pytest
import torch

pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{said}")
    for said in (
        r".*isinstance\(treespec, LeafSpec\)` is deprecated:FutureWarning",  # Lightning 2.6 asks torch 2.14 so
        "The 'train_dataloader' does not have many workers",  # which ten points do not need
    )
]


@pytest.fixture(scope="module")
def lightning():
    import pytorch_lightning

    return pytorch_lightning


@pytest.fixture
def trained(lightning, tmp_path):
    from loops.lightning_manual import WGAN

    torch.manual_seed(0)
    module, loader = WGAN(), torch.utils.data.DataLoader(torch.randn(40, 2), batch_size=8)
    start = copy.deepcopy((module.critic, module.generator))
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    torch.manual_seed(1)
    trainer.fit(module, loader)
    return module, start, loader, trainer


def test_its_trainer_gives_what_a_plain_loop_with_the_formula_gives(trained):
    module, (critic, generator), loader, _ = trained
    torch.manual_seed(1)
    of_interpolation = torch.Generator().manual_seed(0)
    of_critic, of_generator = (torch.optim.Adam(each.parameters(), lr=1e-3) for each in (critic, generator))
    for real in loader:
        fake = generator(torch.randn_like(real)).detach()
        a = torch.rand(len(real), 1, generator=of_interpolation)
        x = (a * real + (1 - a) * fake).requires_grad_()
        (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        of_critic.zero_grad()
        loss = critic(fake).mean() - critic(real).mean() + 10 * (gradient.norm(dim=1) - 1).square().mean()
        loss.backward()
        of_critic.step()
        of_generator.zero_grad()
        (-critic(generator(torch.randn_like(real))).mean()).backward()
        of_generator.step()
    for ours, theirs in ((module.critic, critic), (module.generator, generator)):
        torch.testing.assert_close(dict(ours.named_parameters()), dict(theirs.named_parameters()), rtol=1e-5, atol=1e-6)


def test_the_state_of_the_penalty_is_in_its_checkpoints(trained, tmp_path):
    module, *_, trainer = trained
    trainer.save_checkpoint(tmp_path / "run.ckpt")
    other = type(module)()
    other.load_state_dict(torch.load(tmp_path / "run.ckpt", weights_only=False)["state_dict"])
    assert other.penalty.steps == 5
    real, fake = torch.randn(2, 8, 2)
    assert other.penalty(other.critic, real, fake) == module.penalty(module.critic, real, fake)
