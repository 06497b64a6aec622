import pytest

from gpreg import load_registry
from gpreg.errors import UsageError
from gpreg_verify.commands.target import Target, unknown_plugin


@pytest.mark.parametrize(
    ("word", "source", "attribute"),
    [
        ("losses.py", "losses.py", ""),
        ("losses.py:", "losses.py", ""),
        ("losses.py:r1", "losses.py", "r1"),
        ("losses.py::r1", "losses.py", "r1"),
        ("a/b/losses.py:Trainer.penalty", "a/b/losses.py", "Trainer.penalty"),
        ("odd:folder/losses.py", "odd:folder/losses.py", ""),
        (r"C:\work\losses.py", r"C:\work\losses.py", ""),
        (r"C:\work\losses.py:r1", r"C:\work\losses.py", "r1"),
        ("package.module:r1", "package.module", "r1"),
    ],
)
def test_functions(word, source, attribute):
    assert Target.of(word) == Target(word=word, source=source, attribute=attribute)


@pytest.mark.parametrize("word", ["measures", "gpreg-measures", "mine", "package.module"])
def test_other_words_are_plugins(word):
    assert Target.of(word) is None


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("lossse.py:r1", "there is no file lossse.py; did you mean 'losses.py'"),
        ("folder.py:r1", "folder.py is no file"),
        ("module:", "'module:' names no function of a module"),
        ("not-a-module:r1", "names no function of a module"),
        ("losses.py:r1(10)", r"'r1\(10\)' cannot be the name of a function"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_at_once(word, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "losses.py").touch()
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(UsageError, match=message) as refused:
        Target.of(word).check()
    assert "FILE.py:FUNCTION" in refused.value.remedy


def test_an_unknown_plugin_has_the_nearest_one_and_how_functions_are_named():
    error = unknown_plugin("measurs", load_registry())
    assert "did you mean 'measures'" in error.message
    assert "FILE.py:FUNCTION" in error.remedy


def test_the_name_of_a_thing_leads_to_its_plugin():
    error = unknown_plugin("wasserstein", load_registry())
    assert "'wasserstein' is no plugin, but a loss" in error.message
    assert error.remedy == "`gpreg verify gpreg-losses`"
