"""The hooks that register the penalty measures of the papers' tables, and the gradient forms."""

from gpreg import FormSpec, MeasureSpec, hookimpl
from gpreg_measures import citations, claims

_SQUARED = "E[|grad D|^2]"


@hookimpl
def gpreg_measures() -> list[MeasureSpec]:
    """The penalty measures, in the order of the papers' table."""
    return [
        MeasureSpec(
            name="wgan",
            factory="gpreg_measures.clipping:Clipping",
            options="gpreg_measures.options:ClippingOptions",
            summary="no penalty; the critic's weights are clipped",
            penalty="none (weight clipping)",
            sampling="none",
            mass="0",
            claims=claims.CLIPPING,
            cites=(citations.WGAN, citations.TABLE),
        ),
        MeasureSpec(
            name="wgan-gp",
            factory="gpreg_measures.interpolates:Segment",
            summary="one-centered penalty between real and fake; not a simple gradient penalty",
            form="one-centered",
            penalty="E[(|grad D| - 1)^2]",
            sampling="x = a x_d + (1-a) x_g",
            cites=(citations.WGAN_GP, citations.TABLE),
        ),
        MeasureSpec(
            name="pg",
            factory="gpreg_measures.endpoints:Fake",
            summary="the fake samples (R2)",
            penalty=_SQUARED,
            sampling="x = x_g",
            claims=claims.FAKE,
            cites=(citations.R1, citations.TABLE),
        ),
        MeasureSpec(
            name="pd",
            factory="gpreg_measures.endpoints:Real",
            summary="the real samples (R1)",
            penalty=_SQUARED,
            sampling="x = x_d",
            claims=claims.REAL,
            cites=(citations.R1, citations.TABLE),
        ),
        MeasureSpec(
            name="gp",
            factory="gpreg_measures.interpolates:Segment",
            summary="between real and fake, zero-centred (0-GP)",
            penalty=_SQUARED,
            sampling="x = a x_d + (1-a) x_g",
            claims=claims.SEGMENTS,
            cites=(citations.ZERO_GP, citations.TABLE),
        ),
        MeasureSpec(
            name="mid",
            factory="gpreg_measures.interpolates:Midpoint",
            summary="halfway between real and fake",
            penalty=_SQUARED,
            sampling="x = (x_d + x_g) / 2",
            claims=claims.MIDPOINTS,
            cites=(citations.TABLE,),
        ),
        MeasureSpec(
            name="g-anc",
            factory="gpreg_measures.anchored:Anchored",
            options="gpreg_measures.options:AnchorOptions",
            summary="between a fixed anchor and fake",
            penalty=_SQUARED,
            sampling="x = a A + (1-a) x_g",
            claims=claims.ANCHORED,
            cites=(citations.TABLE,),
        ),
        MeasureSpec(
            name="pd+pg",
            factory="gpreg_measures.endpoints:RealAndFake",
            summary="the real and the fake samples (R1 + R2)",
            penalty=_SQUARED,
            sampling="x = x_d, and x = x_g",
            mass="2",
            claims=claims.ENDPOINTS,
            cites=(citations.R1,),
        ),
        MeasureSpec(
            name="mixture",
            factory="gpreg_measures.mixture:Mixture",
            options="gpreg_measures.options:MixtureOptions",
            summary="a weighted sum of any measures",
            penalty=_SQUARED,
            sampling="the points of each part",
            mass="sum of w_k M_k",
            claims=claims.MIXED,
            cites=(citations.KIM,),
        ),
        MeasureSpec(
            name="dragan",
            factory="gpreg_measures.neighbourhoods:Blurred",
            options="gpreg_measures.options:NoiseOptions",
            summary="around the real samples; claims are for the form squared",
            form="one-centered",
            penalty="E[(|grad D| - 1)^2]",
            sampling="x = x_d + noise",
            claims=claims.NOISY,
            cites=(citations.DRAGAN,),
        ),
        MeasureSpec(
            name="box",
            factory="gpreg_measures.neighbourhoods:Box",
            options="gpreg_measures.options:BoxOptions",
            summary="uniform on a box",
            penalty=_SQUARED,
            sampling="x ~ U(low, high)^d",
            claims=claims.BOX,
            cites=(citations.KIM,),
        ),
        MeasureSpec(
            name="latent-path",
            factory="gpreg_measures.latent_path:LatentPath",
            options="gpreg_measures.options:LatentPathOptions",
            summary="on a generated path from fake to real, with a trained encoder E",
            penalty=_SQUARED,
            sampling="x = G(a E(x_d) + (1-a) z)",
            claims=claims.LATENT,
            cites=(citations.LATENT_PATH,),
        ),
        MeasureSpec(
            name="js",
            factory="gpreg_measures.jensen_shannon:JensenShannon",
            options="gpreg_measures.options:JensenShannonOptions",
            summary="real and fake, weighted by the critic's own error (Roth et al.)",
            penalty=_SQUARED,
            sampling="x = x_d by (1-s)^2, x = x_g by s^2",
            mass="depends on D, <= 2",
            claims=claims.WEIGHTED,
            cites=(citations.ROTH,),
        ),
    ]


@hookimpl
def gpreg_forms() -> list[FormSpec]:
    """The gradient forms."""
    return [
        FormSpec(
            name="squared",
            factory="gpreg_measures.forms:Squared",
            summary="zero-centred: the simple gradient penalty of the theorem",
            formula="|g|^2",
            simple=True,
            cites=(citations.KIM,),
        ),
        FormSpec(
            name="one-centered",
            factory="gpreg_measures.forms:OneCentered",
            options="gpreg_measures.options:CentreOptions",
            summary="draws the norm to 1, as WGAN-GP does",
            formula="(|g| - c)^2",
            cites=(citations.WGAN_GP,),
        ),
        FormSpec(
            name="one-sided",
            factory="gpreg_measures.forms:OneSided",
            options="gpreg_measures.options:OneSidedOptions",
            summary="penalises norms above 1 only, as WGAN-LP does; squared or not",
            formula="max(0, |g| - b)^2",
            cites=(citations.WGAN_LP,),
        ),
        FormSpec(
            name="power",
            factory="gpreg_measures.forms:Power",
            options="gpreg_measures.options:PowerOptions",
            summary="any power of the norm; with rho = 2 it is the penalty of WGAN-div",
            formula="k |g|^p",
            cites=(citations.WGAN_DIV,),
        ),
    ]
