from typing import get_args

from gpreg.registry.assumptions import CLAIMED, FOUND, MARKS, Claimed, Verdict


def test_claims_and_verdicts_are_translated_in_one_place_and_without_loss():
    assert tuple(FOUND) == get_args(Claimed)
    assert tuple(FOUND.values()) == get_args(Verdict)
    assert {CLAIMED[FOUND[word]] for word in FOUND} == set(FOUND)


def test_a_claim_and_its_verdict_have_one_mark():
    assert {word: MARKS[word] for word in FOUND} == {word: MARKS[FOUND[word]] for word in FOUND}
    assert len(set(MARKS.values())) == 3
