"""Wallboxes, backends, a network and a manager in random order; the audit finds nothing.

The seed is all there is to a story: run one again with `audited(seed)`.
"""

import os
from typing import Final

import pytest
from tests.support.interleaving_run import audited

pytestmark = pytest.mark.story

SEEDS: Final = range(2000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 40)
PER_TEST: Final = 10


@pytest.mark.parametrize("first", SEEDS[::PER_TEST])
def test_nothing_is_lost_split_merged_or_misdirected_whatever_happens_r4_r7_r58_r60_r63_r68(
    first: int,
) -> None:
    events = sessions = kills = 0
    for seed in range(first, first + PER_TEST):
        story, complaints = audited(seed)
        assert complaints == [], f"seed {seed}:\n" + "\n".join(complaints)
        events += len(story.net.journal)
        sessions += sum(len(box.transactions) for box in story.boxes.values())
        kills += len(story.kills)
    assert events > 2000  # it was worth an audit
    assert sessions > 20
    assert kills > 2
