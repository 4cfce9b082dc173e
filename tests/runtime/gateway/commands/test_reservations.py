"""Reservations of several backends at one wallbox (R102, R105)."""

import asyncio
import json

import pytest
from tests.support.frames import (
    HOUSE,
    ONE_BACKEND,
    START,
    Literal,
    Refusal,
    a_site,
    error,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.live_site import a_live_site, gateway, report, toml
from tests.support.reservation_story import (
    DONE,
    Keeper,
    cancel,
    reserve,
    restarts,
    tell_of_reservations,
    two,
    wish,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Json, World, status_of

from wattgate.runtime.station.presence import SETTLE_S


@in_virtual_time()
async def test_two_backends_use_the_same_id_and_each_has_its_own_reservation_r105() -> None:
    site, keeper = await two()
    assert await reserve(site.one, 5) == "Accepted"
    assert await reserve(site.two, 5) == "Accepted"
    assert keeper.kept == {1: 1, 2: 2}
    assert await cancel(site.one, 5) == "Accepted"
    assert keeper.kept == {2: 2}
    assert await cancel(site.one, 2) == "Rejected"  # the wallbox's id of the other's
    assert await cancel(site.one, 5) == "Rejected"
    assert keeper.kept == {2: 2}
    await site.world.kill()


@in_virtual_time()
async def test_the_same_id_again_replaces_the_own_one_and_no_other_r105() -> None:
    site, keeper = await two()
    await reserve(site.two, 5)
    await reserve(site.one, 5)
    assert await reserve(site.one, 5, card="OTHER") == "Accepted"
    assert keeper.kept == {1: 2, 2: 1}
    asked = site.wallbox.all_of("ReserveNow")
    assert [(each["reservationId"], each["idTag"]) for each in asked] == [
        *((1, "04A1"), (2, "04A1")),
        (2, "OTHER"),
    ]
    await site.world.kill()


@pytest.mark.parametrize("restarted", [False, True])
@in_virtual_time()
async def test_a_start_names_the_reservation_to_its_backend_only_r105(*, restarted: bool) -> None:
    site, _ = await two()
    await reserve(site.one, 70)
    await reserve(site.two, 7)
    if restarted:
        await restarts(site)
    ids = '{ "connectorId":%d,"reservationId" : %s, '
    told = ids + '"idTag":"\\u0041", "timestamp":"x","meterStart":1.0}'
    await result(site.wallbox, "StartTransaction", told % (2, 2))
    assert site.two.payload_texts("StartTransaction") == [told % (1, 7)]
    await result(site.wallbox, "StartTransaction", told.replace('"x"', '"y"') % (1, 2))
    assert site.one.payload_texts("StartTransaction") == [
        '{ "connectorId":1,"idTag":"\\u0041", "timestamp":"y","meterStart":1.0}'
    ]
    assert await reserve(site.one, 70) == "Accepted"
    await site.world.kill()


@in_virtual_time()
async def test_reservations_outlast_a_restart_and_so_do_their_ids_r105() -> None:
    site, keeper = await two()
    await reserve(site.one, 5)
    await reserve(site.two, 5)
    await restarts(site)
    assert await reserve(site.one, 6) == "Occupied"
    assert await cancel(site.two, 5) == "Accepted"
    assert keeper.kept == {1: 1}
    assert await reserve(site.two, 6) == "Accepted"
    assert keeper.kept == {1: 1, 3: 2}
    await site.world.kill()


@pytest.mark.parametrize(
    "answer",
    [
        *({"status": each} for each in ("Faulted", "Occupied", "Rejected", "Unavailable")),
        '{ "status" : "Occupied","x":1.10}',
    ],
)
@in_virtual_time()
async def test_what_the_wallbox_says_goes_back_to_the_letter_and_reserves_nothing(
    answer: Json,
) -> None:
    site, keeper = await two()
    keeper.answer = answer
    frame = await site.one.ask("ReserveNow", wish(5))
    told = answer if isinstance(answer, str) else json.dumps(answer)
    assert site.one.texts[-1].endswith(f",{told}]")
    assert frame[0] == 3
    assert await cancel(site.one, 5) == "Rejected"
    assert site.wallbox.all_of("CancelReservation") == []
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_without_reservations_says_so_itself() -> None:
    site, keeper = await two()
    keeper.answer = Refusal("NotImplemented", "no reservations")
    frame = await site.one.ask("ReserveNow", wish(5))
    assert frame[2:4] == ["NotImplemented", "no reservations"]
    await site.world.kill()


@in_virtual_time()
async def test_a_refused_change_leaves_the_reservation_as_it_was() -> None:
    site, keeper = await two()
    await reserve(site.one, 5)
    keeper.answer = {"status": "Rejected"}
    assert await reserve(site.one, 5, card="OTHER") == "Rejected"
    assert await cancel(site.one, 5) == "Accepted"
    assert keeper.kept == {}
    await site.world.kill()


@in_virtual_time()
async def test_a_reservation_that_the_wallbox_did_not_answer_can_be_cancelled() -> None:
    site, keeper = await two()
    site.wallbox.answers["ReserveNow"] = lambda payload: keeper.reserve(payload) and None
    assert await error(site.one, "ReserveNow", wish(5)) == "GenericError"
    assert keeper.kept == {1: 1}
    assert await cancel(site.one, 5) == "Accepted"
    assert keeper.kept == {}
    await site.world.kill()


@in_virtual_time()
async def test_a_reservation_whose_answer_a_crash_swallowed_is_known_all_the_same() -> None:
    site, keeper = await two()
    site.wallbox.answers["ReserveNow"] = lambda payload: keeper.reserve(payload) and None
    site.two.send(f'[2,"r","ReserveNow",{json.dumps(wish(7))}]')
    await site.wallbox.got("ReserveNow")
    await restarts(site)
    await result(site.wallbox, "StartTransaction", START | {"connectorId": 2, "reservationId": 1})
    assert (await site.two.got("StartTransaction"))["reservationId"] == 7
    await site.world.kill()


@in_virtual_time()
async def test_a_reservation_that_the_wallbox_never_heard_of_is_none() -> None:
    site, _ = await two()
    site.wallbox.answers["UnlockConnector"] = lambda _: None
    waiting = asyncio.gather(
        error(site.two, "UnlockConnector", {"connectorId": 1}),
        error(site.one, "ReserveNow", wish(5)),
    )
    await settled()
    site.wallbox.hang_up()
    assert list(await waiting) == ["GenericError", "GenericError"]
    site.world.plug_in("CP1", site.wallbox)
    await settled()
    assert await cancel(site.one, 5) == "Rejected"
    assert site.wallbox.all_of("CancelReservation") == []
    await site.world.kill()


@in_virtual_time()
async def test_what_cannot_be_stored_is_not_reserved() -> None:
    site, keeper = await two()
    site.world.store.failing = True
    assert await error(site.one, "ReserveNow", wish(5)) == "InternalError"
    assert keeper.kept == {}
    assert await cancel(site.one, 5) == "Rejected"
    assert site.wallbox.all_of("CancelReservation") == []
    site.world.store.failing = False
    assert await reserve(site.one, 5) == "Accepted"
    site.world.store.failing = True
    assert await cancel(site.one, 5) == "Accepted"
    site.world.store.failing = False
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_is_away_reserves_nothing() -> None:
    site, _ = await two()
    site.wallbox.hang_up()
    await settled()
    assert await error(site.one, "ReserveNow", wish(5)) == "GenericError"
    site.world.plug_in("CP1", site.wallbox)
    await site.wallbox.ask("BootNotification", BOOT)
    assert await cancel(site.one, 5) == "Rejected"
    await site.world.kill()


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (wish(5) | {"reservationId": "5"}, "TypeConstraintViolation"),
        ({"connectorId": 1, "idTag": "A"}, "OccurenceConstraintViolation"),
        (wish(5, connector=2), "PropertyConstraintViolation"),
    ],
)
@in_virtual_time()
async def test_what_names_no_reservation_or_a_foreign_connector_is_refused_r11_r101(
    payload: Json, code: str
) -> None:
    site, _ = await two()
    assert await error(site.one, "ReserveNow", payload) == code
    assert site.wallbox.all_of("ReserveNow") == []
    await site.world.kill()


@in_virtual_time()
async def test_connector_0_of_a_backend_is_its_own_connector_r102() -> None:
    site, keeper = await two()
    assert await reserve(site.two, 5, connector=0) == "Accepted"
    assert keeper.kept == {1: 2}
    await site.world.kill()


@in_virtual_time()
async def test_the_ids_of_the_only_backend_stay_and_what_makes_no_sense_is_the_wallboxs_r13() -> (
    None
):
    site, keeper = await a_site(literal_wallbox()), Keeper()
    keeper.serve(site.wallbox)
    assert await reserve(site.backend, 4711, connector=0) == "Accepted"
    assert keeper.kept == {4711: 0}
    await result(site.wallbox, "StartTransaction", START | {"reservationId": 4711})
    await result(site.wallbox, "StartTransaction", START | {"reservationId": 1, "timestamp": "x"})
    told = [each["reservationId"] for each in site.backend.all_of("StartTransaction")]
    assert told == [4711, 1]
    keeper.answer = Refusal("FormationViolation", "what is that?")
    for payload in ('{"reservationId" : "x"}', "{}"):
        assert await error(site.backend, "ReserveNow", payload) == "FormationViolation"
        assert site.wallbox.payload_texts("ReserveNow")[-1] == payload
    site.wallbox.answers["CancelReservation"] = lambda _: {"status": "Rejected"}
    await site.backend.ask("CancelReservation", '{"reservationId":77}')
    await site.backend.ask("CancelReservation", "{}")
    assert site.wallbox.payload_texts("CancelReservation") == ['{"reservationId":77}', "{}"]
    await site.world.kill()


REPORT = '[[evse.gateway]]\nurl = "ws://report/"\nrole = "report"\ncommands = {}\n'


@pytest.mark.parametrize(
    ("rights", "ours"), [('["ReserveNow", "CancelReservation"]', 1), ('"read"', 5)]
)
@in_virtual_time()
async def test_ids_change_only_where_a_second_backend_may_reserve_r105_r106(
    rights: str, ours: int
) -> None:
    world = World(ONE_BACKEND + REPORT.format(rights))
    wallbox, backend, report, keeper = (
        literal_wallbox(),
        literal_backend(),
        literal_backend(),
        Keeper(),
    )
    world.dialer.backends |= {"ws://backend/CP1": backend, "ws://report/CP1": report}
    keeper.serve(wallbox)
    await world.start()
    await world.boot("CP1", wallbox)
    await report.got("StatusNotification")
    await backend.got("StatusNotification")
    assert await reserve(backend, 5) == "Accepted"
    assert keeper.kept == {ours: 1}
    if ours == 1:
        assert await cancel(report, 5) == "Rejected"
        assert await reserve(report, 5) == "Occupied"
    await result(wallbox, "StartTransaction", START | {"reservationId": ours})
    assert (await backend.got("StartTransaction"))["reservationId"] == 5
    assert "reservationId" not in await report.got("StartTransaction")
    await world.kill()


SHARED = f"""{HOUSE}
[[evse]]
id = "left"
address = "CP1"
connector = 1
[[evse.gateway]]
url = "ws://backend/"
[[evse]]
id = "right"
address = "CP1"
connector = 2
[[evse.gateway]]
url = "ws://backend/"
"""


async def one_login() -> tuple[World, Literal, Literal, Keeper]:
    """A wallbox with two connectors at one backend."""
    world, wallbox, backend, keeper = World(SHARED), literal_wallbox(), literal_backend(), Keeper()
    world.dialer.backends["ws://backend/CP1"] = backend
    keeper.serve(wallbox)
    await world.start()
    await world.boot("CP1", wallbox)
    await wallbox.ask("StatusNotification", status_of(2, "Available"))
    await backend.got("StatusNotification")
    await settled()
    return world, wallbox, backend, keeper


@in_virtual_time()
async def test_connector_0_of_a_backend_with_several_is_one_that_is_free_r102() -> None:
    world, wallbox, backend, keeper = await one_login()
    await wallbox.ask("StatusNotification", status_of(1, "Charging"))
    assert await reserve(backend, 5, connector=0) == "Accepted"
    assert keeper.kept == {5: 2}
    assert await reserve(backend, 6, connector=0) == "Occupied"
    assert await reserve(backend, 5, connector=0, card="OTHER") == "Accepted"
    assert keeper.kept == {5: 2}
    assert len(wallbox.all_of("ReserveNow")) == 2
    assert await reserve(backend, 8, connector=1) == "Accepted"
    assert keeper.kept == {5: 2, 8: 1}
    assert await cancel(backend, 8) == "Accepted"
    assert len(wallbox.all_of("CancelReservation")) == 1
    await world.kill()


@pytest.mark.parametrize(("status", "answer"), [("Faulted",) * 2, ("Unavailable",) * 2])
@in_virtual_time()
async def test_where_no_connector_can_be_kept_the_answer_says_why(status: str, answer: str) -> None:
    world, wallbox, backend, _ = await one_login()
    for connector in (1, 2):
        await wallbox.ask("StatusNotification", status_of(connector, status))
    assert await reserve(backend, 5, connector=0) == answer
    await world.kill()


@in_virtual_time()
async def test_a_start_of_another_card_does_not_go_where_a_connector_is_kept_r105() -> None:
    world, wallbox, backend, _ = await one_login()
    await reserve(backend, 5, connector=1, card="VIP")
    await result(backend, "RemoteStartTransaction", {"idTag": "OTHER"})
    await wallbox.ask("StatusNotification", status_of(2, "Charging"))
    await wallbox.ask("StatusNotification", status_of(1, "Reserved"))
    refused = await result(backend, "RemoteStartTransaction", {"idTag": "OTHER"})
    assert refused == {"status": "Rejected"}
    assert await result(backend, "RemoteStartTransaction", {"idTag": "vip"}) == DONE
    starts = [each["connectorId"] for each in wallbox.all_of("RemoteStartTransaction")]
    assert starts == [2, 1]
    world.clock.jump_wall(24 * 3600)
    assert await result(backend, "RemoteStartTransaction", {"idTag": "OTHER"}) == DONE
    await world.kill()


@in_virtual_time()
async def test_a_reservation_that_a_session_has_used_up_keeps_the_connector_no_longer() -> None:
    world, wallbox, backend, _ = await one_login()
    await wallbox.ask("StatusNotification", status_of(2, "Faulted"))
    await reserve(backend, 5, connector=1, card="VIP")
    start = START | {"idTag": "VIP", "reservationId": 5}
    number = (await result(wallbox, "StartTransaction", start))["transactionId"]
    stop = {"transactionId": number, "meterStop": 60_000, "timestamp": "2026-05-15T15:00:00Z"}
    await result(wallbox, "StopTransaction", stop)
    assert await result(backend, "RemoteStartTransaction", {"idTag": "OTHER"}) == DONE
    await world.kill()


@in_virtual_time()
async def test_reservations_of_long_ago_are_not_stored_for_ever() -> None:
    site, keeper = await two()
    for number in (5, 6):
        await reserve(site.one, number)
        await cancel(site.one, number)
    site.world.clock.jump_wall(9 * 24 * 3600)
    assert await reserve(site.one, 7, until="2026-05-30T00:00:00Z") == "Accepted"
    notes = (await site.world.store.recover()).notes
    assert [note.name for note in notes if note.scope == "reservation CP1"] == ["3"]
    assert keeper.kept == {3: 1}
    await site.world.kill()


@pytest.mark.parametrize("seed", range(12))
@in_virtual_time()
async def test_whatever_two_backends_reserve_cancel_and_use_each_has_its_own_r105(
    seed: int,
) -> None:
    await tell_of_reservations(seed)


# Backends that change while everything runs


@in_virtual_time()
async def test_what_a_backend_reserved_that_is_gone_is_given_up_r105() -> None:
    live, keeper = await a_live_site(gateway("a"), names="ab"), Keeper()
    keeper.serve(live.wallbox)
    assert await reserve(live.backends["a"], 5) == "Accepted"
    await live.change(gateway("b"))
    await asyncio.sleep(SETTLE_S + 1)
    assert keeper.kept == {}
    assert await reserve(live.backends["b"], 5) == "Accepted"
    assert len(live.wallbox.all_of("CancelReservation")) == 1
    await live.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_was_away_is_told_later_what_nobody_reserves_any_more() -> None:
    live, keeper = await a_live_site(gateway("a"), names="ab"), Keeper()
    keeper.serve(live.wallbox)
    await reserve(live.backends["a"], 5)
    live.wallbox.hang_up()
    await settled()
    await live.change(gateway("b"))
    await asyncio.sleep(SETTLE_S + 1)
    await live.restart(toml(gateway("b")))
    await asyncio.sleep(SETTLE_S + 1)
    assert keeper.kept == {}
    await live.world.kill()


@in_virtual_time()
async def test_a_reservation_made_while_alone_keeps_its_id_when_another_may_reserve_too() -> None:
    live, keeper = await a_live_site(gateway("a"), names="ab"), Keeper()
    keeper.serve(live.wallbox)
    await reserve(live.backends["a"], 5)
    rights = ["ReserveNow", "CancelReservation"]
    await live.change(gateway("a"), report("b", commands=rights))  # type: ignore[arg-type]
    await asyncio.sleep(1)
    assert await cancel(live.backends["b"], 5) == "Rejected"
    assert await reserve(live.backends["b"], 5) == "Occupied"
    assert await cancel(live.backends["a"], 5) == "Accepted"
    assert await reserve(live.backends["b"], 5) == "Accepted"
    assert list(keeper.kept.values()) == [1]
    start = START | {"reservationId": next(iter(keeper.kept))}
    await result(live.wallbox, "StartTransaction", start)
    assert (await live.backends["b"].got("StartTransaction"))["reservationId"] == 5
    assert "reservationId" not in await live.backends["a"].got("StartTransaction")
    await live.world.kill()
