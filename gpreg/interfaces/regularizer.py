"""A regularizer: terms of one player or of both, under one name."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gpreg.interfaces.term import Term

PlayerName = Literal["critic", "generator"]
"""A player, as recipes and the keys of :attr:`Regularizer.terms` name it."""


class Regularizer(ABC):
    """What a recipe names in ``[[regularizers]]``: a :class:`Term` of one player, or a :class:`TermPair`.

    >>> from gpreg import load_registry
    >>> regularizer = load_registry().build("regularizer", "drift")
    >>> isinstance(regularizer, Regularizer), list(regularizer.terms)
    (True, ['critic'])
    """

    @property
    @abstractmethod
    def terms(self) -> "Mapping[PlayerName, Term]":
        """The term of each player that it regularizes."""


class TermPair(Regularizer):
    """A term of the critic and one of the generator, such as those of latent consistency.

    Args:
        critic, generator: the terms. A common module of both may be a submodule of either.

    >>> from gpreg.interfaces import Term
    >>> class Nothing(Term):
    ...     def forward(self, batch):
    ...         return batch.fake.new_zeros(())
    >>> sorted(TermPair(critic=Nothing(), generator=Nothing()).terms)
    ['critic', 'generator']
    """

    def __init__(self, *, critic: "Term", generator: "Term") -> None:
        self._terms: dict[PlayerName, Term] = {"critic": critic, "generator": generator}

    @property
    def terms(self) -> "Mapping[PlayerName, Term]":
        """The term of each player."""
        return self._terms
