"""Make the spec of a user's object."""

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, make_dataclass
from typing import Any

from torch import nn

from gpreg.data.given import GivenOptions, GivenSource, check_given, name_of
from gpreg.errors import UsageError
from gpreg.interfaces import Architecture, Data, DatasetSource, Regularizer
from gpreg.interfaces.contract import broken_promise
from gpreg.objects.naming import first_line
from gpreg.objects.pair import Pair, PairArchitecture
from gpreg.objects.signature import call, options_dataclass, options_of_calls
from gpreg.registry.interface import interface_of
from gpreg.registry.kinds import ARCHITECTURE, DATASET, METRIC, Kind
from gpreg.registry.place import definition_of, place_of
from gpreg.registry.spec import SESSION, Spec

Make = Callable[[Mapping[str, Any]], Any]
"""A function that builds a thing from a table of options."""


@dataclass(frozen=True)
class Maker:
    """The factory in the spec of a user's object.

    Attributes:
        thing: the object; two networks are a :class:`Pair`.
        make: builds an instance of the kind's interface.
    """

    thing: Any
    make: Make

    @property
    def classes(self) -> tuple[object, ...]:
        """The classes of the object or of its parts; the function itself, if the object is one."""
        things = (self.thing.generator, self.thing.critic) if isinstance(self.thing, Pair) else (self.thing,)
        return tuple(map(definition_of, things))

    def __call__(self, options: Any = None) -> Any:
        """Build an instance of the kind's interface."""
        given = () if options is None else fields(options)
        return self.make({field.name: getattr(options, field.name) for field in given})


def spec_of(kind: Kind[Any, Any], thing: Any, *, name: str, package: str = SESSION) -> Spec:
    """The spec of a user's object.

    Args:
        kind: the kind that the object is to be of.
        thing: an instance of the kind's interface, a class of such, or a function that returns one; or a pair of
            networks, or samples, see :class:`gpreg.objects.Pair` and :class:`gpreg.data.GivenSource`.
        name: the name in the spec.
        package: the package in the spec.

    Raises:
        UsageError: the object cannot be of this kind.
    """
    interface = _interface(kind)
    said: dict[str, Any] = {"place": place_of(thing)}
    options: type | None
    if isinstance(thing, interface):
        options, make = None, _instance(kind, thing)
    elif inspect.isclass(thing) or inspect.isroutine(thing):
        options, make = _made(kind, thing, interface)
        if kind is DATASET:
            said["availability"] = "folder"  # as of a folder, whether there are labels is known when it is opened
    elif kind is ARCHITECTURE and (pair := Pair.of(thing)) is not None:
        thing = pair
        options, make = _pair(pair)
        said["place"] = " and ".join(dict.fromkeys(place_of(each) for each in (pair.generator, pair.critic)))
    elif kind is DATASET:
        options, make = GivenOptions, lambda table: GivenSource(thing, GivenOptions(**table))
        source = GivenSource(thing)  # refuses what is no data
        shape, classes, size = source.look()
        known = "bundled" if classes else "folder"  # whose labels are looked for when it is opened
        said |= {"shape": str(shape), "classes": classes, "size": size, "availability": known}
        said["place"] = name_of(source.train)
    else:
        raise _refused(kind, thing, interface)
    if kind is ARCHITECTURE:
        said["conditional"] = True  # whether networks accept labels shows only when they are first run
    if kind is METRIC and isinstance(values := getattr(thing, "values", None), Mapping):
        said["values"] = dict(values)
    summary = first_line(thing) or f"{said['place']}, given itself"
    spec: Spec = kind.spec(
        name=name, factory=Maker(thing, make), summary=summary, options=options, package=package, **said
    )
    return spec


def _instance(kind: Kind[Any, Any], thing: Any) -> Make:
    if problem := broken_promise(thing):
        raise UsageError(f"the {kind} {place_of(thing)} {problem}")
    copied = isinstance(thing, nn.Module | Regularizer)  # so that each run begins with the state that was given
    return lambda _: copy.deepcopy(thing) if copied else thing


def _made(kind: Kind[Any, Any], maker: Any, interface: type) -> tuple[type | None, Make]:
    """Options class and builder for a class or function, whose keyword arguments are the options."""
    if inspect.isclass(maker) and not issubclass(maker, interface) and not _may_become(kind, maker):
        raise _refused(kind, maker, interface)
    if inspect.isabstract(maker):
        missing = ", ".join(sorted(maker.__abstractmethods__))
        raise UsageError(f"the {kind} {place_of(maker)} does not define {missing}, as {_called(interface)} asks")
    what = f"the {kind} {place_of(maker)}"
    if (declared := options_dataclass(maker)) is not None:
        (parameter,) = inspect.signature(maker).parameters
        return declared, lambda table: call(maker, {}, given={parameter: declared(**table)}, what=what)
    options = options_of_calls([maker])
    if kind is DATASET and not (inspect.isclass(maker) and issubclass(maker, DatasetSource)):
        options = _merged(options, GivenOptions)
    return options, lambda table: _finished(kind, call(maker, table, what=what), table)


def _finished(kind: Kind[Any, Any], made: Any, options: Mapping[str, Any]) -> Any:
    """Wrap what a class or function has made as an instance of the interface, if it is known how to do that."""
    if kind is ARCHITECTURE and not isinstance(made, Architecture) and (pair := Pair.of(made)) is not None:
        return PairArchitecture(pair)
    if kind is DATASET and not isinstance(made, DatasetSource):
        known = {field.name for field in fields(GivenOptions)}
        return GivenSource(made, GivenOptions(**{key: value for key, value in options.items() if key in known}))
    return made


def _pair(pair: Pair) -> tuple[type | None, Make]:
    makers = [network for network in (pair.generator, pair.critic) if not isinstance(network, nn.Module)]
    if problem := broken_promise(PairArchitecture(pair)):
        raise UsageError(f"the pair of networks {problem}")
    return options_of_calls(makers, given=["spec"]), lambda table: PairArchitecture(pair, table)


def _interface(kind: Kind[Any, Any]) -> type:
    if kind.interface is None or kind.recipe is None:
        raise UsageError(f"no {kind} can be given as an object", remedy="only what a recipe names can")
    interface: type = interface_of(kind)
    return interface


def _may_become(kind: Kind[Any, Any], cls: type) -> bool:
    """Whether instances of a class can be wrapped as a thing of the kind, though they lack its interface."""
    if kind is ARCHITECTURE:
        return issubclass(cls, Pair)
    return kind is DATASET and (issubclass(cls, Data) or hasattr(cls, "__getitem__"))


def _refused(kind: Kind[Any, Any], thing: Any, interface: type) -> UsageError:
    came = f"the class {place_of(thing)}" if inspect.isclass(thing) else f"a {place_of(thing)}"
    wanted = f"a {_called(interface)}, a class of such, or a function that returns one"
    if kind is ARCHITECTURE:
        wanted = f"a pair (generator, critic) of torch.nn.Modules or of what makes them, or {wanted}"
    if kind is DATASET:
        try:
            check_given(thing)
        except UsageError as error:
            return error
    return UsageError(
        f"the {kind} is {came}; it must be a name, or {wanted}", remedy=f"`{kind.listing}` lists the names"
    )


def _called(interface: type) -> str:
    return f"gpreg.interfaces.{interface.__name__}"


def _merged(first: type | None, second: type) -> type:
    """An options dataclass with the fields of both; those of the first take precedence."""
    if first is None:
        return second
    names = {field.name for field in fields(first)}
    more = [(field.name, field.type, field) for field in fields(second) if field.name not in names]
    return make_dataclass(first.__name__, more, bases=(first,), frozen=True, kw_only=True)
