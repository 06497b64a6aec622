import numpy as np
import pytest
from PIL import Image

from gpreg.evaluation.sampler import Sampler


@pytest.fixture
def sample(call, tmp_path):
    """Sample a run into a file or folder of a name, and say what came of it."""

    def draw(run, name, *words):
        out = tmp_path / name
        return out, call("sample", run.path, "--out", out, *words)

    return draw


@pytest.fixture
def drawn(sample):
    """Sample a run, and say where."""

    def draw(run, name, *words):
        out, result = sample(run, name, *words)
        assert (result.code, result.out) == (0, f"{out}\n"), result.err
        return out

    return draw


class TestArray:
    def test_points(self, drawn, plane):
        with np.load(drawn(plane, "points.npz", "-n", 300)) as arrays:  # more than are generated at once
            assert list(arrays) == ["samples"]
            assert (arrays["samples"].shape, arrays["samples"].dtype) == ((300, 2), np.float32)
            assert len(np.unique(arrays["samples"], axis=0)) == 300

    def test_images_with_the_labels_that_they_were_drawn_for(self, drawn, labelled):
        with np.load(drawn(labelled, "images.npz", "-n", 33)) as arrays:
            assert set(arrays) == {"samples", "labels", "value_range"}
            assert arrays["value_range"].tolist() == [-1, 1]
            assert (arrays["samples"].shape, arrays["samples"].dtype) == ((33, 1, 8, 8), np.float32)
            assert (arrays["labels"].shape, arrays["labels"].dtype) == ((33,), np.int64)
            assert set(arrays["labels"]) <= set(range(10))
            assert len(set(arrays["labels"])) > 3
            assert np.abs(arrays["samples"]).max() <= 1

    def test_one_sample(self, drawn, labelled):
        with np.load(drawn(labelled, "one.npz", "-n", 1)) as arrays:
            assert (arrays["samples"].shape, arrays["labels"].shape) == ((1, 1, 8, 8), (1,))

    def test_the_seed_fixes_every_byte(self, drawn, plane):
        first, again, other = (drawn(plane, f"{k}.npz", "--seed", k // 2).read_bytes() for k in range(3))
        assert first == again
        assert first != other

    def test_steps_and_the_raw_generator_differ(self, drawn, plane):
        told = (["--step", "10"], ["--step", "5"], ["--raw"], [])
        ten, five, raw, newest = (drawn(plane, f"{k}.npz", *words).read_bytes() for k, words in enumerate(told))
        assert ten == newest
        assert len({ten, five, raw}) == 3

    def test_the_best_step_is_one_that_was_scored(self, call, drawn, plane, tmp_path):
        drawn(plane, "best.npz", "--step", "best")
        err = call("sample", plane.path, "--out", tmp_path / "x.npz", "--step", "best").err
        assert "samples of step 5 (average generator)" in err or "samples of step 10 (average generator)" in err

    def test_its_folder_is_made(self, drawn, plane):
        assert drawn(plane, "new/folder/points.npz").is_file()


class TestPicture:
    def test_points_are_a_scatter(self, drawn, plane):
        with Image.open(drawn(plane, "points.png")) as picture:
            assert picture.size[0] == 800

    def test_images_are_a_grid(self, drawn, labelled):
        side = 64 + 2  # a small image is enlarged to 64 pixels, with 2 of border
        with Image.open(drawn(labelled, "square.png", "-n", 9)) as picture:
            assert picture.size == (3 * side + 2, 3 * side + 2)
        with Image.open(drawn(labelled, "wide.png", "-n", 9, "--columns", 9)) as picture:
            assert picture.size == (9 * side + 2, side + 2)

    def test_ways_are_rows_of_images(self, drawn, labelled):
        with Image.open(drawn(labelled, "ways.png", "-n", 3, "--interpolate")) as picture:
            assert picture.size == (10 * 66 + 2, 3 * 66 + 2)

    def test_ways_are_paths_through_the_plane(self, drawn, plane):
        with Image.open(drawn(plane, "ways.png", "-n", 3, "--interpolate")) as picture:
            assert picture.size[0] == 800


def test_a_folder_of_images(drawn, labelled):
    folder = drawn(labelled, "images", "-n", 3)
    assert sorted(path.name for path in folder.iterdir()) == ["000000.png", "000001.png", "000002.png"]
    with Image.open(folder / "000000.png") as picture:
        assert picture.size == (8, 8)


class TestOverwrite:
    @pytest.mark.parametrize("name", ["taken.npz", "taken.png", "taken"])
    def test_what_is_there_stays_unless_asked_for(self, sample, drawn, labelled, name):
        out = drawn(labelled, name, "-n", 2)
        before = out.stat().st_mtime_ns
        _, result = sample(labelled, name, "-n", 3)
        assert (result.code, result.out) == (2, "")
        assert "add --overwrite" in result.err
        assert out.stat().st_mtime_ns == before
        drawn(labelled, name, "-n", 3, "--overwrite")
        assert out.is_file() or len(list(out.iterdir())) == 3

    def test_a_folder_with_anything_else_stays_in_any_case(self, sample, labelled, tmp_path):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "000000.png").write_text("")
        (tmp_path / "mine" / "thesis.tex").write_text("mine")
        out, result = sample(labelled, "mine", "--overwrite")
        assert (result.code, result.out) == (2, "")
        assert "such as thesis.tex; it is left alone" in result.err
        assert (out / "thesis.tex").read_text() == "mine"

    def test_a_run_is_no_folder_of_images(self, call, labelled):
        assert call("sample", labelled.path, "--out", labelled.path, "--overwrite").code == 2
        assert (labelled.path / "recipe.toml").is_file()

    def test_a_folder_is_no_file(self, sample, labelled, tmp_path):
        (tmp_path / "folder.png").mkdir()
        (tmp_path / "file").write_text("mine")
        assert sample(labelled, "folder.png", "--overwrite")[1].code == 2
        assert sample(labelled, "file", "--overwrite")[1].code == 2
        assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("run", "name", "words", "told"),
    [
        ("labelled", "x.jpg", (), "choose --out FILE.png, FILE.npz"),
        ("plane", "x", (), "samples of shape (2,) are no images\nchoose --out FILE.npz or --out FILE.png"),
        ("plane", "x.npz", ("--interpolate",), "--interpolate is of a picture"),
        ("labelled", "x", ("--columns", 3), "--columns is of a picture"),
        ("plane", "x.png", ("-n", 2001), "a picture shows up to 2,000 points"),
        ("labelled", "x.png", ("-n", 2501), "a picture shows up to 2,500 images"),
        ("labelled", "x.png", ("-n", 251, "--interpolate"), "choose -n 250 or less"),
        ("plane", "x.npz", ("-n", 0), "0 is not in the range"),
        ("plane", "x.npz", ("--step", "last"), "step 'last' is neither a number nor 'best'"),
        ("plane", "x.npz", ("--device", "nonsense"), "'nonsense' is no device"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(sample, request, tmp_path, run, name, words, told):
    _, result = sample(request.getfixturevalue(run), name, *words)
    assert (result.code, result.out) == (2, "")
    assert told in result.err
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_is_refused(call, tmp_path):
    result = call("sample", tmp_path / "nothing", "--out", tmp_path / "x.npz")
    assert result.code == 2
    assert "is not a run folder" in result.err


def test_a_step_that_was_not_kept_fails_and_names_those_that_were(sample, plane):
    _, result = sample(plane, "x.npz", "--step", 7)
    assert (result.code, result.out) == (1, "")
    assert "kept are 10, 5" in result.err


@pytest.mark.parametrize("name", ["x.npz", "x.png", "x"])
def test_a_place_that_cannot_be_written_fails(sample, labelled, tmp_path, name):
    (tmp_path / "file").write_text("")
    _, result = sample(labelled, f"file/{name}")
    assert (result.code, result.out) == (1, "")
    assert "Traceback" not in result.err


@pytest.mark.parametrize("name", ["x.npz", "x.png", "x"])
def test_what_is_stopped_half_way_leaves_what_was_there(sample, drawn, labelled, tmp_path, monkeypatch, name):
    drawn(labelled, name, "-n", 2)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def stop(self, n, rng):
        yield from whole(self, n, rng)
        raise KeyboardInterrupt

    whole = Sampler.batches
    monkeypatch.setattr(Sampler, "batches", stop)
    _, result = sample(labelled, name, "--overwrite")
    assert (result.code, result.out) == (130, "")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
