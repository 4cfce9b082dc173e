"""What was given up is sent once more (R64, R66)."""

import asyncio

import pytest
from tests.support.frames import (
    ACCEPTED,
    START,
    STOP,
    Refusal,
    Site,
    a_site,
    literal_backend,
    literal_wallbox,
    meter_values,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.web.warnings import warnings_of
from wattgate.runtime.gateway.delivery.dead_letters import (
    DeadLetters,
    NoBackend,
    NoSuchLetter,
    Resent,
)
from wattgate.runtime.manager import Manager

BACKEND = "stall-1 CP1@backend"
URL = "ws://backend/CP1"


def manager_of(site: Site) -> Manager:
    assert site.world.manager is not None
    return site.world.manager


def letters_of(site: Site) -> DeadLetters:
    return manager_of(site).letters


def counted(site: Site) -> int:
    (state,) = manager_of(site).evses()
    assert state.evse.link is not None
    return state.evse.link.pump.given_up


async def a_start_given_up() -> Site:
    """A backend has refused a start ten times, and takes everything since."""
    site = await a_site(backend=literal_backend(StartTransaction=lambda _: Refusal()))
    await site.wallbox.ask("StartTransaction", START)
    await asyncio.sleep(1400.0)
    assert len(site.backend.all_of("StartTransaction")) == 10
    site.backend.answers["StartTransaction"] = lambda _: ACCEPTED | {"transactionId": 77}
    return site


@in_virtual_time()
async def test_a_start_that_is_sent_again_binds_and_the_rest_gets_its_id_r64() -> None:
    site = await a_start_given_up()
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z"))
    await settled()
    assert site.backend.all_of("MeterValues")[-1]["transactionId"] == -1
    (letter,) = await letters_of(site).newest()
    assert letter.message.attempts == 10
    assert await letters_of(site).resend(letter.message.number) == Resent(1)
    await site.backend.got("StartTransaction", times=11)
    await settled()
    await result(site.wallbox, "StopTransaction", STOP)
    assert (await site.backend.got("StopTransaction"))["transactionId"] == 77
    assert len(set(site.backend.payload_texts("StartTransaction"))) == 1
    assert await letters_of(site).newest() == ()
    await site.world.kill()


@in_virtual_time()
async def test_a_start_that_is_sent_again_may_be_known_to_the_backend_r67() -> None:
    site = await a_start_given_up()
    site.backend.answers["StartTransaction"] = lambda _: {
        "idTagInfo": {"status": "ConcurrentTx"},
        "transactionId": 77,
    }
    await letters_of(site).resend_all(BACKEND)
    await site.backend.got("StartTransaction", times=11)
    await settled()
    record = await site.world.store.transaction("CP1", 1)
    assert record is not None
    assert (record.backend_transaction_id, record.late_verdict) == (77, None)
    await site.world.kill()


@pytest.mark.parametrize("restarted", [False, True])
@in_virtual_time()
async def test_what_was_given_up_is_counted_and_warned_of_until_it_is_sent_again_r66(
    restarted: bool,
) -> None:
    site = await a_start_given_up()
    if restarted:
        await site.world.kill()
        await site.world.start()
        await site.world.boot("CP1", literal_wallbox())
        await asyncio.sleep(1.0)
    (state,) = manager_of(site).evses()
    assert counted(site) == 1
    assert any("did not take 1 message of this EVSE" in said for said in warnings_of(state))
    await letters_of(site).resend_all(BACKEND)
    assert counted(site) == 0
    assert not any("did not take" in said for said in warnings_of(state))
    await site.world.kill()


@in_virtual_time()
async def test_what_is_sent_again_waits_behind_what_waits_already_r58() -> None:
    site = await a_start_given_up()
    del site.world.dialer.backends[URL]
    site.backend.hang_up()
    await settled()
    await result(site.wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z", None))
    await letters_of(site).resend_all(BACKEND)
    site.world.dialer.backends[URL] = site.backend
    await site.backend.got("StartTransaction", times=11)
    billed = [
        action for action, _ in site.backend.calls if action in ("MeterValues", "StartTransaction")
    ]
    assert billed[-2:] == ["MeterValues", "StartTransaction"]
    await site.world.kill()


@in_virtual_time()
async def test_it_is_sent_again_also_while_the_wallbox_is_away_r50() -> None:
    site = await a_start_given_up()
    site.wallbox.hang_up()
    await asyncio.sleep(300.0)
    assert not (await letters_of(site).newest())[0].message.draft.expendable
    await letters_of(site).resend_all(BACKEND)
    await site.backend.got("StartTransaction", times=11)
    await site.world.kill()


@in_virtual_time()
async def test_nothing_is_sent_again_twice_or_to_nobody_r66() -> None:
    site = await a_start_given_up()
    (letter,) = await letters_of(site).newest()
    number = letter.message.number
    outcomes = await asyncio.gather(*(letters_of(site).resend(number) for _ in range(3)))
    assert sorted(map(str, outcomes)) == ["NoSuchLetter()", "NoSuchLetter()", "Resent(count=1)"]
    await site.backend.got("StartTransaction", times=11)
    await settled()
    assert len(site.backend.all_of("StartTransaction")) == 11
    assert await letters_of(site).resend(number) == NoSuchLetter()
    assert await letters_of(site).resend_all("nobody") == NoBackend("nobody")
    assert await letters_of(site).resend_all(BACKEND) == Resent(0)
    await site.world.kill()
