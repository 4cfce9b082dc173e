"""Planted defects that mix up backends of one EVSE: each is seen by one story (R60, R106)."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from tests.support.frames import START, STOP, literal_backend, meter_values, result, settled
from tests.support.several_backends import FIRST_IDS, Several, several
from tests.support.virtual_time import in_virtual_time

from wattgate.core.gateway.outbox import OutboxMessage
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import BindTransaction, Change
from wattgate.runtime.gateway.delivery import outbox_pump
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.station import meter_readings, transaction_ends, transactions
from wattgate.runtime.station.billing import hand_over, told_now
from wattgate.runtime.station.open_transactions import hearers
from wattgate.runtime.station.station import Station

Defect = Callable[[pytest.MonkeyPatch], None]


async def the_story() -> None:
    """Two transactions; one report is hostile, and the other away for a while."""
    blocked = {"idTagInfo": {"status": "Blocked"}, "transactionId": 9001}
    hostile = literal_backend(StartTransaction=lambda _: blocked)
    site = await several(one=hostile, away=("two",))
    for number in (1, 2):
        began = asyncio.get_running_loop().time()
        told = await result(site.wallbox, "StartTransaction", START | {"meterStart": 5000 + number})
        assert asyncio.get_running_loop().time() - began < 0.1
        assert told == {"idTagInfo": {"status": "Accepted"}, "transactionId": number}
        await result(site.wallbox, "MeterValues", meter_values("2026-05-15T14:30:00Z", number))
        await settled()
        transaction = site.evse.transaction
        assert transaction is not None
        assert transaction.backend_id == 9000 + number
        await result(site.wallbox, "StopTransaction", STOP | {"transactionId": number})
    site.comes("two")
    await asyncio.sleep(200)
    await audit(site)
    await site.world.kill()


async def audit(site: Several) -> None:
    """Every backend heard everything, in order, by its own ids."""
    for name in FIRST_IDS:
        first = {"one": 9001}.get(name, FIRST_IDS[name])
        second = first if name == "one" else first + 1
        assert [action for action, _ in site.heard(name)] == [
            "StartTransaction",
            "MeterValues",
            "StopTransaction",
        ] * 2
        assert site.ids(name) == [first, first, second, second]
        assert await site.waiting(name) == []
    for number in (1, 2):
        assert (await site.record(number)).late_verdict is None
    assert site.wallbox.all_of("RemoteStopTransaction") == []


def bound_to_the_wrong_link(patch: pytest.MonkeyPatch) -> None:
    binding = OutboxPump._binding

    def wrong(self: OutboxPump, number: int, answer_text: str) -> tuple[Change, ...]:
        swapped = {"one": "two", "two": "one"}
        place, _, name = self.link_id.rpartition("@")
        return tuple(
            BindTransaction(
                number, f"{place}@{swapped.get(name, name)}", each.backend_transaction_id
            )
            for each in binding(self, number, answer_text)
            if isinstance(each, BindTransaction)
        )

    patch.setattr(OutboxPump, "_binding", wrong)


def every_backend_gets_the_primarys_id(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbox_pump, "id_at", lambda record, _: record.backend_transaction_id)


def ids_of_any_report(patch: pytest.MonkeyPatch) -> None:
    def any_id(record: TransactionRecord, link_id: str) -> int | None:
        known = (record.id_at(link_id), *record.report_ids.values())
        return next((each for each in reversed(known) if each is not None), None)

    patch.setattr(outbox_pump, "id_at", any_id)


def every_backend_is_heard_about_cards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbox_pump, "counts", lambda *_: True)


def the_wallbox_waits_for_a_report(patch: pytest.MonkeyPatch) -> None:
    def last(
        station: Station, queued: Sequence[OutboxMessage], _: str | None
    ) -> asyncio.Future[str] | None:
        return hand_over(station, queued, "stall-1 CP1@one")

    patch.setattr(transactions, "hand_over", last)


def reports_are_told_no_start(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transactions, "told_now", lambda evse: told_now(evse)[:1])


def reports_are_told_no_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transaction_ends, "hearers", lambda record: hearers(record)[:1])


def readings_go_to_one_backend(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(meter_readings, "hearers", lambda record: hearers(record)[:1])


@in_virtual_time()
async def test_the_story_is_told_as_it_should_be_without_a_defect() -> None:
    await the_story()


@pytest.mark.parametrize(
    "defect",
    [
        bound_to_the_wrong_link,
        every_backend_gets_the_primarys_id,
        ids_of_any_report,
        every_backend_is_heard_about_cards,
        the_wallbox_waits_for_a_report,
        reports_are_told_no_start,
        reports_are_told_no_end,
        readings_go_to_one_backend,
    ],
)
@in_virtual_time()
async def test_the_story_shows_a_planted_defect(
    defect: Defect, monkeypatch: pytest.MonkeyPatch
) -> None:
    defect(monkeypatch)
    with pytest.raises(AssertionError):
        await the_story()
