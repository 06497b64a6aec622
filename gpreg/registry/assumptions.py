"""The assumptions of the convergence theorem, as data: what each says, where it stands, and what it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Claimed = Literal["holds", "fails", "depends"]
"""What a plugin claims of an assumption, for any data and networks."""

Verdict = Literal["holds", "violated", "undecided"]
"""What a check finds for one case; the words are in the same order as those of :data:`Claimed`."""

FOUND: Mapping[Claimed, Verdict] = {"holds": "holds", "fails": "violated", "depends": "undecided"}
"""The verdict that corresponds to a claim."""

CLAIMED: Mapping[Verdict, Claimed] = {verdict: claimed for claimed, verdict in FOUND.items()}
"""The claim that corresponds to a verdict."""

MARKS: Mapping[str, str] = {"holds": "✓", "fails": "✗", "violated": "✗", "depends": "~", "undecided": "~"}
"""The mark that stands for a claim or a verdict in a table."""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """One assumption of Theorem 1 of Kim, Park and Hwang, in its corrected form.

    Attributes:
        name: its number, e.g. ``"6b"``.
        short: the statement in a few words.
        statement: the statement in full. S is the support of p_d, (psi*, theta*) the equilibrium, D* the critic
            there, mu* the limit of the penalty measure, B = d^2 D* / dx dpsi (d x p), Q the mean of ``B^T B`` under
            mu* (p x p).
        purpose: what the proof needs the assumption for.
        source: where the paper states it, and how the form given here differs, if it does.
    """

    name: str
    short: str
    statement: str
    purpose: str
    source: str

    def __str__(self) -> str:
        return self.short


_PAPER = "Kim, Park and Hwang (2018)"

ASSUMPTIONS = {
    assumption.name: assumption
    for assumption in (
        Assumption(
            name="1",
            short="p_g tends to p_d, and D* is constant on S and around it",
            statement="p_theta tends to p_d as theta tends to theta*, and D* is constant on a neighbourhood of S.",
            purpose="At the equilibrium neither player has anything to gain: both gradients vanish, and with them the "
            "second derivatives of the loss by psi.",
            source=f"{_PAPER}, Assumption 1, which asks for D* = 0: a bias of the last layer makes every constant an "
            "equilibrium of a Wasserstein loss, so 0 is read as constant.",
        ),
        Assumption(
            name="2",
            short="penalty and mismatch are constant along smooth zero sets",
            statement="The zero sets of h(psi) = E_mu*[|grad_x D|^2] at psi* and of g(theta) = |E_pd[grad_psi D*] - "
            "E_ptheta[grad_psi D*]|^2 at theta* are smooth manifolds whose tangent spaces are the null spaces of the "
            "Hessians (h and g are Morse-Bott).",
            purpose="Directions that the linearised game does not see must not move it at higher order.",
            source=f"{_PAPER}, Assumption 2, which asks for h and g to be constant along the straight null spaces. "
            "That fails for a hidden layer whose zero set is curved, though the game is stable.",
        ),
        Assumption(
            name="3",
            short="D* is constant on the supports of all p_g near the equilibrium",
            statement="There is an eps > 0 such that D* is constant on the supports of all p_theta with "
            "|theta - theta*| < eps.",
            purpose="The generator's gradient stays zero while theta moves, so that J has a zero block.",
            source=f"{_PAPER}, Assumption 3.",
        ),
        Assumption(
            name="4",
            short="no bad equilibrium is near",
            statement="Every equilibrium near (psi*, theta*) satisfies the other assumptions as well.",
            purpose="A neighbouring point to which the game converges is as good as the equilibrium itself.",
            source=f"{_PAPER}, Assumption 4; up to constants of D, as in assumption 1.",
        ),
        Assumption(
            name="5a",
            short="mu does not depend on the critic, and converges",
            statement="mu = mu_theta does not depend on psi, and tends to mu* as theta tends to theta*, with the "
            "second moments of B.",
            purpose="The penalty has no derivative but that of the critic.",
            source=f"{_PAPER}, Assumption 5a. Weak convergence alone is not enough where B is unbounded.",
        ),
        Assumption(
            name="5b",
            short="the limit of mu covers S",
            statement="S is contained in the support of mu*.",
            purpose="What the penalty does not see, the generator does not see either: N(Q) lies in N(R^T).",
            source=f"{_PAPER}, Assumption 5b.",
        ),
        Assumption(
            name="5c",
            short="near the equilibrium mu stays close to S",
            statement="There is an eps > 0 such that the support of mu_theta lies in a small neighbourhood of S, a "
            "tube around S on which D* is constant by assumption 1, for all |theta - theta*| < eps.",
            purpose="The penalty is zero at the equilibrium, and stays so while theta moves.",
            source=f"{_PAPER}, Assumption 5c, with B(S) read as a small neighbourhood: the whole space is one of S, "
            "too, and with it every measure would meet 5c. What leaves the tube is a matter of 6c.",
        ),
        Assumption(
            name="6a",
            short="the support of mu depends on the generator alone; mass and mu are smooth in the critic",
            statement="The support of mu depends on theta alone; near the equilibrium mu has two weak derivatives by "
            "psi, which are finite signed measures, and its mass is bounded and twice differentiable in psi.",
            purpose="The penalty of a measure that depends on the critic can be differentiated.",
            source=f"{_PAPER}, Assumption 6a, the weak form of 5a.",
        ),
        Assumption(
            name="6b",
            short="the limit of mu covers S, or Q is positive definite",
            statement="S is contained in the support of mu*, or Q = E_mu*[B^T B], p x p, is positive definite.",
            purpose="Every direction in which the generator moves the critic is damped.",
            source=f"{_PAPER}, Assumption 6b, the weak form of 5b. Its text has the d x d matrix E[B B^T], with "
            "which the theorem is false; its appendix C has Q.",
        ),
        Assumption(
            name="6c",
            short="near the equilibrium mu stays where grad D* = 0",
            statement="There is an open set V that contains the supports of mu_theta for all |theta - theta*| < eps, "
            "with grad_x D* = 0 on V.",
            purpose="The penalty is zero at the equilibrium, and stays so while theta moves.",
            source=f"{_PAPER}, Assumption 6c, the weak form of 5c.",
        ),
        Assumption(
            name="H0",
            short="the generator is a differentiable reparametrisation",
            statement="p_theta is the law of G(z; theta) with G differentiable in theta for a law of z that does not "
            "depend on theta, and differentiation under the integral is allowed.",
            purpose="R = E[d^2 D / dpsi dx . dG / dtheta], so that what Q does not see, R does not see either.",
            source=f"{_PAPER} use it silently, in the step from 6b to N(Q) in N(R^T). Without it mass may move between "
            "components of S where the penalty does not look.",
        ),
    )
}
"""Every assumption, by its number. Assumptions 6a to 6c are the weak versions of 5a to 5c."""
