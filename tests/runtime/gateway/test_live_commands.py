"""What backends have asked of a wallbox, when the site has them no more (R86, R88, R103)."""

import asyncio

import pytest
from tests.support.frames import Refusal, error, result, settled
from tests.support.live_site import Gateway, LiveSite, a_live_site, gateway, report
from tests.support.site_text import Value
from tests.support.virtual_time import in_virtual_time

from wattgate.runtime.station.presence import SETTLE_S

ACCEPTED = {"status": "Accepted"}
A, HELPER = gateway("a"), report("b", commands="all")
OFF = {"connectorId": 1, "type": "Inoperative"}
ON = OFF | {"type": "Operative"}
CHANGE = "ChangeAvailability"


async def a_held_site(holder: str, *gateways: Gateway) -> LiveSite:
    """A wallbox that a backend holds inoperative."""
    live = await a_live_site(*gateways)
    live.wallbox.answers[CHANGE] = lambda _: ACCEPTED
    assert await result(live.backends[holder], CHANGE, OFF) == ACCEPTED
    return live


@pytest.mark.parametrize(
    "after", [(A,), (A, report("b", commands="read")), (A, report("c", commands="all"))]
)
@in_virtual_time()
async def test_r86_the_hold_of_a_backend_that_goes_or_loses_its_right_goes_with_it(
    after: tuple[Gateway, ...],
) -> None:
    live = await a_held_site("b", A, HELPER)
    await live.change(*after)
    await settled()
    assert live.wallbox.all_of(CHANGE) == [OFF, ON]
    await live.world.kill()


@in_virtual_time()
async def test_r86_a_hold_stays_over_what_does_not_concern_it() -> None:
    live = await a_held_site("b", A, HELPER)
    await live.change(gateway("c"), HELPER)
    await live.restart()
    await settled()
    assert live.wallbox.all_of(CHANGE) == [OFF]
    assert await result(live.backends["c"], CHANGE, ON) == {"status": "Scheduled"}
    await live.world.kill()


@in_virtual_time()
async def test_r88_a_notice_is_the_new_main_backends_when_who_asked_is_gone() -> None:
    live = await a_live_site(A, HELPER)
    await result(live.backends["b"], "UpdateFirmware", {"location": "ftp://x"})
    await live.change(gateway("c"))
    await settled()
    said = {"status": "Installed"}
    await result(live.wallbox, "FirmwareStatusNotification", said)
    await settled()
    assert live.backends["c"].all_of("FirmwareStatusNotification") == [said]
    assert live.backends["b"].all_of("FirmwareStatusNotification") == []
    await live.world.kill()


@in_virtual_time()
async def test_r103_a_transaction_that_ends_at_who_has_gone_is_foreign_to_the_new_backend() -> None:
    live = await a_live_site(A)
    began = await live.start()
    await live.change(gateway("c"))
    await settled()
    reset = {"type": "Soft"}
    assert await result(live.backends["c"], "Reset", reset) == ACCEPTED
    await settled()
    assert live.wallbox.all_of("Reset") == []
    assert live.wallbox.all_of("RemoteStopTransaction") == []
    await live.stop(began)
    live.wallbox.answers["Reset"] = lambda _: ACCEPTED
    await live.backends["c"].got("BootNotification", 2)
    await result(live.backends["c"], "Reset", reset)
    assert live.wallbox.all_of("Reset") == [reset]
    await live.world.kill()


STOP = "RemoteStopTransaction"


async def a_demoted_site(**said: str) -> LiveSite:
    """A car charges at backend a, which has become one that listens since; b bills what follows."""
    live = await a_live_site(gateway("a", **said))
    live.wallbox.answers[STOP] = lambda _: ACCEPTED
    await live.start()
    await live.change(report("a", **said), gateway("b"))
    return live


@in_virtual_time()
async def test_r106_who_bills_a_transaction_may_end_it_also_when_it_listens_by_now() -> None:
    live = await a_demoted_site()
    theirs = {"transactionId": 1001}
    assert await result(live.backends["b"], STOP, theirs) == {"status": "Rejected"}
    assert await result(live.backends["a"], STOP, theirs) == ACCEPTED
    assert live.wallbox.all_of(STOP) == [{"transactionId": 1}]
    await live.stop(1)
    await live.start()
    for number in (1001, 1002):
        assert await error(live.backends["a"], STOP, {"transactionId": number}) == "SecurityError"
    await live.world.kill()


@pytest.mark.parametrize("payload", [{"transactionId": 1}, {"transactionId": "1001"}, {}])
@in_virtual_time()
async def test_r106_no_more_than_that(payload: dict[str, Value]) -> None:
    live = await a_demoted_site()
    assert await error(live.backends["a"], STOP, payload) == "SecurityError"
    assert await error(live.backends["a"], "Reset", {"type": "Soft"}) == "SecurityError"
    await live.world.kill()


@pytest.mark.parametrize("commands", ["none", "read"])
@in_virtual_time()
async def test_r106_rights_that_are_said_hold_for_that_too(commands: str) -> None:
    live = await a_demoted_site(commands=commands)
    assert await error(live.backends["a"], STOP, {"transactionId": 1001}) == "SecurityError"
    await live.world.kill()


# Reservations

WISH = {"connectorId": 1, "reservationId": 5, "idTag": "04A1", "expiryDate": "2099-01-01T00:00:00Z"}
CANCEL = "CancelReservation"


async def a_reserved_site() -> LiveSite:
    """A wallbox that backend a has reserved."""
    live = await a_live_site(A, names="ab")
    live.wallbox.answers |= {"ReserveNow": lambda _: ACCEPTED, CANCEL: lambda _: ACCEPTED}
    assert await result(live.backends["a"], "ReserveNow", WISH) == ACCEPTED
    return live


@pytest.mark.parametrize("answer", [Refusal(), None])
@in_virtual_time()
async def test_r105_what_the_wallbox_has_not_given_up_is_still_reserved(
    answer: Refusal | None,
) -> None:
    live = await a_reserved_site()
    live.wallbox.answers[CANCEL] = lambda _: answer
    await error(live.backends["a"], CANCEL, {"reservationId": 5})
    assert live.world.manager is not None
    reservations = live.world.manager.stations.by_id["CP1"].reservations
    assert reservations.is_kept(live.evse.evse_id, "OTHER")
    await live.world.kill()


LIST = {
    "listVersion": 1,
    "updateType": "Full",
    "localAuthorizationList": [{"idTag": "04A1", "idTagInfo": ACCEPTED}],
}


@in_virtual_time()
async def test_r105_a_wallbox_that_comes_anew_is_left_in_peace_for_a_while() -> None:
    """First it is told its limits; then what its former backend has left there is cleared."""
    live = await a_reserved_site()
    live.wallbox.answers["SendLocalList"] = lambda _: ACCEPTED
    await result(live.backends["a"], "SendLocalList", LIST)
    await live.change(gateway("b"))
    await asyncio.sleep(SETTLE_S - 5)
    live.wallbox.hang_up()
    await settled()
    live.wallbox.calls.clear()
    live.world.plug_in("CP1", live.wallbox)
    await asyncio.sleep(SETTLE_S - 1)
    for action in (CANCEL, "SendLocalList"):
        assert live.wallbox.all_of(action) == []
    await asyncio.sleep(2)
    for action in (CANCEL, "SendLocalList"):
        assert len(live.wallbox.all_of(action)) == 1
    await live.world.kill()
