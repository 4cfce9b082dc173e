"""Doubt is counted, and yet nobody is kept from charging by it, stopped, or written to for ever."""

import json
from typing import Final

import pytest
from tests.support.neighbours import ALFEN, AT_BACKEND, Neighbours, circuit
from tests.support.observing import changed_to, setting
from tests.support.shared_current import settle
from tests.support.simulated_box import Manners, SimulatedBox
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

pytestmark = pytest.mark.story

HOUR_S: Final = 3600.0

WRITES_PER_HOUR: Final = 20
"""Renewals take 8 at a grant lifetime of 900 s; a few more for changes."""

SILENT_WRITES_PER_HOUR: Final = 5 + 120
"""Five attempts at once, then one in 30 s."""


class NeverClears(SimulatedBox):
    """Knows no ClearChargingProfile."""

    def _take(self, unique_id: str, action: str, payload: Json) -> None:
        if action == "ClearChargingProfile":
            self.send(json.dumps([4, unique_id, "NotSupported", "", {}]))
        else:
            super()._take(unique_id, action, payload)


def unsweepable(kind: str) -> SimulatedBox:
    """A wallbox in which profiles of others cannot be removed while its car charges."""
    if kind == "clears too much":
        return SimulatedBox(station_id="A", boot=ALFEN)
    return NeverClears(station_id="A")


KINDS: Final = ("clears too much", "never clears")


async def charging(kind: str, mode: str) -> Neighbours:
    """Both charge, and the backend of A has sent a profile of the lowest stack level."""
    site_toml = circuit(20, f'load_management = "{mode}"', a=AT_BACKEND)
    pair = Neighbours(site_toml, unsweepable(kind))
    await pair.come()
    await pair.charge()
    answer = await pair.backend.ask("SetChargingProfile", setting(16))
    assert answer[2] == {"status": "Accepted"}
    await settle(60)
    return pair


# Room that is kept free for somebody who does not get it


@pytest.mark.parametrize("kind", KINDS)
@in_virtual_time(within_s=2 * HOUR_S)
async def test_whoever_counts_at_its_maximum_does_not_stand_at_0_A_beside_that_R100a(
    kind: str,
) -> None:
    pair = await charging(kind, "observe")
    await changed_to(pair.world, "active")
    await settle(60)
    written = pair.writes
    await settle(HOUR_S)
    assert pair.counted_a == 16
    assert pair.drawn_a == [10, 0]  # what is left beside 16 A is too little for B
    assert pair.writes - written <= WRITES_PER_HOUR
    await pair.world.kill()


@pytest.mark.parametrize("kind", KINDS)
@in_virtual_time(within_s=2 * HOUR_S)
async def test_a_boot_in_a_session_starves_nobody_though_nothing_can_be_swept_R100a(
    kind: str,
) -> None:
    pair = await charging(kind, "active")  # so the profile never was in A
    written = pair.writes
    await pair.a.go()
    await pair.a.come(pair.world)
    await settle(HOUR_S)
    assert pair.drawn_a == [10, 10]
    assert pair.writes - written <= WRITES_PER_HOUR
    await pair.world.kill()


# A wallbox that once did not obey


async def lying() -> Neighbours:
    """A keeps 16 A whatever it is told, and counts so."""
    pair = Neighbours(circuit(24))
    await pair.come()
    await pair.charge()
    pair.a.behave(Manners.LIES)
    await settle(600)
    assert pair.counted_a == 16
    assert pair.drawn_a == [16, 8]
    return pair


async def full(pair: Neighbours) -> Neighbours:
    """The battery at A takes no more, and half an hour goes by."""
    pair.a.sockets[1].appetite_a = 0.0
    await settle(1800)
    return pair


@in_virtual_time()
async def test_a_full_car_gives_back_what_its_wallbox_had_taken_without_leave_R100b() -> None:
    pair = await full(await lying())
    assert pair.drawn_a == [0, 12]
    assert pair.counted_a == 12
    await pair.world.kill()


@in_virtual_time()
async def test_a_car_that_draws_nothing_is_not_stopped_for_what_it_once_drew_R100b() -> None:
    pair = await full(await lying())
    await pair.manager.patch_site({"site": {"max_current_a": 15}})
    await settle(60)
    assert pair.a.all_of("RemoteStopTransaction") == []
    assert pair.drawn_a == [0, 7.5]
    await pair.world.kill()


# A wallbox that obeys and says nothing


@in_virtual_time(within_s=2 * HOUR_S)
async def test_a_wallbox_that_never_answers_is_written_to_at_most_every_30_s_R100() -> None:
    pair = Neighbours(circuit(24))
    await pair.come()
    await pair.charge()
    pair.a.behave(Manners.SECRETIVE)
    written = pair.writes
    await settle(HOUR_S)
    assert 0 < pair.writes - written <= SILENT_WRITES_PER_HOUR
    await pair.world.kill()
