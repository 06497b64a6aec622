"""A common rho of different penalties is said to confound; one penalty's, or rhos of their own, are not."""

from gpreg.sweeps.cell import Cell
from gpreg.sweeps.policies import confounded

MASSES = {"pd": "1", "pd+pg": "2", "wgan": "0"}


def said(*rows):
    """Of rows: measure, rho, and what else is in the cell."""
    cells, recipes = [], {}
    for number, (measure, rho, *rest) in enumerate(rows):
        column, options = (rest + ["8gaussians", {}][len(rest) :])[:2]
        name = str(number)
        cells.append(Cell(name=name, row=measure, column=column, choices={}, rho=rho, seed=0))
        recipes[name] = {"measure": {"name": measure, **options}, "form": {"name": "squared"}}
    return confounded(cells, recipes, MASSES)


def test_a_common_rho_of_two_measures():
    told = said(("pd", 2.0), ("pd+pg", 2.0))
    assert told.startswith("One common rho (2) confounds mass with shape")
    assert "pd has mass 1; pd+pg has mass 2" in told
    assert "--rho tuned" in told


def test_options_of_one_measure_are_different_penalties_too():
    assert said(("pd", 2.0, "8gaussians", {"scale": 0.5}), ("pd", 2.0))


def test_no_word_where_nothing_is_confounded():
    assert said(("pd", 2.0), ("pd", 2.0)) is None
    assert said(("pd", 2.0), ("pd+pg", 1.0)) is None
    assert said(("pd", 2.0), ("wgan", 2.0)) is None
    assert said(("pd", 2.0), ("pd+pg", 2.0, "digits")) is None
    assert said(("pd", "auto"), ("pd+pg", "auto")) is None
