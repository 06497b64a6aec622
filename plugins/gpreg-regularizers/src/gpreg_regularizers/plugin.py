"""The hook that registers the regularizers."""

from gpreg import Citation, RegularizerSpec, hookimpl

_PROGRESSIVE = Citation(
    key="karras2018progressive",
    authors="Karras, Tero and Aila, Timo and Laine, Samuli and Lehtinen, Jaakko",
    title="Progressive Growing of GANs for Improved Quality, Stability, and Variation",
    year=2018,
    venue="International Conference on Learning Representations",
    arxiv="1710.10196",
    part="Appendix A.1",
)


@hookimpl
def gpreg_regularizers() -> list[RegularizerSpec]:
    """All regularizers."""
    return [
        RegularizerSpec(
            name="drift",
            factory="gpreg_regularizers.drift:Drift",
            options="gpreg_regularizers.options:DriftOptions",
            summary="keeps the critic's outputs near 0",
            formula="weight E[D(x_d)^2]",
            cites=(_PROGRESSIVE,),
        ),
    ]
