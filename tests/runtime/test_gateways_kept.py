"""What began at a backend ends there after restarts, whatever the site file says by then."""

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.support.frames import result, settled
from tests.support.live_site import (
    EVSE,
    GONE_S,
    Gateway,
    LiveSite,
    a_live_site,
    gateway,
    report,
    session,
    toml,
)
from tests.support.site_text import site
from tests.support.stores import enqueue
from tests.support.virtual_time import in_virtual_time

from wattgate.ports.store import NotYetStored

A, B, C = gateway("a"), gateway("b"), gateway("c")
REPORT_B = report("b")


@in_virtual_time()
async def test_what_was_taken_out_of_the_file_while_the_manager_was_stopped_is_served_to_its_end() -> (  # noqa: E501
    None
):
    live = await a_live_site(gateway("a", password="s3cret"), REPORT_B)
    first = await live.start()
    await live.restart(toml(C))
    assert live.served == ["c", "(a)", "(b)"]
    assert live.world.dialer.dialled[-2].authorization is not None
    await live.restart(toml(C))
    await live.stop(first)
    assert (live.billed("a"), live.billed("b")) == (session(1001, 0), session(2001, 0))
    await asyncio.sleep(GONE_S)
    assert live.served == ["c"]
    await live.restart(toml(C))
    assert live.served == ["c"]
    await live.world.kill()


@in_virtual_time()
async def test_a_queue_is_delivered_where_nothing_else_is_left_to_do() -> None:
    live = await a_live_site(A)
    live.world.dialer.backends.pop("ws://a/CP1")
    live.backends["a"].hang_up()
    await settled()
    await live.stop(await live.start())
    await live.restart(toml())
    live.world.dialer.backends["ws://a/CP1"] = live.backends["a"]
    await asyncio.sleep(GONE_S)
    assert live.billed("a") == session(1001, 0)
    assert live.served == []
    await live.world.kill()


@in_virtual_time()
async def test_a_backend_with_nothing_to_hear_is_forgotten_with_the_file_that_named_it() -> None:
    live = await a_live_site(A)
    await live.stop(await live.start())
    await live.restart(toml(B))
    assert live.served == ["b"]
    await asyncio.sleep(GONE_S)
    assert not live.backends["a"].is_linked
    notes = (await live.world.store.recover()).notes
    assert [note.name for note in notes if note.scope == "gateway"] == ["stall-1 CP1@b #1"]
    await live.world.kill()


@in_virtual_time()
async def test_a_renamed_evse_ends_at_its_old_backend_what_began_under_its_old_name() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.restart(toml(B, evse_id="heir"))
    assert live.served == ["b", "(a)"]
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    await asyncio.sleep(GONE_S)
    assert live.served == ["b"]
    await live.world.kill()


@in_virtual_time()
async def test_the_same_backend_under_another_name_of_the_evse_is_the_same_login_p20() -> None:
    live = await a_live_site(A)
    first = await live.start()
    await live.restart(toml(A, evse_id="heir"))
    assert live.served == ["a"]
    assert live.backend("a").link_id == f"{EVSE} CP1@a"
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    await live.world.kill()


# When the store fails


@in_virtual_time()
async def test_what_cannot_be_stored_holds_all_the_same_and_is_stored_later() -> None:
    live = await a_live_site(A)
    first = await live.start()
    live.world.store.failing = True
    with pytest.raises(NotYetStored):
        await live.change(B)
    assert live.served == ["(a)"]
    live.world.store.failing = False
    await asyncio.sleep(30)
    assert live.served == ["b", "(a)"]
    await live.stop(first)
    assert live.billed("a") == session(1001, 0)
    await live.restart()
    assert live.served == ["b"]
    await live.world.kill()


# Mode T


DROPS = gateway("a", offline_policy="drop")


async def a_relayed_site() -> LiveSite:
    live = await a_live_site(DROPS, observes=True)
    assert live.evse.relay is not None
    return live


def remarks(live: LiveSite) -> str:
    assert live.world.manager is not None
    return "\n".join(f"{each.path} {each.message}" for each in live.world.manager.remarks())


@in_virtual_time()
async def test_in_mode_t_the_wallbox_stays_with_its_backend_until_the_next_start_and_that_is_said() -> (  # noqa: E501
    None
):
    live = await a_relayed_site()
    assert "goes on talking" not in remarks(live)
    await live.change(B)
    assert "goes on talking to the backend of before" in remarks(live)
    await live.wallbox.ask("Heartbeat", {})
    assert len(live.backends["a"].all_of("Heartbeat")) == 1
    await live.restart(toml(B, observes=True))
    assert live.served == ["b"]
    assert "goes on talking" not in remarks(live)
    await live.world.kill()


@pytest.mark.parametrize("after", [(), (B,)], ids=["nobody", "another with all rights"])
@pytest.mark.parametrize("commands", ["all", "none"])
@in_virtual_time()
async def test_r106_in_mode_t_who_is_to_leave_may_end_what_began_there_and_nothing_else(
    commands: str, after: tuple[Gateway, ...]
) -> None:
    live = await a_live_site({**DROPS, "commands": commands}, observes=True)
    theirs = await live.start()
    await live.change(*after)
    reset = await live.backends["a"].ask("Reset", {"type": "Hard"})
    assert reset[2] == "SecurityError"
    ending = await live.backends["a"].ask("RemoteStopTransaction", {"transactionId": theirs})
    assert ending[2] == ({"status": "Accepted"} if commands == "all" else "SecurityError")
    assert live.wallbox.all_of("Reset") == []
    await live.world.kill()


@in_virtual_time()
async def test_in_mode_t_other_rights_hold_at_once() -> None:
    live = await a_relayed_site()
    await live.change({**DROPS, "commands": "none"})
    assert (await live.backends["a"].ask("Reset", {"type": "Hard"}))[2] == "SecurityError"
    await live.change({**DROPS, "commands": "all"})
    assert (await live.backends["a"].ask("Reset", {"type": "Hard"}))[0] == 3
    await live.world.kill()


@in_virtual_time()
async def test_what_began_in_mode_t_ends_at_its_backend_though_the_site_has_it_no_more() -> None:
    live = await a_relayed_site()
    theirs = await live.start()
    assert theirs == 1001
    await live.restart(toml(B, observes=True))
    assert live.served == ["b", "(a)"]
    await live.stop(theirs)
    await asyncio.sleep(GONE_S)
    assert live.billed("a") == session(1001, 0)
    assert live.billed("b") == []
    assert live.served == ["b"]
    await live.world.kill()


@pytest.mark.parametrize("after", [(B,), (A, report("b", commands="all"))])
@in_virtual_time()
async def test_r74_what_began_in_mode_t_no_other_backend_ends_by_its_number(
    after: tuple[Gateway, ...],
) -> None:
    live = await a_relayed_site()
    theirs = await live.start()
    await live.restart(toml(*after))
    await asyncio.sleep(5)
    stop, ends = {"transactionId": theirs}, live.wallbox.answers
    ends["RemoteStopTransaction"] = lambda _: {"status": "Accepted"}
    for name, status in (("b", "Rejected"), ("a", "Accepted")):
        told = await result(live.backends[name], "RemoteStopTransaction", stop)
        assert told == {"status": status}
    assert live.wallbox.all_of("RemoteStopTransaction") == [stop]
    await live.world.kill()


@in_virtual_time()
async def test_in_mode_t_another_password_counts_with_the_wallboxs_next_login() -> None:
    live = await a_relayed_site()
    await live.change({**DROPS, "password": "new"})
    live.wallbox.hang_up()
    await settled()
    assert live.world.manager is not None
    live.world.plug_in("CP1", live.wallbox)
    await settled()
    old, new = [target.authorization for target in live.world.dialer.dialled]
    assert (old is None, new is None) == (True, False)
    await live.world.kill()


# Passwords


@in_virtual_time()
async def test_no_password_of_a_gateway_that_is_kept_gets_into_the_log() -> None:
    with capture_logs() as lines:
        live = await a_live_site(gateway("a", password="s3cret"))
        first = await live.start()
        await live.change(gateway("b", password="an0ther"))
        await live.restart(toml())
        await live.stop(first)
        await asyncio.sleep(GONE_S)
        await live.world.kill()
    assert "s3cret" not in repr(lines)
    assert "an0ther" not in repr(lines)


# Of nobody


@in_virtual_time()
async def test_what_waits_for_a_backend_of_a_wallbox_that_is_gone_is_delivered_all_the_same() -> (
    None
):
    live = await a_live_site(A)
    live.world.dialer.backends.clear()
    live.backends["a"].hang_up()
    await settled()
    await live.stop(await live.start())
    await live.world.kill()
    live.world.site_toml = site()
    for _ in range(2):  # also the start after the next knows how to get there
        await live.world.start()
        await asyncio.sleep(GONE_S)
        await live.world.kill()
    live.world.dialer.backends["ws://a/CP1"] = live.backends["a"]
    await live.world.start()
    await asyncio.sleep(GONE_S)
    assert live.billed("a") == session(1001, 0)
    await live.world.kill()


@in_virtual_time()
async def test_what_waits_for_a_backend_that_nobody_knows_any_more_is_said() -> None:
    live = await a_live_site(A)
    await live.world.kill()
    await live.world.store.commit(enqueue(link_id="stall-0 CP0@old"))
    with capture_logs() as lines:
        await live.world.start()
    said = [line for line in lines if line["event"].startswith("messages for a backend")]
    assert [(line["link"], line["waiting"]) for line in said] == [("stall-0 CP0@old", 1)]
    await live.world.kill()
