"""Bad recipes: whatever a file says, it is read or refused with what is wrong, quickly."""

import datetime
import random

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import ExitCode, GpregError
from gpreg.recipe import clashes, load, override, read, resolve, write
from gpreg.recipe.layout import ORDER, PLUGINS, SETTINGS
from gpreg.registry.options import describe

pytestmark = pytest.mark.fuzz

RECIPES = ["plane", "digits-resnet-stable", "kim-8gaussians-clip", "mescheder-cifar10", "r3gan-stacked-mnist"]
PIECES = [
    *("[", "]", "[[", "]]", "{", "}", '"', "'", '"""', "'''", "=", ".", ",", "#", "\n", "\r\n", "\r", "\\", "\t", "_"),
    *("\x00", "\x1b[31m", "\ufeff", "\u202e", "inf", "-nan", "1e400", "9" * 5000, "0x" + "f" * 60, "1979-05-27"),
    *("07:32:00", "true", "[" * 90, "a." * 90, "\\u0000", "\\ud800", "[penalty]\n", "[[metrics]]\n", "name = 1\n"),
]
KEYS = sorted({*ORDER, "name", "lr", *(info.name for cls in SETTINGS.values() for info in describe(cls))})


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "recipe.toml"


@pytest.fixture(scope="module")
def shipped(registry):
    return [registry.build("recipe", name) for name in RECIPES]


def mutated(text, seed):
    """A few bytes changed, lines moved, pieces put in."""
    rng = random.Random(seed)
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 4)):
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        match rng.randrange(6):
            case 0:
                data[i:i] = rng.choice(PIECES).encode(errors="surrogatepass")
            case 1 if i < len(data):
                data[i] = rng.randrange(256)
            case 2:
                del data[i : i + rng.randint(1, 40)]
            case 3:
                data[j:j] = data[i : i + 200]
            case 4:
                lines = data.split(b"\n")
                rng.shuffle(lines)
                data = bytearray(b"\n".join(lines))
            case _:
                words = data.split(b" ")
                words[rng.randrange(len(words))] = rng.choice(PIECES).encode(errors="surrogatepass")
                data = bytearray(b" ".join(words))
    return bytes(data)


def tried(action):
    """What it gives, or the project's error; any other is not caught."""
    try:
        return action(), None
    except GpregError as error:
        return None, error


@given(st.integers(0, 2**32), st.integers(0, len(RECIPES) - 1))
def test_a_damaged_file(bounded, file, shipped, registry, seed, which):
    file.write_bytes(mutated(shipped[which], seed))
    with bounded():
        recipe, error = tried(lambda: load(file, registry))
        if error is None:
            assert read(write(recipe), origin="again", registry=registry) == recipe
            return
    assert error.exit_code is ExitCode.USAGE
    assert all(line.startswith((f"{file}:", "and ")) for line in error.message.split("\n"))


@given(st.binary(max_size=200) | st.text(st.sampled_from("a1[]{}=.,\"'#\n\\ -+_"), max_size=200).map(str.encode))
def test_any_bytes(bounded, file, registry, data):
    file.write_bytes(data)
    with bounded(), pytest.raises(GpregError) as caught:
        load(file, registry)
    assert caught.value.exit_code is ExitCode.USAGE


scalars = st.one_of(
    st.none().map(lambda _: "none"),
    st.booleans(),
    st.integers() | st.sampled_from([2**31, 2**63, 2**127, 10**200]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["auto", "mid", "adam", "1e9", "9" * 5000, "-1"]),
    st.dates() | st.times() | st.datetimes(timezones=st.none() | st.just(datetime.UTC)),
)
names = st.sampled_from(KEYS) | st.text(max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=5
)
complete = st.fixed_dictionaries(
    {
        "measure": st.sampled_from(["mid", "dragan", "mixture", "wgan"]),
        "loss": st.sampled_from(["wasserstein", "relativistic"]),
        "architecture": st.sampled_from(["mlp", "resnet"]),
        "dataset": st.sampled_from(["8gaussians", "digits", "image-folder"]),
    }
).map(lambda chosen: {kind: {"name": name} for kind, name in chosen.items()})


def complete_of(table, name):
    return table[name] if isinstance(table.get(name), dict) else {}


@st.composite
def tables(draw):
    """A recipe that could be right, with values put in that may well not be."""
    table = draw(complete)
    for name in draw(st.lists(st.sampled_from([*ORDER, *ORDER, "sumary"]), max_size=4)):
        keys = [info.name for info in describe(SETTINGS[name])] if name in SETTINGS else KEYS
        own = draw(st.dictionaries(st.sampled_from(keys), values, max_size=3))
        table[name] = draw(values) if draw(st.integers(0, 9)) == 0 else {**complete_of(table, name), **own}
    return table


@given(tables())
def test_a_table_of_any_values(bounded, registry, table):
    try:
        text = tomli_w.dumps(table)
    except (ValueError, TypeError):  # what the writer cannot spell nobody can write
        return
    with bounded():
        recipe, error = tried(lambda: resolve(read(text, origin="r.toml", registry=registry), registry))
        if error is None:
            clashes(recipe, registry)
            assert resolve(read(write(recipe), origin="again", registry=registry), registry) == recipe
            return
    assert error.exit_code is ExitCode.USAGE


dotted = st.builds("{}.{}".format, st.sampled_from([*ORDER, "optimizer"]), st.sampled_from([*KEYS, "a.b", ""]))
named = st.sampled_from(list(PLUGINS)).map("{}.name".format)


@given(st.dictionaries(dotted | named | st.sampled_from(["metrics", "observers"]) | names, values, max_size=4))
def test_any_choices(bounded, plane, registry, choices):
    with bounded():
        changed, error = tried(lambda: resolve(override(plane, choices, registry)[0], registry))
        if error is None:
            clashes(changed, registry)
            assert resolve(read(write(changed), origin="again", registry=registry), registry) == changed
            return
    assert error.exit_code is ExitCode.USAGE
