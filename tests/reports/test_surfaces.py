import shutil

import gpreg


def test_a_run_in_the_plane_without_a_picture_gets_its_value_surface(plane, tmp_path):
    run = shutil.copytree(plane.path, tmp_path / "run", ignore=shutil.ignore_patterns("step-*.png"))
    text = gpreg.report(run).path.read_text(encoding="utf-8")
    assert 'alt="Samples of mid, 8gaussians, seed 0, step 10"' in text
    for weights in run.rglob("*.safetensors"):
        weights.write_bytes(b"damaged")
    text = gpreg.report(run).path.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "What could not be read" in text
