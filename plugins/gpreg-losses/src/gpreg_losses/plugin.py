"""The hook that registers the losses."""

from gpreg import Citation, LossSpec, hookimpl

_WGAN = Citation(
    key="arjovsky2017wasserstein",
    authors="Arjovsky, Martin and Chintala, Soumith and Bottou, Leon",
    title="Wasserstein Generative Adversarial Networks",
    year=2017,
    venue="International Conference on Machine Learning",
    arxiv="1701.07875",
)
_GAN = Citation(
    key="goodfellow2014generative",
    authors="Goodfellow, Ian and Pouget-Abadie, Jean and Mirza, Mehdi and Xu, Bing and Warde-Farley, David and "
    "Ozair, Sherjil and Courville, Aaron and Bengio, Yoshua",
    title="Generative Adversarial Nets",
    year=2014,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1406.2661",
)
_HINGE = Citation(
    key="lim2017geometric",
    authors="Lim, Jae Hyun and Ye, Jong Chul",
    title="Geometric GAN",
    year=2017,
    venue="arXiv preprint",
    arxiv="1705.02894",
)
_LSGAN = Citation(
    key="mao2017least",
    authors="Mao, Xudong and Li, Qing and Xie, Haoran and Lau, Raymond and Wang, Zhen and Smolley, Stephen Paul",
    title="Least Squares Generative Adversarial Networks",
    year=2017,
    venue="International Conference on Computer Vision",
    arxiv="1611.04076",
)
_RPGAN = Citation(
    key="jolicoeurmartineau2019relativistic",
    authors="Jolicoeur-Martineau, Alexia",
    title="The relativistic discriminator: a key element missing from standard GAN",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1807.00734",
)
_R3GAN = Citation(
    key="huang2024gan",
    authors="Huang, Yiwen and Gokaslan, Aaron and Kuleshov, Volodymyr and Tompkin, James",
    title="The GAN is dead; long live the GAN! A Modern GAN Baseline",
    year=2024,
    venue="Advances in Neural Information Processing Systems",
    arxiv="2501.05441",
)
_LOCAL = Citation(
    key="nagarajan2017gradient",
    authors="Nagarajan, Vaishnavh and Kolter, J. Zico",
    title="Gradient descent GAN optimization is locally stable",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1706.04156",
)


@hookimpl
def gpreg_losses() -> list[LossSpec]:
    """All losses; in their formulas ``s`` is the sigmoid, and D the critic's raw output."""
    return [
        LossSpec(
            name="wasserstein",
            factory="gpreg_losses.concave:wasserstein",
            summary="the difference of means: an estimate of W1 if the critic is 1-Lipschitz",
            critic="D(x_g) - D(x_d)",
            generator="-D(x_g)",
            cites=(_WGAN,),
        ),
        LossSpec(
            name="non-saturating",
            factory="gpreg_losses.concave:non_saturating",
            summary="the original GAN with the -log D trick",
            critic="-log s(D(x_d)) - log(1 - s(D(x_g)))",
            generator="-log s(D(x_g))",
            cites=(_GAN,),
        ),
        LossSpec(
            name="minimax",
            factory="gpreg_losses.concave:minimax",
            summary="the original GAN as a zero-sum game",
            critic="-log s(D(x_d)) - log(1 - s(D(x_g)))",
            generator="log(1 - s(D(x_g)))",
            cites=(_GAN,),
        ),
        LossSpec(
            name="hinge",
            factory="gpreg_losses.concave:hinge",
            summary="outputs beyond the margin count no more",
            critic="max(0, 1 - D(x_d)) + max(0, 1 + D(x_g))",
            generator="-D(x_g)",
            cites=(_HINGE,),
        ),
        LossSpec(
            name="least-squares",
            factory="gpreg_losses.concave:least_squares",
            summary="regression on the labels 1 and -1",
            critic="(D(x_d) - 1)^2 / 2 + (D(x_g) + 1)^2 / 2",
            generator="(D(x_g) - 1)^2 / 2",
            cites=(_LSGAN,),
        ),
        LossSpec(
            name="relativistic",
            factory="gpreg_losses.relativistic:Relativistic",
            summary="each fake against one real; R3GAN with the measure pd+pg",
            critic="softplus(D(x_g) - D(x_d))",
            generator="softplus(D(x_d) - D(x_g))",
            cites=(_RPGAN, _R3GAN),
        ),
        LossSpec(
            name="concave-f",
            factory="gpreg_losses.concave:concave_f",
            options="gpreg_losses.options:ConcaveOptions",
            summary="any concave f, with any of three generators",
            critic="-f(D(x_d)) - f(-D(x_g))",
            generator="f(-D(x_g)), -f(D(x_g)) or -D(x_g)",
            cites=(_LOCAL,),
        ),
    ]
