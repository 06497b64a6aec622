"""What can be wrong with a thing of any kind, found by the check that is about it."""

from dataclasses import dataclass, field

import pytest
import torch
from fixtures.kits import assert_found, outcomes

from gpreg import ConstraintSpec, FormSpec, ObserverSpec, option
from gpreg.errors import UsageError
from gpreg.interfaces import Constraint, GradientForm, Observer
from gpreg.testing import thing_checks


@dataclass(frozen=True, kw_only=True)
class Right:
    width: int = option(8, ge=1, le=64, help="units")
    scale: float = option(0.5, gt=0, lt=1, help="share")
    rates: tuple[float, ...] = option((0.1, 0.2), ge=0, help="one for each player")
    near: float | None = option(None, ge=0, help="distance; none: any")
    names: dict[str, float] = option({}, gt=0, help="by name")
    kind: str = option("a", choices=("a", "b"), help="which")


@dataclass(frozen=True, kw_only=True)
class Silent:
    size: int = option(1, help="")


@dataclass(frozen=True, kw_only=True)
class BeyondItsBound:
    scale: float = option(0.0, gt=0, help="must not be 0")


@dataclass(frozen=True, kw_only=True)
class OfAnotherType:
    scale: int = option(0.5, help="a share")


@dataclass(frozen=True, kw_only=True)
class Equal:
    """Options that are never equal."""

    scale: float = option(0.5, help="a share")

    def __eq__(self, other):
        return False

    __hash__ = None


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A bound that is written twice, and differently."""

    size: int = option(3, ge=0, help="how many")
    more: int = field(default=0, metadata={"help": "more", "bounds": {}, "choices": ()})

    def __post_init__(self):
        if self.size < 0:
            raise ValueError("too small")


class Watching(Observer):
    def __init__(self, options=None):
        self.options = options


class Dividing(Watching):
    def __init__(self, options):
        super().__init__(options)
        self.share = 1 / options.size


class Refusing(Watching):
    def __init__(self, options):
        super().__init__(options)
        if options.size == 0:
            raise UsageError("nothing is watched")


class Drawing(Watching):
    def __init__(self, options=None):
        super().__init__(options)
        self.start_at = torch.rand(())


class Setting(Watching):
    def __init__(self, options=None):
        super().__init__(options)
        torch.set_default_dtype(torch.float64)


class Holds(Constraint):
    def __init__(self):
        super().__init__()
        self.generator = (each for each in ())


class Form(GradientForm):
    def __init__(self):
        self.power = lambda g: g.square()

    def __call__(self, grad):
        return self.power(grad).flatten(1).sum(1)


@pytest.fixture(autouse=True)
def _default_dtype():
    yield
    torch.set_default_dtype(torch.float32)


def made(factory, options=None, kind="observer", spec=ObserverSpec, **said):
    common = {"name": "subject", "summary": "under test", "factory": factory, "options": options}
    return kind, spec(**common | said), lambda name: thing_checks(kind, name)


@pytest.mark.parametrize("options", [None, Right])
def test_what_is_right_passes(options):
    assert outcomes(*made(Watching, options)) == {}


@pytest.mark.parametrize(
    ("thing", "check"),
    [
        (made(Watching, summary=""), "explains_itself"),
        (made(Watching, Silent), "explains_itself"),
        (made(dict), "is_of_its_kind"),
        (made(Watching, BeyondItsBound), "keeps_its_bounds"),
        (made(Watching, OfAnotherType), "keeps_its_bounds"),
        (made(Dividing, Hidden), "keeps_its_bounds"),
        (made(Refusing, Hidden), "keeps_its_bounds"),
        (made(Watching, Equal), "has_options_that_can_be_written"),
        (made(Drawing), "is_built_without_a_trace"),
        (made(Setting), "is_built_without_a_trace"),
        (made(Holds, kind="constraint", spec=ConstraintSpec), "can_be_copied"),
        (made(Form, kind="form", spec=FormSpec), "can_be_copied"),
    ],
)
def test_what_is_wrong_is_found(thing, check):
    assert_found(check, *thing)
