"""A reset of a charge point whose wallbox others use (R103)."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.frames import Refusal, error, literal_wallbox, result, settled
from tests.support.roles import HELPER, PRIMARY, several
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, status_of

from wattgate.ports.store import Change
from wattgate.runtime.gateway.commands.virtual_reset import END_WITHIN_S

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
TWO = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}
SOFT = {"type": "Soft"}


@pytest.mark.parametrize(("kind", "reason"), [("Soft", "SoftReset"), ("Hard", "HardReset")])
@in_virtual_time()
async def test_r103_the_backends_own_transaction_ends_and_the_other_goes_on(
    kind: str, reason: str
) -> None:
    site = await several(TWO)
    foreign, own = await site.start(1), await site.start(2)
    site.forget()
    assert await result(site["two"], "Reset", {"type": kind}) == ACCEPTED
    assert await site.wallbox.got("RemoteStopTransaction") == {"transactionId": own}
    await site.stop(own, "Remote")
    boot = await site["two"].got("BootNotification")
    assert boot["chargePointVendor"] == "Vendor"
    stopped = await site["two"].got("StopTransaction")
    assert (stopped["transactionId"], stopped["reason"]) == (2001, reason)
    await settled()
    assert site.wallbox.all_of("Reset") == []
    assert len(site.wallbox.all_of("RemoteStopTransaction")) == 1
    assert site["one"].all_of("BootNotification") == []
    await site.stop(foreign, "Remote")
    assert (await site["one"].got("StopTransaction"))["reason"] == "Remote"
    await site.world.kill()


@in_virtual_time()
async def test_r103_without_a_transaction_of_its_own_it_only_logs_in_again() -> None:
    site = await several(TWO)
    await site.start(1)
    assert await result(site["two"], "Reset", SOFT) == ACCEPTED
    await site["two"].got("BootNotification")
    await site["two"].got("StatusNotification")
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_r103_the_login_begins_anew_also_where_the_wallbox_does_not_stop() -> None:
    site = await several(TWO)
    await site.start(2)
    began = asyncio.get_running_loop().time()
    await result(site["two"], "Reset", SOFT)
    await site["two"].got("BootNotification")
    assert asyncio.get_running_loop().time() - began >= END_WITHIN_S
    await site.world.kill()


@in_virtual_time()
async def test_r103_the_main_backend_resets_the_wallbox_unless_somebody_else_charges() -> None:
    site = await several(TWO)
    foreign = await site.start(2)
    assert await result(site["one"], "Reset", SOFT) == ACCEPTED
    await site["one"].got("BootNotification")
    assert site.wallbox.all_of("Reset") == []
    await site.stop(foreign)
    own = await site.start(1)
    site.wallbox.answers["Reset"] = lambda _: ACCEPTED
    await result(site["one"], "Reset", SOFT)
    assert site.wallbox.all_of("Reset") == [SOFT]
    await site.stop(own, "SoftReset")
    await site.world.kill()


@in_virtual_time()
async def test_r103_who_listens_with_all_rights_ends_nobody_elses_transaction() -> None:
    site = await several({"left": {"one": PRIMARY, "two": HELPER}})
    await site.start()
    assert await result(site["two"], "Reset", SOFT) == ACCEPTED
    await site["two"].got("BootNotification")
    assert site.wallbox.all_of("Reset") == []
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_r103_a_local_transaction_is_nobodys_to_end() -> None:
    site = await several({"left": {"one": PRIMARY}, "right": {}})
    await site.start(2)
    await result(site["one"], "Reset", SOFT)
    await site["one"].got("BootNotification")
    assert site.wallbox.all_of("Reset") == []
    await site.world.kill()


@in_virtual_time()
async def test_r103_the_reason_outlasts_a_restart() -> None:
    site = await several(TWO)
    own = await site.start(2)
    await result(site["two"], "Reset", SOFT)
    await site.restart()
    await site.stop(own, "Remote")
    assert (await site["two"].got("StopTransaction"))["reason"] == "SoftReset"
    await site.world.kill()
    assert await noted(site.world) == []


@in_virtual_time()
async def test_r103_where_the_wallbox_refuses_to_stop_a_later_stop_is_told_as_it_is() -> None:
    site = await several(TWO, literal_wallbox(RemoteStopTransaction=lambda _: REJECTED))
    own = await site.start(2)
    await result(site["two"], "Reset", SOFT)
    await settled()
    await site.stop(own, "Remote")
    assert (await site["two"].got("StopTransaction"))["reason"] == "Remote"
    await site.world.kill()


@in_virtual_time()
async def test_r103_another_reason_of_the_wallbox_stays() -> None:
    site = await several(TWO)
    own = await site.start(2)
    await result(site["two"], "Reset", SOFT)
    await site.stop(own, "EVDisconnected")
    assert (await site["two"].got("StopTransaction"))["reason"] == "EVDisconnected"
    await site.world.kill()


@in_virtual_time()
async def test_r103_a_transaction_that_cannot_be_ended_now_keeps_its_charge_point() -> None:
    site = await several(TWO)
    await site.start(2)
    site.wallbox.hang_up()
    await settled()
    assert await result(site["two"], "Reset", SOFT) == REJECTED
    await site.world.kill()


@in_virtual_time()
async def test_r103_nothing_is_confirmed_and_nothing_ends_where_it_cannot_be_stored() -> None:
    site = await several(TWO)
    await site.start(2)
    site.world.store.failing = True
    assert await error(site["two"], "Reset", SOFT) == "InternalError"
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    site.world.store.failing = False
    await site.world.kill()


@in_virtual_time()
async def test_r103_a_reset_of_no_known_kind_is_refused() -> None:
    site = await several(TWO)
    for kind in ("Cold", None):
        code = await error(site["two"], "Reset", {"type": kind})
        assert code == "PropertyConstraintViolation"
    await site.world.kill()


@in_virtual_time()
async def test_r103_a_wallbox_that_answers_the_stop_with_an_error_is_no_reason_to_wait() -> None:
    site = await several(TWO, literal_wallbox(RemoteStopTransaction=lambda _: Refusal()))
    await site.start(2)
    await result(site["two"], "Reset", SOFT)
    await site["two"].got("BootNotification")
    assert await noted(site.world) == []
    await site.world.kill()


async def noted(world: World) -> list[str]:
    """The transactions that are noted to end by a reset."""
    notes = (await world.store.recover()).notes
    return [note.name for note in notes if note.scope == "end by reset CP1"]


@in_virtual_time()
async def test_r45_a_reset_charge_point_boots_also_where_it_else_would_not() -> None:
    site = await several(TWO)
    (two,) = site.evse("right").backends
    two.link.identity = replace(two.link.identity, boot_on_reconnect=False)
    site["two"].hang_up()
    await settled()
    await asyncio.sleep(60)
    assert site["two"].is_linked
    assert site["two"].all_of("BootNotification") == []
    await site.start(1)
    await result(site["two"], "Reset", SOFT)
    await site["two"].got("BootNotification")
    await site.world.kill()


@in_virtual_time(within_s=2 * 3600)
async def test_r77_no_note_stays_of_a_transaction_whose_end_was_lost() -> None:
    site = await several(TWO, more="lost_stop_h = 1\n")
    await site.start(2)
    await result(site["two"], "Reset", SOFT)
    await asyncio.sleep(1)
    for status in ("Charging", "Available"):
        await result(site.wallbox, "StatusNotification", status_of(2, status))
    assert await noted(site.world) != []
    await asyncio.sleep(4500)
    assert await noted(site.world) == []
    await site.world.kill()


@in_virtual_time()
async def test_r103_no_note_stays_of_a_transaction_that_ends_at_this_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = await several(TWO)
    own = await site.start(2)
    store = site.world.store
    commit = store.commit
    stop = {"transactionId": own, "meterStop": 2000, "timestamp": "2026-05-15T15:00:00Z"}

    async def slow(*changes: Change) -> Any:  # noqa: ANN401 - as the store's own
        if "end by reset CP1" in repr(changes):
            site.wallbox.send(json.dumps([2, "ends", "StopTransaction", stop]))
            await settled()
        return await commit(*changes)

    monkeypatch.setattr(store, "commit", slow)
    await result(site["two"], "Reset", SOFT)
    monkeypatch.undo()
    await asyncio.sleep(60)
    assert len(site["two"].all_of("StopTransaction")) == 1
    assert await noted(site.world) == []
    assert site.station.open.resets == {}
    await site.world.kill()


@in_virtual_time()
async def test_r103_while_a_reset_is_under_way_there_is_no_second() -> None:
    site = await several(TWO)
    await site.start(2)
    for _ in range(20):
        assert await result(site["two"], "Reset", SOFT) == ACCEPTED
    await asyncio.sleep(END_WITHIN_S + 60)
    assert len(site.wallbox.all_of("RemoteStopTransaction")) == 1
    assert len(site["two"].all_of("BootNotification")) == 1
    assert await result(site["two"], "Reset", SOFT) == ACCEPTED
    await asyncio.sleep(END_WITHIN_S + 60)
    assert len(site["two"].all_of("BootNotification")) == 2
    await site.world.kill()
