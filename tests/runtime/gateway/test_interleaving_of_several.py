"""Wallboxes with two connectors and three backends each, in random order (P20, R101, R106).

The audit finds nothing: each backend has all of its connectors and of no other, under its own
numbers, whatever became of the others. The seed is all there is to a story.
"""

import os
from typing import Final

import pytest
from tests.support.interleaving_run import audited
from tests.support.interleaving_several import a_story_of_several

pytestmark = pytest.mark.story

SEEDS: Final = range(2000 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 30)
PER_TEST: Final = 10


@pytest.mark.parametrize("first", SEEDS[::PER_TEST])
def test_two_connectors_and_three_backends_with_roles_keep_their_books_apart_r60_r101_r106(
    first: int,
) -> None:
    sessions = reported = kills = 0
    for seed in range(first, first + PER_TEST):
        story, complaints = audited(seed, a_story_of_several)
        assert complaints == [], f"seed {seed}:\n" + "\n".join(complaints)
        sessions += sum(len(box.transactions) for box in story.boxes.values())
        reported += sum(len(story.backends[each.backend].starts) for each in story.logins)
        kills += len(story.kills)
    assert sessions > 30  # it was worth an audit
    assert reported > 2 * sessions
    assert kills > 1
