"""The case that is checked: a check's context, with the answers to questions that several checks ask."""

from dataclasses import fields
from functools import cached_property
from typing import Self

from gpreg.interfaces import CheckContext, PenaltyBatch
from gpreg_theory.checks.evidence.constant import constant_by_structure
from gpreg_theory.checks.evidence.dependence import Dependence, Structure, dependence, structure
from gpreg_theory.checks.evidence.draws import frozen, trimmed
from gpreg_theory.checks.evidence.form import FormAtZero, form_at_zero


class Case(CheckContext):
    """A context that also answers what several checks ask, and computes each answer once."""

    @classmethod
    def of(cls, context: CheckContext) -> Self:
        """Make a case of a context; a case is returned as it is."""
        if isinstance(context, cls):
            return context
        return cls(**{field.name: getattr(context, field.name) for field in fields(CheckContext)})

    @property
    def pair(self) -> tuple[PenaltyBatch, PenaltyBatch]:
        """Both batches."""
        return self.batch, self.second_batch

    @cached_property
    def trimmed(self) -> tuple[PenaltyBatch, PenaltyBatch]:
        """Both batches, cut to as many samples as statistics use."""
        return trimmed(self.batch), trimmed(self.second_batch)

    @cached_property
    def form_at_zero(self) -> FormAtZero:
        """How the gradient form acts near a gradient of 0."""
        return form_at_zero(self.form)

    @property
    def of_the_theorem(self) -> bool:
        """Whether the form is declared to act like the theorem's ``|grad D|^2``, and does so near a gradient of 0."""
        return self.simple and self.form_at_zero.simple

    @cached_property
    def constant(self) -> str:
        """Why D is constant everywhere by its structure, in words; empty if it is not."""
        return constant_by_structure(self.batch.critic, self.batch) or ""

    @cached_property
    def structures(self) -> tuple[Structure, Structure]:
        """Which parts of the measure cannot depend on the critic, on each batch."""
        first, second = (structure(self.measure, batch) for batch in self.trimmed)
        return first, second

    @property
    def independent(self) -> bool:
        """Whether mu cannot depend on the critic."""
        return all(found.independent for found in self.structures)

    @property
    def fixed_points(self) -> bool:
        """Whether mu's points cannot depend on the critic, whatever its weights do."""
        return all(found.points for found in self.structures)

    @cached_property
    def dependences(self) -> tuple[Dependence, Dependence]:
        """How the measure's draws change with the critic, on each batch."""
        first, second = (dependence(self.measure, frozen(batch)) for batch in self.trimmed)
        return first, second
