"""Sites that share 41 A, and wallboxes that charge there."""

import asyncio

from tests.support.boxes import Box, all_come, boxes
from tests.support.world import World

from wattgate.ports.evse import LimitOutcome

SITE = """
[site]
max_current_a = 63
house_load_a = 20
reserve_a = 2
pause_s = 0
"""


def site(*stations: str, head: str = SITE, each: str = "", **more: str) -> str:
    """A site with one EVSE per wallbox; `each` is said of all, `more` of one."""
    return head + "".join(
        f'[[evse]]\nid = "{name}"\naddress = "{name}"\n{each}\n{more.get(name, "")}\n'
        for name in stations
    )


async def settle(seconds: float = 8.0) -> None:
    await asyncio.sleep(seconds)


def offered(world: World) -> dict[str, float]:
    assert world.manager is not None
    return {state.evse.evse_id: state.offered_a for state in world.manager.evses()}


async def three_at_13_6(head: str = SITE) -> tuple[World, list[Box]]:
    world = World(site("A", "B", "C", head=head))
    await world.start()
    them = boxes(world, "A", "B", "C")
    await all_come(world, *them, start=True)
    await settle(12)
    assert set(offered(world).values()) == {13.6}
    return world, them


async def clear(world: World, evse_id: str) -> LimitOutcome:
    """Clear an EVSE's profiles, as a person does at the API."""
    assert world.manager is not None
    state = world.manager.evse(evse_id)
    assert state is not None
    return (await world.manager.operations.clear_profiles(state.evse)).cleared.outcome
