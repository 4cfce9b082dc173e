"""A StartTransaction that a restart left without its answer, and comes again (R61a, R77)."""

import asyncio

import pytest
from tests.support.frames import HOUSE, STALL, START, literal_wallbox, result, settled
from tests.support.several_backends import (
    FIRST_IDS,
    NAMES,
    ONE_BILLS_TWO_HEAR,
    REPORTS,
    Several,
    link_of,
    several,
)
from tests.support.site_text import card
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.ports.store import AnswerTransaction, Change, StoreFailed
from wattgate.runtime.station.evse_known import OpenTransaction


class NoAnswerStore(MemoryStore):
    """Keeps no answer to a start while it is told not to."""

    keeps_answers = False

    async def commit(self, *changes: Change) -> tuple[OutboxMessage, ...]:
        if not self.keeps_answers and any(isinstance(each, AnswerTransaction) for each in changes):
            raise StoreFailed("killed just before")
        return await super().commit(*changes)


async def killed_before_the_answer(
    *, away: tuple[str, ...] = (), later: str = ONE_BILLS_TWO_HEAR
) -> Several:
    """All who are there have numbered the transaction; the wallbox has not been answered.

    The manager has the `later` site then.
    """
    store = NoAnswerStore()
    site = await several(away=away, world=World(ONE_BILLS_TWO_HEAR, store=store))
    await site.wallbox.ask("StartTransaction", START)
    await settled()
    await site.world.kill()
    store.keeps_answers, site.world.site_toml = True, later
    await site.world.start()
    site.wallbox = literal_wallbox()
    site.world.plug_in("CP1", site.wallbox)
    await settled()
    return site


@pytest.mark.parametrize("away", [(), ("two",)], ids=["before the restart", "some only after"])
@in_virtual_time()
async def test_r60_every_backends_number_of_it_is_known_after_the_repetition(
    away: tuple[str, ...],
) -> None:
    site = await killed_before_the_answer(away=away)
    for name in away:
        site.comes(name)
        await asyncio.sleep(60)
    assert (await result(site.wallbox, "StartTransaction", START))["transactionId"] == 1
    transaction = site.evse.transaction
    assert transaction is not None
    assert transaction.backend_ids == {link_of(name): FIRST_IDS[name] for name in NAMES}
    await site.world.kill()


def heirs(site: Several) -> OpenTransaction:
    """What the EVSE knows that has another name."""
    assert site.world.manager is not None
    state = site.world.manager.evse("heir")
    assert state is not None
    transaction = state.evse.transaction
    assert transaction is not None
    return transaction


MATE = f"""{HOUSE}
[[evse]]
id = "mate"
address = "CP1"
connector = 2
[[evse.gateway]]
url = "ws://backend/"
"""
HEIR = (STALL + REPORTS).replace('"stall-1"', '"heir"') + card("04A1")


@pytest.mark.parametrize("before", [HOUSE, MATE], ids=["alone", "behind a shared login"])
@in_virtual_time()
async def test_r60_a_number_that_comes_before_the_repetition_is_known_under_another_name(
    before: str,
) -> None:
    site = await killed_before_the_answer(away=("backend",), later=before + HEIR)
    site.comes("backend")
    await asyncio.sleep(60)
    await result(site.wallbox, "StartTransaction", START)
    assert heirs(site).backend_id == 9001
    await site.world.kill()


@pytest.mark.parametrize("before", [HOUSE, MATE], ids=["alone", "behind a shared login"])
@in_virtual_time()
async def test_r65_a_card_is_refused_late_also_where_its_evse_has_another_name_since(
    before: str,
) -> None:
    site = await killed_before_the_answer(away=("backend",), later=before + HEIR)
    await result(site.wallbox, "StartTransaction", START)
    refused = {"idTagInfo": {"status": "Blocked"}, "transactionId": 9001}
    site.backends["backend"].answers["StartTransaction"] = lambda _: refused
    site.comes("backend")
    assert await site.wallbox.got("RemoteStopTransaction") == {"transactionId": 1}
    assert heirs(site).backend_id == 9001
    await site.world.kill()
