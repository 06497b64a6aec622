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
            assert set(arrays) == {"samples", "labels", "value_range", "class_names"}
            assert arrays["value_range"].tolist() == [-1, 1]
            assert arrays["class_names"].tolist() == list("0123456789")
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

    @pytest.mark.parametrize(
        ("words", "columns", "rows"),
        [
            (("-n", 64), 7, 10),
            (("-n", 39, "--columns", 4), 4, 10),
            (("-n", 40, "--columns", 3), 3, 20),
            (("-n", 9, "--class", 3), 9, 1),
            (("-n", 64, "--class", 3), 22, 3),
            (("-n", 9, "--class", 3, "--class", 7, "--columns", 4), 4, 3),
            (("-n", 3, "--interpolate"), 10, 3),
        ],
    )
    def test_each_class_has_a_row_with_its_name(self, drawn, labelled, words, columns, rows):
        side = 64 + 2  # a small image is enlarged to 64 pixels, with 2 of border
        with Image.open(drawn(labelled, "grid.png", *words)) as picture:
            names = picture.width - columns * side - 2
            assert 16 < names < 30
            assert picture.height == rows * side + 2
            assert np.asarray(picture.crop((0, 0, names, side))).min() < 100, "a name, in dark ink"

    def test_ways_are_paths_through_the_plane(self, drawn, plane):
        with Image.open(drawn(plane, "ways.png", "-n", 3, "--interpolate")) as picture:
            assert picture.size[0] == 800


def test_a_folder_of_images_has_one_for_each_class(drawn, labelled):
    folder = drawn(labelled, "images", "-n", 30)
    with np.load(drawn(labelled, "images.npz", "-n", 30)) as arrays:
        counts = np.bincount(arrays["labels"], minlength=10)
    assert sorted(path.name for path in folder.iterdir()) == [str(k) for k in range(10) if counts[k]]
    for own in folder.iterdir():
        assert sorted(path.name for path in own.iterdir()) == [f"{k:06d}.png" for k in range(counts[int(own.name)])]
        with Image.open(own / "000000.png") as picture:
            assert picture.size == (8, 8)


class TestClasses:
    def test_one_by_its_name(self, drawn, labelled):
        with np.load(drawn(labelled, "threes.npz", "-n", 20, "--class", "3")) as arrays:
            assert arrays["labels"].tolist() == [3] * 20
        assert [path.name for path in drawn(labelled, "threes", "-n", 4, "--class", "3").iterdir()] == ["3"]

    def test_some(self, drawn, labelled):
        with np.load(drawn(labelled, "some.npz", "-n", 50, "--class", "3", "--class", "0")) as arrays:
            assert set(arrays["labels"].tolist()) == {0, 3}

    def test_the_rows_of_a_grid_are_of_their_classes(self, drawn, labelled, monkeypatch):
        seen, whole = [], Sampler.generate
        monkeypatch.setattr(Sampler, "generate", lambda self, z, y: seen.append(y) or whole(self, z, y))
        drawn(labelled, "grid.png", "-n", 23)
        assert seen[0].tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [k for k in range(3, 10) for _ in range(2)]

    def test_one_image_of_one_class(self, drawn, labelled):
        drawn(labelled, "one.png", "-n", 1, "--class", "9")

    def test_labels_follow_the_data_where_the_run_was_trained_so(self, call, labelled, tmp_path):
        run, out = tmp_path / "run", tmp_path / "x.npz"
        words = ("--set", "training.fake_labels=frequency", "-D", f"file={tmp_path / 'own.npz'}", "--dataset", "npz")
        images = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), dtype=np.uint8)
        np.savez(tmp_path / "own.npz", x=images, y=np.array([0] * 38 + [1] * 2))
        assert call("train", labelled.recipe, *words, "--out", run).code == 0
        assert call("sample", run, "-n", 400, "--out", out).code == 0
        with np.load(out) as arrays:
            assert 5 <= arrays["labels"].sum() <= 40, "about 20: one in twenty"
        result = call("evaluate", run, "--metric", "classifier", "-n", 10, "--json")
        if result.code == 0:
            assert result.json["scores"][0]["provenance"]["label_weights"] == [38, 2]


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
        assert out.is_file() or len(list(out.rglob("*.png"))) == 3

    def test_a_folder_with_anything_else_stays_in_any_case(self, sample, labelled, tmp_path):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "000000.png").write_text("")
        (tmp_path / "mine" / "thesis.tex").write_text("mine")
        out, result = sample(labelled, "mine", "--overwrite")
        assert (result.code, result.out) == (2, "")
        assert "such as thesis.tex; it is left alone" in result.err
        assert (out / "thesis.tex").read_text() == "mine"

    @pytest.mark.parametrize("name", ["cats/000000.jpg", "cats/notes/000000.png", "000000.png/1", "cats/.keep"])
    def test_a_folder_of_folders_with_anything_else_stays_too(self, sample, drawn, labelled, tmp_path, name):
        drawn(labelled, "mine", "-n", 20)
        own = tmp_path / "mine" / name
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text("mine")
        _, result = sample(labelled, "mine", "--overwrite")
        assert (result.code, result.out) == (2, "")
        assert own.read_text() == "mine"

    def test_a_linked_folder_is_left_alone(self, sample, labelled, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "000000.png").write_text("mine")
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "cats").symlink_to(tmp_path / "elsewhere")
        assert sample(labelled, "mine", "--overwrite")[1].code == 2

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
        ("plane", "x.npz", ("--class", "cat"), "was trained without labels, so that its generator knows no classes"),
        ("labelled", "x.npz", ("--class", "12"), "there is no class '12'\nclasses are 0, 1, 2"),
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

    def stop(*given):
        yield from whole(*given)
        raise KeyboardInterrupt

    whole = Sampler.batches
    monkeypatch.setattr(Sampler, "batches", stop)
    _, result = sample(labelled, name, "--overwrite")
    assert (result.code, result.out) == (130, "")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
