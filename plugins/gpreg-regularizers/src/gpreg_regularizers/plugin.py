"""The hook that registers the regularizers."""

from dataclasses import replace

from gpreg import RegularizerSpec, hookimpl
from gpreg_regularizers import citations

_AUGMENTATION = "an augmentation for such samples"


@hookimpl
def gpreg_regularizers() -> list[RegularizerSpec]:
    """All regularizers; in their formulas T is an augmentation, and d ~ N(0, sigma^2 I)."""
    return [
        RegularizerSpec(
            name="drift",
            factory="gpreg_regularizers.drift:Drift",
            options="gpreg_regularizers.options:DriftOptions",
            summary="keeps the critic's outputs near 0",
            formula="weight E[D(x_d)^2]",
            cites=(citations.PROGRESSIVE,),
        ),
        RegularizerSpec(
            name="lecam",
            factory="gpreg_regularizers.lecam:LeCam",
            options="gpreg_regularizers.options:LeCamOptions",
            summary="keeps the critic's outputs from leaving their running means, for few data",
            formula="weight (E[f(D(x_d) - a_g)^2] + E[f(a_d - D(x_g))^2]), a the running means of D, f relu or not",
            needs="two averages, saved with the run",
            cites=(citations.LECAM,),
        ),
        RegularizerSpec(
            name="consistency",
            factory="gpreg_regularizers.consistency:Consistency",
            options="gpreg_regularizers.options:ConsistencyOptions",
            summary="CR: the critic says the same of a real sample and of an augmented one",
            formula="weight E[(D(x_d) - D(T x_d))^2]",
            needs=_AUGMENTATION,
            cites=(citations.CR,),
        ),
        RegularizerSpec(
            name="balanced-consistency",
            factory="gpreg_regularizers.balanced_consistency:BalancedConsistency",
            options="gpreg_regularizers.options:BalancedConsistencyOptions",
            summary="bCR: the same of real and of generated samples",
            formula="real_weight E[(D(x_d) - D(T x_d))^2] + fake_weight E[(D(x_g) - D(T x_g))^2]",
            needs=_AUGMENTATION,
            cites=(replace(citations.ICR, part="Algorithm 1"),),
        ),
        RegularizerSpec(
            name="latent-consistency",
            factory="gpreg_regularizers.latent_consistency:latent_consistency",
            options="gpreg_regularizers.options:LatentConsistencyOptions",
            summary="zCR: samples of near codes differ, and the critic does not mind",
            formula="critic_weight E[(D(G(z)) - D(G(z + d)))^2] and -generator_weight E[|G(z) - G(z + d)|^2]/n",
            player="both",
            needs="codes",
            cites=(replace(citations.ICR, part="Algorithm 2"),),
        ),
        RegularizerSpec(
            name="improved-consistency",
            factory="gpreg_regularizers.improved_consistency:improved_consistency",
            options="gpreg_regularizers.options:ImprovedConsistencyOptions",
            summary="ICR: bCR and zCR together",
            formula="balanced-consistency + latent-consistency",
            player="both",
            needs="an augmentation for such samples, codes",
            cites=(citations.ICR,),
        ),
        RegularizerSpec(
            name="path-length",
            factory="gpreg_regularizers.path_length:PathLength",
            options="gpreg_regularizers.options:PathLengthOptions",
            summary="equal steps in the codes change samples equally, computed lazily",
            formula="weight E[(|J^T y| - a)^2], J = dG/dz, a the running mean of |J^T y|",
            player="generator",
            needs="codes; one average, saved with the run",
            cites=(citations.PATH_LENGTH,),
        ),
        RegularizerSpec(
            name="orthogonal",
            factory="gpreg_regularizers.orthogonal:Orthogonal",
            options="gpreg_regularizers.options:OrthogonalOptions",
            summary="the filters of a layer are orthogonal to each other, whatever their lengths",
            formula="weight sum_W |W^T W * (1 - I)|_F^2",
            player="generator",
            needs="layers with two filters or more",
            cites=(citations.BIGGAN,),
        ),
        RegularizerSpec(
            name="mode-seeking",
            factory="gpreg_regularizers.mode_seeking:ModeSeeking",
            options="gpreg_regularizers.options:ModeSeekingOptions",
            summary="other codes give other samples",
            formula="weight / (r + 1e-5) or -weight r, r = E|G(z_1) - G(z_2)| / E|z_1 - z_2|",
            player="generator",
            needs="codes, two or more at a time",
            cites=(citations.MODE_SEEKING,),
        ),
        RegularizerSpec(
            name="feature-matching",
            factory="gpreg_regularizers.feature_matching:FeatureMatching",
            options="gpreg_regularizers.options:FeatureMatchingOptions",
            summary="real and generated samples have the same mean of the critic's features",
            formula="weight |E[h(x_g)] - E[h(x_d)]|, h what enters the critic's last layer",
            player="generator",
            needs="a critic with linear or convolutional layers",
            cites=(citations.IMPROVED_TECHNIQUES,),
        ),
    ]
