"""A new key for a wallbox, from the first word to the login with it, whatever comes in between."""

import asyncio

import pytest
from tests.support.frames import Refusal, settled
from tests.support.keyed_box import COMMON, NEWER, OPEN, OWN, KeyedBox, Status, a_box, restarted
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Answer, Json

from wattgate.core.security.passwords import PasswordKey
from wattgate.core.station.wallbox_key import Answer as KeyAnswer
from wattgate.core.station.wallbox_key import KeyStep
from wattgate.ports.store import StoreFailed
from wattgate.runtime.station.key_writing import PAUSE_S, RETURN_S, KeyNotWritten, Written


@pytest.mark.parametrize(
    ("site_toml", "password"), [(OWN, "secret"), (COMMON, "common"), (OPEN, None)]
)
@in_virtual_time()
async def test_a_wallbox_gets_a_key_of_its_own_and_what_it_had_opens_nothing_any_more_r24(
    site_toml: str, password: str | None
) -> None:
    async with a_box(site_toml, password) as box:
        assert await box.is_written() == Written(KeyAnswer.ACCEPTED)
        (key,) = box.keys
        assert len(bytes.fromhex(key)) == 20
        assert box.step() is KeyStep.TAKEN
        assert box.opens(password)
        assert box.opens(key)
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        assert (box.step(), box.has_key()) == (None, True)
        assert box.opens(bytes.fromhex(key))
        assert box.opens(key)
        assert not box.opens(password)
        await restarted(box)
        assert box.opens(bytes.fromhex(key))
        assert not box.opens(password)


@in_virtual_time()
async def test_a_wallbox_that_stays_is_asked_to_come_back_with_its_key_once_a01() -> None:
    async with a_box() as box:
        await box.is_written()
        await asyncio.sleep(PAUSE_S - 1)
        assert box.sent_away() is None
        await asyncio.sleep(2)
        assert box.sent_away() == "come back with the new key, please"
        box.takes_it()
        await box.comes()
        await asyncio.sleep(2 * RETURN_S)
        assert box.has_key()
        assert box.sent_away() is None


@in_virtual_time()
async def test_a_wallbox_that_came_back_by_itself_is_left_alone() -> None:
    async with a_box() as box:
        await box.is_written()
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        await asyncio.sleep(PAUSE_S + RETURN_S)
        assert box.sent_away() is None
        assert box.has_key()


@in_virtual_time()
async def test_a_key_that_was_given_up_meanwhile_is_not_waited_for() -> None:
    async with a_box() as box:
        await box.is_written()
        assert box.world.manager is not None
        await box.world.manager.keys.forget("CP1")
        await asyncio.sleep(PAUSE_S + RETURN_S)
        assert box.sent_away() is None
        assert box.step() is None


@in_virtual_time()
async def test_a_second_key_has_as_much_time_as_the_first() -> None:
    async with a_box() as box:
        await box.is_written()
        box.end.hang_up()
        await box.comes()
        await asyncio.sleep(RETURN_S / 2)
        await box.is_written()
        box.end.hang_up()
        await asyncio.sleep(RETURN_S - 1)
        assert box.step() is KeyStep.TAKEN
        await asyncio.sleep(PAUSE_S + 2)
        assert box.step() is KeyStep.SET_ASIDE


@pytest.mark.parametrize("status", ["Rejected", "NotSupported", Refusal("NotSupported")])
@in_virtual_time()
async def test_a_key_that_the_wallbox_refuses_is_forgotten(status: Status) -> None:
    async with a_box(status=status) as box:
        assert await box.is_written() == Written(KeyAnswer.REFUSED)
        assert (box.step(), box.has_key()) == (None, False)
        assert not box.opens(box.keys[0])
        assert box.opens("secret")
        await asyncio.sleep(PAUSE_S + RETURN_S)
        assert box.sent_away() is None
        await restarted(box)
        assert not box.opens(box.keys[0])


@pytest.mark.parametrize("status", [None, "", "Perhaps", Refusal("InternalError")])
@pytest.mark.parametrize("takes", [True, False])
@in_virtual_time()
async def test_a_key_of_which_the_wallbox_said_nothing_is_found_out_by_its_next_login(
    status: Status, takes: bool
) -> None:
    async with a_box(status=status) as box:
        assert await box.is_written() == Written(KeyAnswer.UNKNOWN)
        await asyncio.sleep(PAUSE_S + 1)
        assert box.sent_away() is not None
        if takes:
            box.takes_it()
        await box.comes()
        assert box.has_key() is takes
        assert box.step() is (None if takes else KeyStep.SET_ASIDE)


@in_virtual_time()
async def test_a_wallbox_that_accepts_and_comes_with_the_old_one_may_come_with_the_new_later() -> (
    None
):
    async with a_box() as box:
        await box.is_written()
        box.end.hang_up()
        await box.comes()
        assert (box.step(), box.has_key()) == (KeyStep.SET_ASIDE, False)
        await restarted(box)
        await box.comes()
        assert box.step() is KeyStep.SET_ASIDE
        assert box.opens("secret")
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        assert (box.step(), box.has_key()) == (None, True)


@in_virtual_time()
async def test_a_wallbox_that_does_not_come_back_in_time_is_told_and_not_locked_out() -> None:
    async with a_box() as box:
        await box.is_written()
        box.end.hang_up()
        await asyncio.sleep(PAUSE_S + RETURN_S - 1)
        assert box.step() is KeyStep.TAKEN
        await asyncio.sleep(2)
        assert box.step() is KeyStep.SET_ASIDE
        box.takes_it()
        await box.comes()
        assert box.has_key()


@in_virtual_time()
async def test_a_wallbox_that_needs_a_restart_is_waited_for_and_restarted_on_request_only() -> None:
    async with a_box(status="RebootRequired") as box:
        assert await box.is_written() == Written(KeyAnswer.REBOOT_REQUIRED)
        await asyncio.sleep(PAUSE_S + RETURN_S)
        assert box.sent_away() is None
        assert box.end.all_of("Reset") == []
        with pytest.raises(KeyNotWritten, match="or to restart"):
            await box.is_written()
        box.end.hang_up()
        await box.comes()
        assert box.step() is KeyStep.AFTER_RESTART
        box.end.answers["Reset"] = lambda _: {"status": "Rejected"}
        assert await box.is_written(restart=True) == Written(KeyAnswer.REBOOT_REQUIRED)
        assert len(box.keys) == len(box.end.all_of("Reset")) == 1
        await box.end.ask("BootNotification", BOOT)
        assert box.step() is KeyStep.SET_ASIDE

        box.end.answers["Reset"] = lambda _: {"status": "Accepted"}
        assert await box.is_written(restart=True) == Written(KeyAnswer.REBOOT_REQUIRED, True)
        assert box.end.all_of("Reset") == [{"type": "Soft"}] * 2
        box.end.hang_up()
        box.takes_it()
        await box.comes(boots=True)
        assert (box.step(), box.has_key()) == (None, True)


@pytest.mark.parametrize(
    ("reset", "restarts"), [({"status": "Accepted"}, True), ({"status": "Rejected"}, False)]
)
@in_virtual_time()
async def test_whether_it_restarts_is_what_the_wallbox_says(reset: Json, restarts: bool) -> None:
    async with a_box(status="RebootRequired") as box:
        answers: dict[str, Answer] = {"Reset": lambda _: reset}
        box.end.answers |= answers
        assert (await box.is_written(restart=True)).restarts is restarts


@in_virtual_time()
async def test_no_wallbox_is_restarted_while_a_car_charges_r83() -> None:
    async with a_box(status="RebootRequired") as box:
        start = {
            "connectorId": 1,
            "idTag": "A",
            "meterStart": 0,
            "timestamp": "2026-05-15T12:00:00Z",
        }
        await box.end.ask("StartTransaction", start)
        assert await box.is_written(restart=True) == Written(KeyAnswer.REBOOT_REQUIRED)
        assert box.end.all_of("Reset") == []


@in_virtual_time()
async def test_who_is_not_here_or_on_the_way_to_a_key_gets_none() -> None:
    async with a_box() as box:
        await box.is_written()
        manager = box.world.manager
        assert manager is not None
        ways = (
            box.is_written(),
            manager.key_writing.show("CP1"),
            manager.key_writing.forget("CP1"),
        )
        for way in ways:
            with pytest.raises(KeyNotWritten, match="was told a key already"):
                await way
        box.end.hang_up()
        await settled()
        with pytest.raises(KeyNotWritten, match="not connected"):
            await box.is_written()
        assert len(box.keys) == 1


@in_virtual_time()
async def test_a_key_that_cannot_be_stored_is_not_sent() -> None:
    async with a_box() as box:
        box.world.store.failing = True
        with pytest.raises(StoreFailed):
            await box.is_written()
        assert box.keys == []
        assert box.step() is None


@in_virtual_time()
async def test_whoever_asked_may_go_away_meanwhile() -> None:
    async with a_box(status=None) as box:
        asking = asyncio.get_running_loop().create_task(box.is_written())
        await box.end.got("ChangeConfiguration")
        asking.cancel()
        await settled()
        assert box.step() is KeyStep.SENT
        (message_id,) = box.end.held["ChangeConfiguration"]
        box.end.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
        await settled()
        assert box.step() is KeyStep.TAKEN
        await asyncio.sleep(PAUSE_S)
        assert box.sent_away() is not None


@in_virtual_time()
async def test_a_link_that_is_lost_before_the_key_has_left_costs_nothing() -> None:
    async with a_box() as box:
        box.end.answers["GetConfiguration"] = lambda _: None
        manager = box.world.manager
        assert manager is not None
        peer = manager.stations.by_id["CP1"].presence.peer
        assert peer is not None
        blocking = asyncio.get_running_loop().create_task(peer.call("GetConfiguration", "{}"))
        await settled()
        asking = asyncio.get_running_loop().create_task(box.is_written())
        await settled()
        box.end.hang_up()
        assert await asking == Written(KeyAnswer.UNSENT)
        await blocking
        assert (box.step(), box.keys) == (None, [])


MOMENTS = ["stored", "sent", "answered", "left", "come back"]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("takes", [True, False])
@in_virtual_time()
async def test_a_kill_at_any_moment_leaves_the_wallbox_a_way_in_and_the_truth_comes_out(
    moment: str, takes: bool
) -> None:
    async with a_box(status=None if moment in ("stored", "sent") else "Accepted") as box:
        manager = box.world.manager
        assert manager is not None
        if moment == "stored":
            box.keys.append(await manager.keys.offer("CP1", KeyStep.SENT))
        else:
            asking = asyncio.get_running_loop().create_task(box.is_written())
            await box.end.got("ChangeConfiguration")
            if moment != "sent":
                await asking
        if moment in ("left", "come back"):
            box.end.hang_up()
            await settled()
        if takes:
            box.takes_it()
        if moment == "come back":
            box.world.store.failing = True
            await box.comes()
            box.world.store.failing = False
        await restarted(box)
        assert box.opens("secret")
        assert box.opens(box.keys[-1])
        await box.comes()
        assert box.has_key() is takes
        assert box.step() is (None if takes else KeyStep.SET_ASIDE)
        assert box.opens("secret") is not takes


@in_virtual_time()
async def test_after_a_restart_it_is_waited_for_as_long_as_before() -> None:
    async with a_box() as box:
        await box.is_written()
        await restarted(box)
        await asyncio.sleep(RETURN_S - 1)
        assert box.step() is KeyStep.TAKEN
        await asyncio.sleep(2)
        assert box.step() is KeyStep.SET_ASIDE


@in_virtual_time()
async def test_a_password_newly_written_in_the_site_file_wins_over_a_key() -> None:
    async with a_box() as box:
        await box.is_written()
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        assert not box.opens("secret")
        await restarted(box, NEWER)
        assert box.opens("newly written")
        assert not box.opens(box.password)
        assert not box.opens("secret")


@in_virtual_time()
async def test_another_common_password_leaves_the_keys_alone() -> None:
    async with a_box(COMMON, "common") as box:
        await box.is_written()
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        await restarted(box, COMMON.replace('"common"', '"another"'))
        assert box.opens(box.password)
        assert not box.opens("another")


@in_virtual_time()
async def test_a_key_that_is_shown_waits_for_the_installer_as_long_as_it_takes() -> None:
    async with a_box() as box:
        manager = box.world.manager
        assert manager is not None
        key = await manager.key_writing.show("CP1")
        await asyncio.sleep(PAUSE_S + RETURN_S)
        box.end.hang_up()
        await restarted(box)
        await box.comes(boots=True)
        assert box.step() is KeyStep.SHOWN
        box.end.hang_up()
        box.password = key
        await box.comes()
        assert (box.step(), box.has_key()) == (None, True)
        assert not box.opens("secret")


@in_virtual_time()
async def test_a_wallbox_that_was_away_with_one_key_while_others_were_made_is_let_in() -> None:
    async with a_box() as box:
        await box.is_written()
        box.takes_it()
        box.end.hang_up()
        await asyncio.sleep(PAUSE_S + RETURN_S + 1)
        manager = box.world.manager
        assert manager is not None
        shown = await manager.key_writing.show("CP1")
        await restarted(box)
        await box.comes()
        assert (box.step(), box.has_key()) == (KeyStep.SHOWN, True)
        assert box.opens(shown)
        assert not box.opens("secret")


@in_virtual_time()
async def test_a_key_can_be_given_up_for_the_password_of_the_site() -> None:
    async with a_box() as box:
        await box.is_written()
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        assert box.world.manager is not None
        await box.world.manager.key_writing.forget("CP1")
        assert box.opens("secret")
        assert not box.opens(box.password)
        await restarted(box)
        assert box.opens("secret")


@in_virtual_time()
async def test_s4_a_key_is_nowhere_but_on_its_way_to_the_wallbox() -> None:
    async with a_box() as box:
        await box.is_written()
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        manager = box.world.manager
        assert manager is not None
        recovered = await box.world.store.recover()
        said = repr([manager.frames("CP1"), recovered, manager.keys.of("CP1")])
        assert box.keys[0].lower() not in said.lower()
        assert "ChangeConfiguration" in said


@in_virtual_time()
async def test_s1_a_wallbox_with_a_key_needs_no_warning_and_one_whose_key_is_lost_does() -> None:
    async with a_box(OPEN, None) as box:
        assert about(box) == ['wallbox "CP1"']
        await box.is_written()
        assert about(box) == ['wallbox "CP1"']
        box.end.hang_up()
        box.takes_it()
        await box.comes()
        assert about(box) == []
        await box.world.kill()
        box.world.password_key = PasswordKey(bytes(32))
        await box.world.start()
        assert about(box) == ['wallbox "CP1"']
        assert not box.opens(box.password)


def about(box: KeyedBox) -> list[str]:
    """Whom the manager warns of."""
    assert box.world.manager is not None
    return [each.path for each in box.world.manager.remarks() if "password" in each.message]
