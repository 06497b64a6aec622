"""Sources that several packages cite are one source."""

from collections import defaultdict
from dataclasses import replace

from gpreg import load_registry
from gpreg.registry.kinds import KINDS

CITES = [(spec, cite) for kind in KINDS for spec in load_registry().list(kind) for cite in spec.cites]


def test_one_key_is_one_source():
    by_key = defaultdict(set)
    for _, cite in CITES:
        by_key[cite.key].add(replace(cite, part=None))
    assert {key: sources for key, sources in by_key.items() if len(sources) > 1} == {}


def test_one_source_is_one_key():
    by_title = defaultdict(set)
    for _, cite in CITES:
        by_title[cite.title.lower()].add(cite.key)
    assert {title: keys for title, keys in by_title.items() if len(keys) > 1} == {}


def test_every_measure_form_loss_and_architecture_names_its_source():
    cited = {spec.name for spec, _ in CITES}
    for kind in ("measure", "form", "loss", "architecture", "metric"):
        assert {spec.name for spec in load_registry().list(kind)} <= cited
