"""The names of the toys for help and completion, because importing the toys themselves imports torch."""

TOYS = {
    "dirac": "D = psi x, data at 0, model at theta; only the mass of the measure counts",
    "uniform": "D = psi x^2, data U(-1, 1), model theta U(-1, 1); the measure counts by E_mu[x^2]",
    "degenerate": "D = psi x^2, data at 0, model at theta; a line of equilibria, and D vanishes at one of them only",
    "two-mode": "D = psi_1 x + psi_2 x^2, model theta_1 + theta_2 U(-1, 1); one rho for two modes",
    "ring": "a critic that sees each atom by itself; measures differ by how much they cover",
    "mass-transfer": "a generator that is no reparametrisation; penalties on p_d and p_g do not damp it",
}
"""Each toy's name and summary, the same as in :data:`gpreg_theory.toys.catalogue.TOYS`."""

ALIASES = {"lemma-1": "dirac", "lemma-2": "uniform", "lemma-3": "degenerate"}

OWN = {"degenerate": ("gp",)}
"""Where none is chosen, the measure that the source of a toy uses."""

LISTED = "\b\nToys:\n" + "\n".join(f"  {toy:13}  {text}" for toy, text in TOYS.items())
"""The list of toys as help shows it."""
