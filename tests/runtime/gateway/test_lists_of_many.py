"""Local lists and caches at a wallbox that several backends use (R55, R56, R105, R106)."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from tests.support.frames import (
    ONE_BACKEND,
    TWO_CONNECTORS,
    Literal,
    Refusal,
    TwoSided,
    error,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.shared_login import SharedLogin, a_shared_login, a_sharer
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Answer, Json, World, status_of

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.gateway.local_list import MOST_CHANGES, MOST_ENTRIES
from wattgate.core.site.gateways import ReplaceGateways
from wattgate.core.site.model import GatewayRole

DONE = {"status": "Accepted"}
MISMATCH = {"status": "VersionMismatch"}
EMPTYING = {"listVersion": 1, "updateType": "Full"}
SETTLED_S = 40.0


def a_list(version: int, kind: str = "Full", **cards: str | None) -> Json:
    return {
        "listVersion": version,
        "updateType": kind,
        "localAuthorizationList": [
            {"idTag": tag} | ({} if status is None else {"idTagInfo": {"status": status}})
            for tag, status in cards.items()
        ],
    }


@dataclass
class Listing:
    """A wallbox with a local list."""

    version: int = 0
    updates: list[Json] = field(default_factory=list)

    def send(self, payload: Json) -> Json:
        self.updates.append(payload)
        is_empty = payload["updateType"] == "Full" and not payload.get("localAuthorizationList")
        self.version = 0 if is_empty else payload["listVersion"]
        return DONE

    def answers(self) -> dict[str, Answer]:
        return {
            "SendLocalList": self.send,
            "GetLocalListVersion": lambda _: {"listVersion": self.version},
            "ClearCache": lambda _: DONE,
        }


async def start(
    toml: str, listing: Listing, store: MemoryStore | None = None
) -> tuple[TwoSided, Listing]:
    """A wallbox with a list, with whatever backends the site has for it."""
    world = World(toml, store=store or MemoryStore())
    site = TwoSided(
        world, literal_wallbox(**listing.answers()), literal_backend(1001), literal_backend(2001)
    )
    world.dialer.backends |= {"ws://one/CP1": site.one, "ws://two/CP1": site.two}
    await world.start()
    await world.boot("CP1", site.wallbox)
    await site.wallbox.ask("StatusNotification", status_of(2, "Available"))
    await site.one.got("StatusNotification")
    await settled()
    return site, listing


async def two() -> tuple[TwoSided, Listing]:
    site, listing = await start(TWO_CONNECTORS, Listing())
    await site.two.got("StatusNotification")
    return site, listing


async def version(backend: Literal) -> int:
    return int((await result(backend, "GetLocalListVersion", {}))["listVersion"])


async def away(site: TwoSided) -> None:
    """No backend is there any more."""
    site.world.dialer.backends.clear()
    for backend in (site.one, site.two):
        if backend.is_linked:
            backend.hang_up()
    await settled()


async def verdicts(site: TwoSided, connector: int, *cards: str) -> list[str]:
    """What cards get at a connector where a car waits, while no backend is there."""
    await site.wallbox.ask("StatusNotification", status_of(connector, "Preparing"))
    await site.wallbox.ask("StatusNotification", status_of(3 - connector, "Available"))
    answers = [await result(site.wallbox, "Authorize", {"idTag": card}) for card in cards]
    return [answer["idTagInfo"]["status"] for answer in answers]


@pytest.mark.parametrize("restarted", [False, True])
@in_virtual_time()
async def test_each_backend_has_a_list_of_its_own_and_the_wallbox_has_none_r105(
    *, restarted: bool
) -> None:
    site, listing = await two()
    assert await result(site.one, "SendLocalList", a_list(3, A="Accepted", B="Blocked")) == DONE
    assert await result(site.two, "SendLocalList", a_list(8, B="Accepted")) == DONE
    assert (await version(site.one), await version(site.two)) == (3, 8)
    assert listing.updates == []
    if restarted:
        await site.world.kill()
        await site.world.start()
        await site.world.boot("CP1", site.wallbox)
        await site.one.got("BootNotification", 2)
        await settled()
        assert await version(site.one) == 3
    await away(site)
    assert await verdicts(site, 1, "A", "B") == ["Accepted", "Blocked"]
    assert await verdicts(site, 2, "A", "B") == ["Invalid", "Accepted"]
    await site.world.kill()


@in_virtual_time()
async def test_a_list_that_the_gateway_keeps_has_versions_as_in_a_wallbox_r55() -> None:
    site, _ = await two()
    assert await version(site.one) == 0
    await result(site.one, "SendLocalList", a_list(3, A="Accepted"))
    older = a_list(3, "Differential", A=None)
    assert await result(site.one, "SendLocalList", older) == MISMATCH
    newer = a_list(4, "Differential", A=None, C="Accepted")
    assert await result(site.one, "SendLocalList", newer) == DONE
    assert await result(site.one, "SendLocalList", a_list(0, X="Accepted")) == {"status": "Failed"}
    many = {f"{number}": "Accepted" for number in range(MOST_CHANGES + 1)}
    assert await result(site.one, "SendLocalList", a_list(9, **many)) == {"status": "Failed"}
    assert await error(site.one, "SendLocalList", "{}") == "OccurenceConstraintViolation"
    assert await version(site.one) == 4
    await result(site.two, "SendLocalList", EMPTYING)
    await away(site)
    assert await verdicts(site, 1, "A", "C", "X") == ["Invalid", "Accepted", "Invalid"]
    await site.world.kill()


@in_virtual_time()
async def test_a_list_that_cannot_be_stored_is_not_accepted_and_does_not_hold() -> None:
    site, _ = await two()
    site.world.store.failing = True
    assert await error(site.one, "SendLocalList", a_list(3, A="Accepted")) == "InternalError"
    site.world.store.failing = False
    assert await version(site.one) == 0
    assert await result(site.one, "SendLocalList", a_list(3, A="Accepted")) == DONE
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_reads_and_switches_off_the_list_that_is_kept_for_it_r84_r105() -> None:
    site, _ = await two()
    keys = ["LocalAuthListMaxLength", "SendLocalListMaxLength", "ReserveConnectorZeroSupported"]
    flag = {"key": keys[2], "readonly": True, "value": "false"}
    site.wallbox.answers["GetConfiguration"] = lambda _: {"configurationKey": [flag]}
    told = await result(site.one, "GetConfiguration", {"key": keys})
    values = {each["key"]: each["value"] for each in told["configurationKey"]}
    assert values == dict(zip(keys, (f"{MOST_ENTRIES}", f"{MOST_CHANGES}", "true"), strict=True))
    await result(site.one, "SendLocalList", a_list(3, A="Accepted"))
    change = {"key": "LocalAuthListEnabled", "value": "false"}
    assert await result(site.one, "ChangeConfiguration", change) == DONE
    await away(site)
    assert await verdicts(site, 1, "A") == ["Invalid"]
    await site.world.kill()


# What is in the wallbox

ONLY_ONE = TWO_CONNECTORS.replace('[[evse.gateway]]\nurl = "ws://two/"\n', "")


@in_virtual_time()
async def test_the_list_of_the_only_backend_is_emptied_when_a_second_one_comes_r105() -> None:
    site, listing = await start(ONLY_ONE, Listing())
    await result(site.one, "SendLocalList", a_list(3, A="Accepted"))
    assert [listing.version, len(listing.updates)] == [3, 1]
    await settled()
    await site.world.kill()
    later, listing = await start(TWO_CONNECTORS, listing, site.world.store)
    assert await version(later.one) == 3  # kept for it from now on
    assert len(listing.updates) == 1
    await asyncio.sleep(SETTLED_S)
    assert listing.updates[1:] == [EMPTYING]
    await away(later)
    assert await verdicts(later, 1, "A") == ["Accepted"]
    assert await verdicts(later, 2, "A") == ["Invalid"]
    later.wallbox.hang_up()
    await settled()
    await later.world.boot("CP1", later.wallbox)
    await asyncio.sleep(SETTLED_S)
    assert listing.updates[2:] == []  # once is enough
    await later.world.kill()


@in_virtual_time()
async def test_a_second_backend_may_come_and_go_while_everything_runs_r105() -> None:
    site, listing = await start(ONLY_ONE, Listing())
    await result(site.one, "SendLocalList", a_list(3, A="Accepted"))
    assert site.world.manager is not None
    gateways = site.world.manager.gateways
    await gateways.change("right", ReplaceGateways([{"url": "ws://two/"}]), seen=None)
    await site.two.got("StatusNotification")
    change = a_list(4, "Differential", B="Accepted")
    assert await result(site.one, "SendLocalList", change) == DONE
    await asyncio.sleep(SETTLED_S)
    assert listing.updates == [a_list(3, A="Accepted"), EMPTYING]
    await gateways.change("right", ReplaceGateways([]), seen=None)
    await asyncio.sleep(SETTLED_S)
    assert await version(site.one) == 4
    assert await result(site.one, "SendLocalList", a_list(5, A="Accepted")) == DONE
    assert listing.updates[2:] == [a_list(5, A="Accepted")]
    await asyncio.sleep(SETTLED_S)
    assert len(listing.updates) == 3
    await site.world.kill()


@pytest.mark.parametrize(
    "refusal", [Refusal("NotImplemented"), Refusal("NotSupported"), {"status": "NotSupported"}]
)
@in_virtual_time()
async def test_a_wallbox_without_lists_is_asked_once_to_empty_it(refusal: Json) -> None:
    site, _ = await two()
    site.wallbox.answers["SendLocalList"] = lambda _: refusal
    for _ in range(2):
        await asyncio.sleep(SETTLED_S)
        site.wallbox.hang_up()
        await settled()
        await site.world.boot("CP1", site.wallbox)
    assert site.wallbox.all_of("SendLocalList") == [EMPTYING]
    await site.world.kill()


@pytest.mark.parametrize("refusal", [Refusal("InternalError"), {"status": "Failed"}, None])
@in_virtual_time()
async def test_a_wallbox_that_fails_to_empty_its_list_is_asked_again_when_it_comes(
    refusal: Json,
) -> None:
    site, listing = await two()
    site.wallbox.answers["SendLocalList"] = lambda _: refusal
    await asyncio.sleep(SETTLED_S * 2)
    assert site.wallbox.all_of("SendLocalList") == [EMPTYING]
    site.wallbox.answers |= listing.answers()
    site.wallbox.hang_up()
    await settled()
    await site.world.boot("CP1", site.wallbox)
    await asyncio.sleep(SETTLED_S)
    assert listing.updates == [EMPTYING]
    await site.world.kill()


@in_virtual_time()
async def test_a_list_goes_on_here_until_its_backend_sends_it_anew_to_the_wallbox_r56() -> None:
    site, listing = await two()
    await result(site.one, "SendLocalList", a_list(3, A="Accepted", B="Accepted"))
    await asyncio.sleep(SETTLED_S)
    await site.world.kill()
    alone, listing = await start(ONLY_ONE, listing, site.world.store)
    change = a_list(4, "Differential", B=None)
    assert await version(alone.one) == 3
    assert await result(alone.one, "SendLocalList", change) == DONE
    assert listing.updates == [EMPTYING]  # a list of the changes only would let nobody in
    assert await version(alone.one) == 4
    assert await result(alone.one, "SendLocalList", a_list(5, C="Accepted")) == DONE
    assert listing.updates[1:] == [a_list(5, C="Accepted")]
    listing.version = 6
    assert await version(alone.one) == 6  # the wallbox's own word
    await alone.world.kill()


@in_virtual_time()
async def test_the_list_of_a_backend_that_gave_way_to_another_lets_nobody_in_any_more_r105() -> (
    None
):
    site, listing = await start(ONLY_ONE, Listing())
    await result(site.one, "SendLocalList", a_list(3, A="Accepted"))
    await settled()
    await site.world.kill()
    store = site.world.store
    world = World(ONLY_ONE.replace("ws://one/", "ws://three/"), store=store)
    three = world.dialer.backends["ws://three/CP1"] = literal_backend()
    await world.start()
    await world.boot("CP1", literal_wallbox(**listing.answers()))
    await three.got("StatusNotification")
    await asyncio.sleep(SETTLED_S)
    assert listing.updates[1:] == [EMPTYING]
    await world.kill()


@in_virtual_time()
async def test_the_only_backends_list_stays_in_its_wallbox() -> None:
    site, listing = await start(ONLY_ONE, Listing())
    await result(site.one, "SendLocalList", a_list(3, A="Accepted"))
    await asyncio.sleep(SETTLED_S)
    await site.world.kill()
    again, listing = await start(ONLY_ONE, listing, site.world.store)
    await asyncio.sleep(SETTLED_S)
    assert listing.updates == [a_list(3, A="Accepted")]
    await again.world.kill()


@in_virtual_time()
async def test_whose_list_it_is_is_stored_when_the_store_can_again() -> None:
    before, listing = await two()
    await asyncio.sleep(SETTLED_S)
    await before.world.kill()
    site, listing = await start(ONLY_ONE, listing, before.world.store)
    site.world.store.failing = True
    await result(site.one, "SendLocalList", a_list(3, A="Accepted"))
    await asyncio.sleep(12)
    site.world.store.failing = False
    await asyncio.sleep(6)
    await site.world.kill()
    later, listing = await start(TWO_CONNECTORS, listing, site.world.store)
    await asyncio.sleep(SETTLED_S)
    assert listing.updates == [EMPTYING, a_list(3, A="Accepted"), EMPTYING]
    await later.world.kill()


# What was learned of cards


@in_virtual_time()
async def test_a_backend_forgets_its_own_cards_only_r55_r105() -> None:
    site, _ = await two()
    for connector in (1, 2):
        await site.wallbox.ask("StatusNotification", status_of(connector, "Preparing"))
        await result(site.wallbox, "Authorize", {"idTag": "A"})
        await site.wallbox.ask("StatusNotification", status_of(connector, "Available"))
        await asyncio.sleep(130)
    assert await result(site.two, "ClearCache", {}) == DONE
    assert site.wallbox.all_of("ClearCache") == []
    await away(site)
    assert await verdicts(site, 1, "A") == ["Accepted"]
    assert await verdicts(site, 2, "A") == ["Invalid"]
    await site.world.kill()


@in_virtual_time()
async def test_the_main_backend_clears_the_wallboxs_cache_too_r55() -> None:
    site, _ = await two()
    site.wallbox.answers["ClearCache"] = lambda _: '{ "status":"Rejected"}'
    assert await result(site.one, "ClearCache", {}) == {"status": "Rejected"}
    assert site.wallbox.all_of("ClearCache") == [{}]
    await site.world.kill()


# Backends that only listen

LISTENING = (
    ONE_BACKEND
    + '[[evse.gateway]]\nurl = "ws://report/"\nrole = "report"\n'
    + 'commands = ["SendLocalList", "GetLocalListVersion", "ClearCache"]\n'
)


@in_virtual_time()
async def test_the_list_of_a_backend_that_only_listens_lets_nobody_in_r106() -> None:
    listing, report = Listing(), literal_backend()
    world = World(LISTENING)
    backend = world.dialer.backends["ws://backend/CP1"] = literal_backend()
    world.dialer.backends["ws://report/CP1"] = report
    await world.start()
    wallbox = literal_wallbox(**listing.answers())
    await world.boot("CP1", wallbox)
    await report.got("StatusNotification")
    await backend.got("StatusNotification")
    assert await result(report, "SendLocalList", a_list(7, A="Accepted")) == DONE
    assert await version(report) == 7
    assert await result(report, "ClearCache", {}) == DONE
    assert wallbox.all_of("ClearCache") == listing.updates == []
    assert await result(backend, "SendLocalList", a_list(2, B="Accepted")) == DONE
    assert listing.updates == [a_list(2, B="Accepted")]
    assert (await version(report), await version(backend)) == (7, 2)
    world.dialer.backends.clear()
    backend.hang_up()
    await settled()
    for card, status in (("A", "Invalid"), ("B", "Accepted")):
        answer = await result(wallbox, "Authorize", {"idTag": card})
        assert answer["idTagInfo"]["status"] == status
    await world.kill()


@in_virtual_time()
async def test_a_backend_with_two_connectors_of_a_wallbox_tells_it_its_list_once_r56() -> None:
    toml = TWO_CONNECTORS.replace("ws://two/", "ws://one/")
    site, listing = await start(toml, Listing())
    assert await result(site.one, "SendLocalList", a_list(3, A="Accepted")) == DONE
    change = a_list(4, "Differential", B="Accepted")
    assert await result(site.one, "SendLocalList", change) == DONE
    assert len(listing.updates) == 2
    assert await version(site.one) == 4
    assert len(site.wallbox.all_of("GetLocalListVersion")) == 1
    await site.world.kill()


@in_virtual_time()
async def test_p16_an_evse_that_came_later_gets_no_list_of_the_changes_only_r55() -> None:
    before = await a_shared_login("a", "b")
    lists = {name: Listing() for name in "abc"}

    def serve(site: SharedLogin) -> None:
        for name, sharer in site.sharers.items():
            sharer.wallbox.answers |= lists[name].answers()

    serve(before)
    assert await result(before.backend, "SendLocalList", a_list(3, A="Accepted")) == DONE
    assert (
        await result(before.backend, "SendLocalList", a_list(4, "Differential", B="Accepted"))
        == DONE
    )
    await before.stop()
    site = SharedLogin(tuple(map(a_sharer, "abc")), store=before.store)
    await site.start()
    await site.boot()
    serve(site)
    assert await version(site.backend) == 0
    change = a_list(5, "Differential", C="Accepted")
    assert await result(site.backend, "SendLocalList", change) == MISMATCH
    assert lists["c"].updates == []
    assert await result(site.backend, "SendLocalList", a_list(6, A="Accepted")) == DONE
    assert await version(site.backend) == 6
    assert await result(site.backend, "SendLocalList", a_list(7, "Differential", A=None)) == DONE
    site.sharers["b"].wallbox.answers["GetLocalListVersion"] = lambda _: Refusal("NotSupported")
    assert await result(site.backend, "SendLocalList", a_list(8, "Differential", D=None)) == DONE
    await site.stop()


@in_virtual_time()
async def test_r105_a_list_that_is_kept_here_is_changed_once_for_all_evses_of_the_login() -> None:
    site = await a_shared_login("a", "b")
    for sharer in site.sharers.values():
        (backend,) = sharer.evse.backends
        backend.gateway = replace(backend.gateway, role=GatewayRole.REPORT, commands=Rights.ALL)
    assert await result(site.backend, "SendLocalList", a_list(3, A="Accepted")) == DONE
    change = a_list(4, "Differential", B="Accepted")
    assert await result(site.backend, "SendLocalList", change) == DONE
    assert await result(site.backend, "SendLocalList", change) == MISMATCH
    assert await version(site.backend) == 4
    assert not any(each.wallbox.all_of("SendLocalList") for each in site.sharers.values())
    await site.stop()
