"""A backend's local list and its ClearCache pass through the gateway (R52, R55, R56)."""

import asyncio

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    Refusal,
    Site,
    a_site,
    error,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

OBSERVING = ONE_BACKEND.replace("[site]", '[site]\nload_management = "observe"')
DONE = {"status": "Accepted"}


def a_list(version: int, *entries: tuple[str, str | None], kind: str = "Full") -> Json:
    return {
        "listVersion": version,
        "updateType": kind,
        "localAuthorizationList": [
            {"idTag": tag} | ({} if status is None else {"idTagInfo": {"status": status}})
            for tag, status in entries
        ],
    }


async def a_listing_site(answer: Json = DONE, toml: str = ONE_BACKEND) -> Site:
    return await a_site(literal_wallbox(SendLocalList=lambda _: answer), site_toml=toml)


async def judged_away(site: Site, *tags: str) -> list[str]:
    """What cards get while the backend is away."""
    site.world.dialer.backends.clear()
    if site.backend.closed_with is None:
        site.backend.hang_up()
        await settled()
    verdicts = [await result(site.wallbox, "Authorize", {"idTag": tag}) for tag in tags]
    return [verdict["idTagInfo"]["status"] for verdict in verdicts]


async def restarts(site: Site) -> None:
    """The manager is killed and starts again; the wallbox comes back."""
    await site.world.kill()
    await site.world.start()
    await site.world.boot("CP1", site.wallbox)
    await settled()


@pytest.mark.parametrize("toml", [ONE_BACKEND, OBSERVING])
@in_virtual_time()
async def test_a_list_reaches_the_wallbox_to_the_letter_and_its_answer_comes_back_r56(
    toml: str,
) -> None:
    answer = '{ "status" : "Accepted","x":1.10}'
    site = await a_listing_site(answer, toml)
    text = '{"listVersion":1, "updateType":"Full","localAuthorizationList":[{"idTag":"\\u0041"}]}'
    await site.backend.ask("SendLocalList", text)
    assert site.wallbox.payload_texts("SendLocalList") == [text]
    assert site.backend.texts[-1].endswith(f",{answer}]")
    await site.world.kill()


@pytest.mark.parametrize("restarted", [False, True])
@in_virtual_time()
async def test_updates_of_a_list_are_followed_over_a_restart_r56(*, restarted: bool) -> None:
    site = await a_listing_site()
    await result(
        site.backend,
        "SendLocalList",
        a_list(1, ("A", "Accepted"), ("B", "Accepted"), ("C", "Blocked")),
    )
    if restarted:
        await restarts(site)
    change = a_list(2, ("a", None), ("D", "Accepted"), ("C", "Expired"), kind="Differential")
    await result(site.backend, "SendLocalList", change)
    if restarted:
        await restarts(site)
    assert await judged_away(site, "A", "B", "C", "D") == [
        *("Invalid", "Accepted"),
        *("Expired", "Accepted"),
    ]
    await site.world.kill()


@pytest.mark.parametrize("status", ["Failed", "NotSupported", "VersionMismatch"])
@in_virtual_time()
async def test_a_list_that_the_wallbox_did_not_take_is_not_mirrored_r56(status: str) -> None:
    site = await a_listing_site({"status": status})
    assert await result(site.backend, "SendLocalList", a_list(1, ("A", "Accepted"))) == {
        "status": status
    }
    assert await judged_away(site, "A") == ["Invalid"]
    await site.world.kill()


@in_virtual_time()
async def test_what_a_wallbox_without_lists_says_goes_back_to_the_letter_r55() -> None:
    refusal = Refusal("NotImplemented", "no lists here", '{"n":1.10}')
    wallbox = literal_wallbox(
        SendLocalList=lambda _: refusal,
        ClearCache=lambda _: refusal,
        GetLocalListVersion=lambda _: '{"listVersion": -1}',
    )
    site = await a_site(wallbox)
    for action, payload in (("SendLocalList", a_list(1, ("A", "Accepted"))), ("ClearCache", {})):
        frame = await site.backend.ask(action, payload)
        assert frame[2:4] == ["NotImplemented", "no lists here"]
        assert site.backend.texts[-1].endswith('{"n":1.10}]')
    await site.backend.ask("GetLocalListVersion", {})
    assert site.backend.texts[-1].endswith('{"listVersion": -1}]')
    assert await judged_away(site, "A") == ["Invalid"]
    await site.world.kill()


@in_virtual_time()
async def test_a_list_that_means_nothing_changes_nothing_here_16e_3_52() -> None:
    site = await a_listing_site()
    await result(site.backend, "SendLocalList", a_list(1, ("A", "Accepted")))
    assert await result(site.backend, "SendLocalList", a_list(0, ("B", "Accepted"))) == DONE
    assert await judged_away(site, "A", "B") == ["Accepted", "Invalid"]
    await site.world.kill()


@in_virtual_time()
async def test_a_list_for_a_wallbox_that_is_away_or_silent_is_not_mirrored_r56() -> None:
    site = await a_site(literal_wallbox(SendLocalList=lambda _: None))
    update = a_list(1, ("A", "Accepted"))
    assert await error(site.backend, "SendLocalList", update) == "GenericError"
    site.wallbox.hang_up()
    await settled()
    assert await error(site.backend, "SendLocalList", update) == "GenericError"
    await site.world.boot("CP1", site.wallbox)
    assert await judged_away(site, "A") == ["Invalid"]
    await site.world.kill()


@in_virtual_time()
async def test_a_list_is_stored_before_the_backend_hears_that_it_was_taken_r56() -> None:
    site = await a_listing_site()
    gate = asyncio.Event()
    site.world.store.gate = gate
    asking = asyncio.gather(site.backend.ask("SendLocalList", a_list(1, ("A", "Accepted"))))
    await site.wallbox.got("SendLocalList")
    await settled()
    assert not asking.done()
    gate.set()
    assert (await asking)[0][2] == DONE
    await site.world.kill()


@in_virtual_time()
async def test_a_list_that_could_not_be_stored_holds_and_is_stored_later_r56() -> None:
    site = await a_listing_site()
    site.world.store.failing = True
    for version, tag in ((1, "A"), (2, "B")):
        update = a_list(version, (tag, "Accepted"))
        assert await result(site.backend, "SendLocalList", update) == DONE
    await asyncio.sleep(12)
    assert await judged_away(site, "A", "B") == ["Invalid", "Accepted"]
    site.world.store.failing = False
    await asyncio.sleep(6)
    await restarts(site)
    assert await judged_away(site, "A", "B") == ["Invalid", "Accepted"]
    await site.world.kill()


@pytest.mark.parametrize("status", ["Accepted", "Rejected"])
@pytest.mark.parametrize("restarted", [False, True])
@in_virtual_time()
async def test_a_cleared_cache_is_forgotten_here_whatever_the_wallbox_says_r55(
    status: str, *, restarted: bool
) -> None:
    wallbox = literal_wallbox(ClearCache=lambda _: {"status": status})
    wallbox.answers["SendLocalList"] = lambda _: DONE
    site = await a_site(wallbox)
    await result(site.wallbox, "Authorize", {"idTag": "A"})
    await result(site.backend, "SendLocalList", a_list(1, ("B", "Accepted")))
    assert await result(site.backend, "ClearCache", {}) == {"status": status}
    assert site.wallbox.all_of("ClearCache") == [{}]
    if restarted:
        await restarts(site)
    assert await judged_away(site, "A", "B") == ["Invalid", "Accepted"]
    await site.world.kill()


@in_virtual_time()
async def test_a_cache_that_cannot_be_cleared_for_good_is_not_said_to_be_r55() -> None:
    site = await a_site(literal_wallbox(ClearCache=lambda _: DONE), literal_backend())
    site.world.store.failing = True
    assert await error(site.backend, "ClearCache", {}) == "InternalError"
    assert site.wallbox.all_of("ClearCache") == []
    site.world.store.failing = False
    assert await result(site.backend, "ClearCache", {}) == DONE
    await site.world.kill()
