"""Tells one story and audits it."""

from collections.abc import Callable

from tests.support.interleaving import Story, a_story, tell
from tests.support.interleaving_audit import Audit
from tests.support.interleaving_mappings import MappingAudit
from tests.support.virtual_time import run_virtual

WITHIN_S = 40_000.0
"""Virtual s, more than any story and its draining take."""


async def _tell_and_audit(story: Story) -> tuple[Story, list[str]]:
    drained = await tell(story)
    letters = await story.world.store.dead_letters(limit=10_000)
    given_up = [(each.message.draft.link_id, each.message.draft.payload_text) for each in letters]
    complaints = Audit(story, given_up, drained=drained).complaints()
    return story, [*complaints, *MappingAudit(story).complaints()]


def audited(seed: int, begin: Callable[[int], Story] = a_story) -> tuple[Story, list[str]]:
    """The story of a seed, and what is wrong with it."""
    return run_virtual(_tell_and_audit(begin(seed)), within_s=WITHIN_S)
