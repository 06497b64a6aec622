"""The checks of gpreg-theory, in the order in which they are made, as any package's are registered."""

from gpreg import CheckSpec

CHECKS = tuple(
    CheckSpec(name=name, factory=f"gpreg_theory.checks.{module}:check", summary=summary)
    for name, module, summary in (
        ("declared", "declared", "All but H0: what the measure's package declares, and whether the form allows it."),
        ("1-3-6c-constant-critic", "assumption_1_3_6c_constant_critic", "Whether the critic is constant."),
        ("2-zero-sets", "assumption_2_zero_sets", "Whether penalty and mismatch vanish on smooth sets."),
        ("4-other-equilibria", "assumption_4_other_equilibria", "Whether a bad equilibrium is near."),
        ("5a-6a-independence", "assumption_5a_6a_independence", "Whether the measure depends on the critic."),
        ("6a-moving-support", "assumption_6a_moving_support", "Whether its support moves with the critic."),
        ("5a-limit", "assumption_5a_limit", "Whether it tends to a limit with the model."),
        ("6a-smooth-mass", "assumption_6a_smooth_mass", "Whether its mass is smooth in the critic."),
        ("6a-weak-derivative", "assumption_6a_weak_derivative", "Whether it is weakly differentiable in the critic."),
        ("5b-5c-support", "assumption_5b_5c_support", "Whether its limit covers the data, and stays close to it."),
        ("5c-6c-stray-mass", "assumption_5c_6c_stray_mass", "Whether the generator leaves mass behind, far off."),
        ("6b-damped-directions", "assumption_6b_damped_directions", "Whether the penalty sees what moves the critic."),
        ("h0-reparametrisation", "assumption_h0_reparametrisation", "Whether the generator moves its samples."),
        ("5a-5c-latent-paths", "assumption_5a_5c_latent_paths", "Whether paths between codes stay with the data."),
    )
)
