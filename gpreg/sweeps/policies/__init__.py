"""Policies: which coefficient each row of a sweep is given. They are pure: no torch, no file, no clock, no chance."""

from gpreg.sweeps.policies.choice import Tuned
from gpreg.sweeps.policies.confounding import confounded
from gpreg.sweeps.policies.policy import Policy
from gpreg.sweeps.policies.reference import stated
from gpreg.sweeps.policies.table import policy_of
from gpreg.sweeps.policies.template import Demand, Template, Waiting, Wanted
from gpreg.sweeps.policies.words import table_of

__all__ = [
    "Demand",
    "Policy",
    "Template",
    "Tuned",
    "Waiting",
    "Wanted",
    "confounded",
    "policy_of",
    "stated",
    "table_of",
]
