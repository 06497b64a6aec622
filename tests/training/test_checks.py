import json

import pytest

from gpreg.registry.assumptions import ASSUMPTIONS
from gpreg.training.checks import declared


def verdicts(found):
    return {finding["assumption"]: finding["verdict"] for finding in found["findings"]}


@pytest.mark.parametrize("measure", ["mid", "pd", "g-anc", "wgan"])
def test_the_measures_own_claims(tiny, registry, measure):
    found = declared(tiny("plane", {"measure.name": measure}), registry)
    claims = {claim.assumption: claim.verdict for claim in registry.get("measure", measure).claims}
    words = {"holds": "holds", "fails": "violated", "depends": "undecided"}
    assert verdicts(found) == {assumption: words[verdict] for assumption, verdict in claims.items()}
    assert json.loads(json.dumps(found)) == found
    for finding in found["findings"]:
        assert finding["basis"] == "declared"
        assert finding["statement"] == ASSUMPTIONS[finding["assumption"]].short
        assert finding["evidence"]


def test_of_another_form_the_theorem_says_nothing(tiny, registry):
    found = declared(tiny("plane", {"form.name": "one-centered"}), registry)
    assert set(verdicts(found).values()) == {"undecided"}
    assert all("'one-centered' is not the theorem's" in finding["evidence"] for finding in found["findings"])
