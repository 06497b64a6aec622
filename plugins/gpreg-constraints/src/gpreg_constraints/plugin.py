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
    ]
