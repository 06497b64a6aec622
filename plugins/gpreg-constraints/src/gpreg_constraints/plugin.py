"""The hook that registers the constraints."""

from gpreg import Citation, ConstraintSpec, hookimpl

_WGAN = Citation(
    key="arjovsky2017wasserstein",
    authors="Arjovsky, Martin and Chintala, Soumith and Bottou, Leon",
    title="Wasserstein Generative Adversarial Networks",
    year=2017,
    venue="International Conference on Machine Learning",
    arxiv="1701.07875",
    part="Algorithm 1",
)

_MIYATO = Citation(
    key="miyato2018spectral",
    authors="Miyato, Takeru and Kataoka, Toshiki and Koyama, Masanori and Yoshida, Yuichi",
    title="Spectral Normalization for Generative Adversarial Networks",
    year=2018,
    venue="International Conference on Learning Representations",
    arxiv="1802.05957",
    part="eq. (8), Algorithm 1",
)
_SALIMANS = Citation(
    key="salimans2016weight",
    authors="Salimans, Tim and Kingma, Diederik P.",
    title="Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural Networks",
    year=2016,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1602.07868",
    part="eq. (2)",
)
_TAKIDA = Citation(
    key="takida2024san",
    authors="Takida, Yuhta and Imaizumi, Masaaki and Shibuya, Takashi and Lai, Chieh-Hsin and Uesaka, Toshimitsu and "
    "Murata, Naoki and Mitsufuji, Yuki",
    title="SAN: Inducing Metrizability of GAN with Discriminative Normalized Linear Layer",
    year=2024,
    venue="International Conference on Learning Representations",
    arxiv="2301.12811",
)
_JIA = Citation(
    key="jia2017improving",
    authors="Jia, Kui and Tao, Dacheng and Gao, Shenghua and Xu, Xiangmin",
    title="Improving Training of Deep Neural Networks via Singular Value Bounding",
    year=2017,
    venue="IEEE Conference on Computer Vision and Pattern Recognition",
    arxiv="1611.06013",
    part="Algorithm 1",
)


@hookimpl
def gpreg_constraints() -> list[ConstraintSpec]:
    """All constraints."""
    return [
        ConstraintSpec(
            name="clipping",
            factory="gpreg_constraints.clipping:Clipping",
            options="gpreg_constraints.options:ClippingOptions",
            summary="weights within a box, as the first WGAN had them",
            formula="|w| <= bound",
            cites=(_WGAN,),
        ),
        ConstraintSpec(
            name="spectral-norm",
            factory="gpreg_constraints.spectral_norm:SpectralNorm",
            options="gpreg_constraints.options:SpectralNormOptions",
            summary="weights divided by their largest singular value",
            formula="|W|_2 = 1",
            by="parametrisation",
            cites=(_MIYATO,),
        ),
        ConstraintSpec(
            name="weight-norm",
            factory="gpreg_constraints.weight_norm:WeightNorm",
            options="gpreg_constraints.options:WeightNormOptions",
            summary="length and direction of each output's weights are trained apart",
            formula="w = g v / |v|",
            by="parametrisation",
            cites=(_SALIMANS,),
        ),
        ConstraintSpec(
            name="san",
            factory="gpreg_constraints.san:SAN",
            options="gpreg_constraints.options:SANOptions",
            summary="the critic's last layer is a direction, trained by the Wasserstein loss alone",
            formula="D = <w / |w|, h>",
            by="parametrisation",
            cites=(_TAKIDA,),
        ),
        ConstraintSpec(
            name="orthogonal-projection",
            factory="gpreg_constraints.orthogonal_projection:OrthogonalProjection",
            options="gpreg_constraints.options:OrthogonalProjectionOptions",
            summary="rows or columns of each weight orthonormal after each step",
            formula="W W^T = gain^2 I or W^T W = gain^2 I",
            cites=(_JIA,),
        ),
    ]
