import pytest

from gpreg.registry.kinds import KINDS

LISTED = [kind for kind in KINDS.values() if kind.listed]
OWN = {
    "measures": {"penalty", "sampling", "mass", "form", "claims"},
    "forms": {"formula", "simple"},
    "losses": {"critic", "generator"},
    "regularizers": {"formula", "player", "needs"},
    "constraints": {"formula", "by"},
    "augmentations": {"formula", "shapes"},
    "architectures": {"shapes", "dataset", "recipe", "conditional"},
    "datasets": {"shape", "size", "classes", "availability"},
    "metrics": {"values", "shapes"},
    "observers": set(),
    "executors": set(),
    "recipes": set(),
    "sweeps": set(),
    "checks": set(),
    "advisors": {"document"},
}


def test_the_commands_are_those_of_the_kinds():
    assert {kind.plural for kind in LISTED} == set(OWN)


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.plural)
def test_json_has_the_schema_of_its_kind(gpreg, kind):
    result = gpreg(f"list-{kind.plural}", "--json")
    assert (result.code, result.err) == (0, "")
    assert set(result.json) == {"schema", kind.plural}
    assert result.json["schema"] == 1
    for row in result.json[kind.plural]:
        assert set(row) == {"name", "summary", "package", "version"} | OWN[kind.plural]
        assert (row["package"], row["version"]) == ("fake-main", "1.0")


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.plural)
def test_the_table_has_a_line_for_each(gpreg, kind):
    result = gpreg(f"list-{kind.plural}")
    names = [row["name"] for row in gpreg(f"list-{kind.plural}", "--json").json[kind.plural]]
    head, *lines = result.out.splitlines()
    assert head.split()[0] == "name"
    assert head.split()[-1] == "package"
    assert [line.split()[0] for line in lines] == names
    assert all(line.endswith("fake-main") for line in lines)


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.plural)
def test_nothing_installed_is_said_on_stderr(gpreg, kind):
    result = gpreg(f"list-{kind.plural}", "--json", plugins="")
    assert result.code == 0
    assert result.json == {"schema": 1, kind.plural: []}
    remedy = "`gpreg check --measure mid --arch mlp`" if kind.name == "check" else "`gpreg plugins` says what is"
    assert result.err.startswith(f"No {kind.plural} are installed; ")
    assert remedy in result.err


def test_the_measures_table_marks_claims(gpreg):
    result = gpreg("list-measures")
    head, mid, plain = result.out.splitlines()
    assert head.split() == ["name", "penalty", "term", "sampling", "mass", "5a", "5c", "6c", "package"]
    assert mid.split()[-4:] == ["✓", "✗", "~", "fake-main"]
    assert plain.split() == ["plain", "p", "s", "2", "–", "–", "–", "fake-main"]
    assert mid.index("✓") == head.index("5a")
    assert result.err == (
        "5a-6c are assumptions of the convergence theorem, for the form squared: ✓ holds, ✗ fails, ~ depends, "
        "– not applicable.\n"
    )


def test_measures_json_gives_verdicts(gpreg):
    mid, plain = gpreg("list-measures", "--json").json["measures"]
    assert mid["claims"] == {"5a": "holds", "5c": "fails", "6c": "depends"}
    assert (plain["claims"], plain["mass"], plain["form"]) == ({}, "2", "squared")


@pytest.mark.parametrize(("pattern", "names"), [("m*", ["mid"]), ("mid", ["mid"]), ("*", ["mid", "plain"])])
def test_a_pattern_selects(gpreg, pattern, names):
    assert [row["name"] for row in gpreg("list-measures", pattern, "--json").json["measures"]] == names


def test_a_pattern_that_matches_nothing_is_no_failure(gpreg):
    result = gpreg("list-measures", "midd")
    assert (result.code, result.out) == (0, "")
    assert result.err == "No measure matches 'midd'; did you mean 'mid'?\n"
    assert gpreg("list-measures", "midd", "--json").json == {"schema": 1, "measures": []}
