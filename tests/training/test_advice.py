"""Advisors of one's own: told, kept, obeyed; chosen from; and left out where they are at fault."""

import json

import pytest

from gpreg.errors import AssumptionViolated, ExitCode, PluginError, UsageError
from gpreg.interfaces import Advice, Advisor, ChosenRho
from gpreg.recipe import read
from gpreg.registry.discovery import PluginRecord, State
from gpreg.registry.registry import Registry
from gpreg.registry.specs import AdvisorSpec
from gpreg.runs.plan import Supply
from gpreg.training.examination import examine
from gpreg.training.resumption import Wishes, resume
from gpreg.training.run import start

TABLE = {"pd": 1.5, "mid": 2.5}


class Cautious(Advisor):
    """Refuses a batch of one, and counts how often it was asked."""

    def advise(self, setup, moment):
        size = setup.recipe.training.batch_size
        refusal = AssumptionViolated("a batch of one says nothing of a mean", remedy="take two") if size == 1 else None
        lines = (f"batches of {size}",) if moment.reference is None else ("still so",)
        return Advice(lines=lines, document={"size": size}, refusal=refusal)

    def recall(self, document):
        return "a batch of one" if document["size"] == 1 else None


class Tabled(Advisor):
    """Has a table of coefficients, and no opinion."""

    def choose_rho(self, setup):
        rho = TABLE.get(setup.recipe.measure.name)
        return None if rho is None else ChosenRho(rho=rho, because="it is in the table", document={"table": TABLE})

    def compare(self, setup, chosen_for):
        return f"the table has {TABLE[setup.recipe.measure.name]} for {setup.recipe.measure.name}"


class Failing(Advisor):
    def advise(self, setup, moment):
        raise RuntimeError("out of wits")


class Tired(Advisor):
    """Fails at the first tick."""

    def advise(self, setup, moment):
        if moment.step:
            raise RuntimeError("too late")
        return Advice(document={})


def spec(name, factory, **more):
    return AdvisorSpec(name=name, factory=factory, summary="s", package="mine", version="1", **more)


@pytest.fixture
def supply(registry):
    """Everything that is installed but the theory, with these advisors."""

    def make(*specs, theory=False):
        records = [record for record in registry.records if theory or record.package != "gpreg-theory"]
        mine = PluginRecord(name="mine", package="mine", version="1", module="mine", specs={"advisor": specs})
        return Supply(registry=Registry((mine, *records)))

    return make


@pytest.fixture
def train(tiny, supply, tmp_path):
    def make(*specs, choices=None, theory=False, path="run", **wishes):
        plan = supply(*specs, theory=theory).plan(tiny("plane", choices))
        return start(plan, tmp_path / path, **wishes)

    return make


CAUTIOUS, TABLED = spec("cautious", Cautious), spec("tabled", Tabled)
AUTO = {"penalty.rho": "auto"}
TICKS = {"report.check_ticks": 2}
ONE = {"training.batch_size": 1}


def test_its_lines_are_told_and_its_document_is_in_the_run(train, listen):
    told = listen()
    folder = train(CAUTIOUS, choices=TICKS)
    assert [line for line in told if "batches" in line] == ["batches of 16"]
    assert [line for line in told if "still so" in line] == ["step 10, still so", "step 20, still so"]
    document = json.loads((folder.path / "cautious.json").read_text())
    later = [{"step": 10, "size": 16}, {"step": 20, "size": 16}]
    assert document == {"size": 16, "step": 0, "tuning": [], "later": later}
    assert not (folder.path / "checks.json").exists()


def test_a_strict_run_is_refused_with_the_exit_code_of_an_assumption(train, tmp_path):
    with pytest.raises(AssumptionViolated, match="a batch of one says nothing") as error:
        train(CAUTIOUS, choices=ONE, strict=True)
    assert error.value.exit_code is ExitCode.ASSUMPTION
    assert not (tmp_path / "run").exists()
    assert train(CAUTIOUS, choices=ONE).checkpoints.load().step == 20


def test_it_chooses_rho(train, registry, listen):
    told = listen()
    folder = train(CAUTIOUS, TABLED, choices=AUTO)
    assert read(folder.recipe, origin="r", registry=registry).penalty.rho == 2.5
    assert "rho = 2.5: it is in the table" in told
    assert json.loads((folder.path / "tabled.json").read_text())["tuning"] == [{"step": 0, "table": TABLE}]
    assert json.loads((folder.path / "cautious.json").read_text())["tuning"] == []


def test_it_chooses_again_at_ticks(train, listen):
    told = listen()
    folder = train(TABLED, choices={**AUTO, "penalty.retune_ticks": 2})
    assert "step 10: rho = 2.5: it is in the table" in told
    assert [own["step"] for own in json.loads((folder.path / "tabled.json").read_text())["tuning"]] == [0, 10]


def test_what_is_to_be_known_of_a_rho_for_another_measure_is_told(train, tiny, listen):
    told = listen()
    train(TABLED, chosen_for=tiny("plane", {"measure.name": "pd"}))
    assert "the table has 2.5 for mid" in told


def test_several_advise_and_the_first_that_chooses_decides(train, registry):
    pytest.importorskip("gpreg_theory")
    folder = train(CAUTIOUS, TABLED, choices=AUTO, theory=True)
    assert {path.name for path in folder.path.glob("*.json")} >= {"cautious.json", "tabled.json", "checks.json"}
    assert read(folder.recipe, origin="r", registry=registry).penalty.rho == 2.5
    other = train(CAUTIOUS, TABLED, choices={**AUTO, "measure.name": "gp"}, theory=True, path="gp")
    assert json.loads((other.path / "checks.json").read_text())["tuning"][0]["rho"] > 0
    assert not (other.path / "tabled.json").exists()


def test_one_that_fails_is_told_and_left_out(train, listen):
    told = listen()
    folder = train(spec("failing", Failing), CAUTIOUS, choices=TICKS)
    assert [line for line in told if "failing" in line] == ["advisor 'failing' is left out: RuntimeError: out of wits"]
    assert (folder.path / "cautious.json").exists()
    assert not (folder.path / "failing.json").exists()


def test_one_that_cannot_be_built_is_told_and_left_out(train, listen):
    told = listen()
    train(spec("lost", "no_such_module:x"), CAUTIOUS)
    assert any(line.startswith("advisor 'lost' is left out: advisor 'lost' of mine 1 does not import") for line in told)


def test_one_that_fails_is_an_error_where_a_strict_run_begins_and_for_who_writes_it(train, tmp_path, monkeypatch):
    with pytest.raises(PluginError, match="'failing' failed: RuntimeError: out of wits"):
        train(spec("failing", Failing), CAUTIOUS, strict=True)
    monkeypatch.setenv("GPREG_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError, match="'failing' failed"):
        train(spec("failing", Failing), CAUTIOUS)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("strict", [False, True])
def test_one_that_fails_at_a_tick_ends_no_run_and_is_asked_no_more(train, listen, strict):
    told = listen()
    folder = train(spec("tired", Tired), CAUTIOUS, choices=TICKS, strict=strict)
    assert [line for line in told if "tired" in line] == ["advisor 'tired' is left out: RuntimeError: too late"]
    assert folder.checkpoints.load().step == 20
    assert json.loads((folder.path / "tired.json").read_text())["later"] == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Advice(document={"critic": object()}), "gives a document that is no JSON: TypeError"),
        (Advice(document={"loss": float("nan")}), "gives a document that is no JSON: ValueError"),
        (Advice(document=3), "gives a document that is no JSON"),
        (Advice(lines="a line"), "lines are no tuple of texts"),
        (Advice(refusal=UsageError("no")), "refuses with a UsageError"),
        ("well", "answers with a str, where gpreg.interfaces.Advice or None is due"),
    ],
)
def test_what_is_no_advice_is_the_plugin_s_fault_before_anything_is_written(train, tmp_path, answer, said):
    class Wrong(Advisor):
        def advise(self, setup, moment):
            return answer

    with pytest.raises(PluginError, match=f"advisor 'wrong' of mine 1 .*{said}") as error:
        train(spec("wrong", Wrong), CAUTIOUS)
    assert error.value.exit_code is ExitCode.PLUGIN
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("rho", [float("inf"), -1, "much", True, None])
def test_what_is_no_coefficient_is_the_plugin_s_fault(train, tmp_path, rho):
    class Wrong(Advisor):
        def choose_rho(self, setup):
            return ChosenRho(rho=rho, because="why not")

    with pytest.raises(PluginError, match="advisor 'wrong' of mine 1 chooses rho = "):
        train(spec("wrong", Wrong), choices=AUTO)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("document", ["cautious.json", "environment.json"])
def test_a_document_that_somebody_else_keeps_is_nobody_s(train, listen, monkeypatch, document):
    told = listen()
    folder = train(CAUTIOUS, spec("copycat", Tired, document=document))
    assert any(f"advisor 'copycat' of mine 1 keeps what it says in {document}, and somebody" in line for line in told)
    assert (folder.path / "cautious.json").exists() is (document != "cautious.json")
    assert "size" not in json.loads((folder.path / "environment.json").read_text())
    monkeypatch.setenv("GPREG_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError, match="and somebody else keeps something there"):
        train(CAUTIOUS, spec("copycat", Tired, document=document), path="other")


@pytest.mark.parametrize("document", ["../own.json", "own.txt", "a/b.json", ".json"])
def test_a_document_is_a_file_of_the_run(document):
    with pytest.raises(ValueError, match="must be a file's name, such as"):
        spec("wrong", Tired, document=document)


class TestResumed:
    @pytest.fixture
    def begun(self, train):
        """A strict run that did a part of its steps."""
        return train(CAUTIOUS, choices={**TICKS, "training.steps": 10}, strict=True)

    def test_what_it_said_before_is_kept(self, begun, supply):
        resume(begun.path, supply(CAUTIOUS), wishes=Wishes(steps=20))
        assert [own["step"] for own in begun.read_document("cautious.json")["later"]] == [10, 20]

    def test_what_spoke_against_it_still_does(self, begun, supply):
        document = begun.read_document("cautious.json")
        begun.document("cautious.json", {**document, "later": [{"step": 10, "size": 1}]})
        with pytest.raises(AssumptionViolated, match=r"cautious.json says of step 10: a batch of one"):
            resume(begun.path, supply(CAUTIOUS), wishes=Wishes(steps=20))
        assert resume(begun.path, supply(CAUTIOUS), wishes=Wishes(steps=20, strict=False)).checkpoints.load().step == 20

    def test_one_that_was_not_there_before_has_nothing_to_recall(self, begun, supply):
        (begun.path / "cautious.json").unlink()
        resume(begun.path, supply(CAUTIOUS), wishes=Wishes(steps=20))
        assert begun.read_document("cautious.json")["later"] == [{"step": 20, "size": 16}]

    def test_without_any_a_strict_run_says_what_to_install(self, begun, supply):
        with pytest.raises(UsageError, match="a strict run needs an advisor") as error:
            resume(begun.path, supply(), wishes=Wishes(steps=20))
        assert "pip install gpreg-theory" in error.value.remedy


class TestAsked:
    def test_of_a_plan_every_one_is(self, supply, tiny):
        found = examine(supply(CAUTIOUS, TABLED).plan(tiny("plane", {**ONE, **AUTO})))
        assert found.lines == ("batches of 1",)
        assert found.to_dict() == {"cautious": {"size": 1}}
        assert found.refusal.message == "a batch of one says nothing of a mean"
        assert repr(found) == f"{found.title}\nbatches of 1"
        assert found.title == "mid / squared / wasserstein / mlp / 8gaussians, rho = 2.5, before training"

    def test_of_a_run_with_its_networks(self, train, supply, tiny):
        folder = train(CAUTIOUS)
        found = examine(folder.plan(supply(CAUTIOUS)), run=folder.path, step=15)
        assert (found.lines, found.step) == (("still so",), 15)
        with pytest.raises(UsageError, match="only the networks of a run"):
            examine(folder.plan(supply(CAUTIOUS)), at_rest=True)


@pytest.mark.parametrize(
    ("choices", "wishes", "asked"),
    [
        ({}, {"strict": True}, "a strict run"),
        (AUTO, {}, "rho = auto"),
        ({"penalty.retune_ticks": 1}, {}, "penalty.retune_ticks = 1"),
    ],
)
def test_without_any_what_needs_one_says_what_to_install(train, tmp_path, choices, wishes, asked):
    with pytest.raises(UsageError, match=f"{asked} needs an advisor") as error:
        train(choices=choices, **wishes)
    assert "`pip install gpreg-theory` brings it" in error.value.remedy
    assert not (tmp_path / "run").exists()


def test_without_any_checks_at_ticks_are_a_note(train, listen):
    told = listen()
    assert train(choices=TICKS).checkpoints.load().step == 20
    assert [line for line in told if "check_ticks" in line] == [
        "Note: report.check_ticks = 2, and no advisor is there to be asked: `pip install gpreg-theory` brings it"
    ]


def test_one_that_is_installed_and_not_loaded_is_named(tiny, tmp_path, registry):
    lost = PluginRecord(
        name="theory", package="gpreg-theory", version="1", module="m", state=State.BROKEN, error="it is torn"
    )
    others = [record for record in registry.records if record.package != "gpreg-theory"]
    plan = Supply(registry=Registry((lost, *others))).plan(tiny("plane", AUTO))
    with pytest.raises(UsageError) as error:
        start(plan, tmp_path / "run")
    assert "theory (gpreg-theory 1) is installed and not loaded (it is torn)" in error.value.remedy
