"""Tells one story and audits it."""

from tests.support.interleaving import Story, a_story, tell
from tests.support.interleaving_audit import Audit
from tests.support.virtual_time import run_virtual

WITHIN_S = 40_000.0
"""Virtual s, more than any story and its draining take."""


async def _tell_and_audit(seed: int) -> tuple[Story, list[str]]:
    story = a_story(seed)
    drained = await tell(story)
    letters = await story.world.store.dead_letters(limit=10_000)
    given_up = [letter.message.draft.payload_text for letter in letters]
    return story, Audit(story, given_up, drained=drained).complaints()


def audited(seed: int) -> tuple[Story, list[str]]:
    """The story of a seed, and what is wrong with it."""
    return run_virtual(_tell_and_audit(seed), within_s=WITHIN_S)
