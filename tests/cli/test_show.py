import pytest

from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.registry.kinds import KINDS


def test_a_measure_in_full(gpreg):
    result = gpreg("show", "measure", "mid")
    assert (result.code, result.err) == (0, "")
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    for line in (
        "measure mid: a summary",
        "package fake-main 1.0",
        "penalty E[|grad D|^2]",
        "sampling x = (x_d + x_g) / 2",
        "mass 1",
        "scale float 0.5 > 0 size of the noise",
        f"5a ✓ {ASSUMPTIONS['5a'].short} holds: it is constant",
        f"5c ✗ {ASSUMPTIONS['5c'].short} fails: unless convex",
        f"6c ~ {ASSUMPTIONS['6c'].short} depends: on the critic",
        "What a coefficient of 10 means",
        "One (2018), A Title, eq. 3. A Venue, arXiv:1801.00001",
    ):
        assert line in lines
    assert any(line.startswith("(gamma/2) E[...] 10 ") for line in lines)
    assert any(line.startswith("lambda E[...] 20 ") for line in lines)


def test_empty_sections_are_left_out(gpreg):
    out = gpreg("show", "measure", "plain").out
    assert "Options" not in out
    assert "Assumptions" not in out
    assert "Sources" not in out


def test_a_measure_as_json(gpreg):
    document = gpreg("show", "measure", "mid", "--json").json
    assert set(document) == {"schema", "measure"}
    measure = document["measure"]
    assert measure["claims"]["5c"] == {
        "verdict": "fails",
        "because": "unless convex",
        "statement": ASSUMPTIONS["5c"].short,
    }
    assert measure["options"][0]["default"] == 0.5
    assert measure["citations"][0]["arxiv"] == "1801.00001"


def test_a_recipe_as_it_is_written(gpreg):
    lines = gpreg("show", "recipe", "paper").out.splitlines()
    assert lines[0] == "recipe paper: s"
    start = lines.index("Recipe") + 1
    assert lines[start : start + 5] == [
        'summary = "s"',
        "[penalty]",
        "rho = 2.0",
        "[unstated]",
        '"penalty.rho" = "a guess"',
    ]
    assert lines[start + 5] == "[unstated] marks the values that the source does not give."
    assert "[unstated]" not in gpreg("show", "recipe", "stated").out


def test_a_sweep_as_it_is_written(gpreg):
    lines = gpreg("show", "sweep", "table").out.splitlines()
    assert lines[0] == "sweep table: s"
    assert lines[-4:] == ["Sweep", "recipe = 'paper'", "[axes]", "seed = '0:3'"]
    table = gpreg("show", "sweep", "table", "--json").json["sweep"]["table"]
    assert table == {"recipe": "paper", "axes": {"seed": "0:3"}}


def test_a_sweep_that_is_no_toml_is_a_plugin_s_fault(gpreg):
    result = gpreg("show", "sweep", "unread")
    assert (result.code, result.out) == (3, "")
    assert "sweep 'unread' of fake-main 1.0 is no TOML text" in result.err


def test_a_recipe_as_json_has_its_table(gpreg):
    recipe = gpreg("show", "recipe", "paper", "--json").json["recipe"]
    assert recipe["table"] == {"summary": "s", "penalty": {"rho": 2.0}, "unstated": {"penalty.rho": "a guess"}}


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_recipe_that_is_no_toml_is_a_plugin_s_fault(gpreg, words):
    result = gpreg("show", "recipe", "untold", *words)
    assert (result.code, result.out) == (3, "")
    assert "recipe 'untold' of fake-main 1.0 is no TOML text" in result.err


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_shown(gpreg, kind):
    name = {"command": "greet", "measure": "mid"}.get(kind) or gpreg(f"list-{KINDS[kind].plural}", "--json").json[
        KINDS[kind].plural
    ][0]["name"]
    assert gpreg("show", kind, name).out.startswith(f"{kind} {name}: ")
    document = gpreg("show", kind, name, "--json").json
    assert document["schema"] == 1
    assert document[kind]["name"] == name
    assert {"options", "citations"} <= set(document[kind])


def test_only_measures_have_a_coefficient(gpreg):
    assert "coefficient" not in gpreg("show", "form", "square").out


@pytest.mark.parametrize(
    ("words", "code", "lines"),
    [
        (("mesure", "mid"), 2, ["Error: there is no kind 'mesure'; did you mean 'measure'?"]),
        (
            ("measure", "midd"),
            2,
            [
                "Error: there is no measure named 'midd'; did you mean 'mid'?",
                "`gpreg list-measures` lists what is installed",
            ],
        ),
        (("command", "gret"), 2, ["Error: there is no command named 'gret'; did you mean 'greet'?"]),
    ],
)
def test_what_is_not_there(gpreg, words, code, lines):
    result = gpreg("show", *words)
    assert (result.code, result.out) == (code, "")
    for line in lines:
        assert line in result.err


def test_plugins_that_did_not_load_are_suspects(gpreg, site):
    site.install("bad", "import no_such_module")
    result = gpreg("show", "measure", "elsewhere", plugins="main,bad")
    assert result.code == 2
    assert "a plugin that is not loaded might supply it" in result.err
    assert "bad (fake-bad 1.0) [broken]" in result.err


def test_a_clashing_name_is_a_plugin_s_fault(gpreg, site):
    site.install_measure("other", "mid")
    result = gpreg("show", "measure", "mid", plugins="main,other")
    assert (result.code, result.out) == (3, "")
    assert "claimed by main (fake-main 1.0) and by other (fake-other 1.0)" in result.err
    assert gpreg("show", "measure", "plain", plugins="main,other").code == 0
    assert gpreg("--no-plugin", "other", "show", "measure", "mid", plugins="main,other").code == 0


def test_a_command_of_gpreg_s_own_has_a_help_page(gpreg):
    result = gpreg("show", "command", "train")
    assert (result.code, result.out) == (2, "")
    assert "command 'train' is gpreg's own" in result.err
    assert "`gpreg train --help` explains it" in result.err
    assert gpreg("show", "command", "greet").code == 0


def test_what_toml_knows_and_json_does_not_is_text(gpreg, site):
    site.install(
        "odd",
        """
        import gpreg

        @gpreg.hookimpl
        def gpreg_recipes():
            text = "a = nan\\nb = [1979-05-27, -inf]\\nc.d = 1.5\\ne = true\\nf = 0x" + "f" * 20
            return [gpreg.RecipeSpec(name="odd", factory=lambda: text, summary="s")]
        """,
    )
    table = gpreg("show", "recipe", "odd", "--json", plugins="odd").json["recipe"]["table"]
    assert table == {"a": "nan", "b": ["1979-05-27", "-inf"], "c": {"d": 1.5}, "e": True, "f": 16**20 - 1}
