"""Reservations of a backend whose EVSEs share a login at several wallboxes (R105)."""

import pytest
from tests.support.frames import Refusal, result, settled
from tests.support.shared_login import SharedLogin, a_shared_login, heard
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Answer

ACCEPTED, REJECTED, OCCUPIED = ({"status": each} for each in ("Accepted", "Rejected", "Occupied"))
RESERVE, CANCEL = "ReserveNow", "CancelReservation"


def wish(connector: int, number: int = 1) -> dict[str, object]:
    expiry = "2099-01-01T00:00:00Z"
    return {
        "connectorId": connector,
        "reservationId": number,
        "idTag": "a",
        "expiryDate": expiry,
    }


async def a_reserved_site(answer: Answer = lambda _: ACCEPTED) -> SharedLogin:
    """Two wallboxes, of which that of connector 1 is reserved; connector 2 answers like this."""
    site = await a_shared_login("a", "b")
    site.sharers["a"].wallbox.answers |= {RESERVE: lambda _: ACCEPTED, CANCEL: lambda _: ACCEPTED}
    site.sharers["b"].wallbox.answers |= {RESERVE: answer, CANCEL: lambda _: ACCEPTED}
    assert await result(site.backend, RESERVE, wish(1)) == ACCEPTED
    return site


@in_virtual_time()
async def test_r105_a_reservation_that_moves_to_another_wallbox_leaves_the_first() -> None:
    site = await a_reserved_site()
    assert await result(site.backend, RESERVE, wish(2)) == ACCEPTED
    await settled()
    assert heard(site.sharers.values(), CANCEL) == {"a": [{"reservationId": 1}]}
    assert await result(site.backend, RESERVE, wish(1, 2)) == ACCEPTED
    await settled()
    assert len(heard(site.sharers.values(), CANCEL)) == 1
    await site.stop()


@pytest.mark.parametrize("answer", [REJECTED, OCCUPIED, Refusal()])
@in_virtual_time()
async def test_r105_it_stays_where_it_is_if_the_other_wallbox_will_not(
    answer: dict[str, str] | Refusal,
) -> None:
    site = await a_reserved_site(lambda _: answer)
    await site.backend.ask(RESERVE, wish(2))
    await settled()
    assert heard(site.sharers.values(), CANCEL) == {}
    await site.stop()


@in_virtual_time()
async def test_r102_one_that_was_given_up_is_made_anew_where_it_is_free() -> None:
    site = await a_reserved_site()
    assert await result(site.backend, CANCEL, {"reservationId": 1}) == ACCEPTED
    await site.sharers["a"].report("Unavailable")
    assert await result(site.backend, RESERVE, wish(0)) == ACCEPTED
    assert heard(site.sharers.values(), RESERVE) == {"a": [wish(1)], "b": [wish(1)]}
    await site.stop()
