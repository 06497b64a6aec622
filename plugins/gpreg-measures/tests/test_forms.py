import pytest
import torch

from gpreg import load_registry

GRADS = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64)  # norms 5, 0.5, 0


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("squared", {}, [25, 0.25, 0]),
        ("one-centered", {}, [16, 0.25, 1]),
        ("one-centered", {"centre": 2}, [9, 2.25, 4]),
        ("one-sided", {}, [16, 0, 0]),
        ("one-sided", {"squared": False}, [4, 0, 0]),
        ("one-sided", {"bound": 0.25}, [4.75**2, 0.0625, 0]),
        ("power", {}, [2 * 5**6, 2 * 0.5**6, 0]),
        ("power", {"k": 3, "p": 3}, [375, 0.375, 0]),
    ],
)
def test_closed_form(name, options, expected):
    form = load_registry().build("form", name, options)
    torch.testing.assert_close(form(GRADS), GRADS.new_tensor(expected), rtol=1e-9, atol=1e-9)


def test_only_the_squared_form_is_the_simple_penalty():
    assert [spec.name for spec in load_registry().list("form") if spec.simple] == ["squared"]
