"""Cards at a wallbox whose connectors have different backends (R101, R106)."""

import asyncio
from dataclasses import dataclass

import pytest
from tests.support.frames import (
    HOUSE,
    START,
    TWO_CONNECTORS,
    Literal,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.live_site import a_live_site, gateway, report
from tests.support.live_site import toml as live_toml
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json, World, status_of

ACCEPTED = '{"idTagInfo" : {"status":"Accepted","parentIdTag":"\\u0050"}}'
WALLBOX = '[[wallbox]]\nid = "CP1"\n'
ASK_ALL = WALLBOX + "ask_all_backends = true\n"
RIGHT_SPEAKS = WALLBOX + 'main_evse = "right"\n'


def refusal(reason: str) -> str:
    return f'{{"idTagInfo":{{"status":"{reason}"}}}}'


@dataclass
class Two:
    """A wallbox with two connectors and a backend for each."""

    world: World
    wallbox: Literal
    one: Literal
    two: Literal

    def asked(self) -> list[str]:
        """Whose backends have heard of cards, and how often."""
        return ["one"] * len(self.one.all_of("Authorize")) + ["two"] * len(
            self.two.all_of("Authorize")
        )

    def says(self, one: str, two: str) -> None:
        """What they answer from now on."""
        self.one.answers["Authorize"] = lambda _: one
        self.two.answers["Authorize"] = lambda _: two

    async def reports(self, connector: int, status: str) -> None:
        await self.wallbox.ask("StatusNotification", status_of(connector, status))

    async def shows(self, card: str = "04A1") -> str:
        """Show a card; the answer's frame to the letter."""
        await self.wallbox.ask("Authorize", {"idTag": card})
        return self.wallbox.texts[-1]

    async def starts(self, connector: int, card: str = "04A1") -> Json:
        start = START | {"connectorId": connector, "idTag": card}
        return await result(self.wallbox, "StartTransaction", start)


async def two(more: str = "", toml: str = TWO_CONNECTORS) -> Two:
    world = World(toml + more)
    site = Two(world, literal_wallbox(), literal_backend(1001), literal_backend(2001))
    world.dialer.backends |= {"ws://one/CP1": site.one, "ws://two/CP1": site.two}
    await world.start()
    await world.boot("CP1", site.wallbox)
    await site.reports(2, "Available")
    await site.one.got("StatusNotification")
    await site.two.got("StatusNotification")
    await settled()
    return site


@in_virtual_time()
async def test_a_card_goes_to_the_backend_of_the_connector_where_a_car_waits_r101() -> None:
    site = await two()
    site.says(refusal("Blocked"), ACCEPTED)
    await site.reports(2, "Preparing")
    assert (await site.shows()).endswith(f",{ACCEPTED}]")
    assert site.asked() == ["two"]
    await site.world.kill()


@in_virtual_time()
async def test_a_card_that_charges_somewhere_ends_it_there_r101() -> None:
    site = await two()
    await site.starts(2)
    await site.reports(2, "Charging")
    await site.reports(1, "Preparing")
    await site.shows("04a1")
    assert site.asked() == ["two"]
    await site.shows("OTHER")
    assert site.asked() == ["one", "two"]
    await site.world.kill()


@pytest.mark.parametrize(("more", "asked"), [("", "one"), (RIGHT_SPEAKS, "two")])
@in_virtual_time()
async def test_where_nothing_tells_whose_it_is_the_main_backend_alone_is_asked_r101(
    more: str, asked: str
) -> None:
    site = await two(more)
    site.says(refusal("Blocked"), refusal("Blocked"))
    await site.shows()
    assert site.asked() == [asked]
    await site.world.kill()


@in_virtual_time()
async def test_a_card_shown_again_within_2_min_is_asked_where_it_was_accepted_r101() -> None:
    site = await two()
    await site.reports(2, "Preparing")
    await site.shows()
    await site.reports(1, "Preparing")
    await asyncio.sleep(119)
    await site.shows()
    assert site.asked() == ["two", "two"]
    await asyncio.sleep(241)
    await site.shows()
    assert site.asked() == ["one", "two", "two"]
    await site.world.kill()


@in_virtual_time()
async def test_all_backends_are_asked_in_turn_only_where_the_site_says_so_r101() -> None:
    site = await two(ASK_ALL)
    site.says(refusal("Invalid"), ACCEPTED)
    assert (await site.shows("TWO'S")).endswith(f",{ACCEPTED}]")
    assert site.asked() == ["one", "two"]
    site.says(refusal("Blocked"), refusal("Expired"))
    assert (await site.shows("NOBODY'S")).endswith(f",{refusal('Blocked')}]")
    assert site.asked() == ["one"] * 2 + ["two"] * 2
    site.says(ACCEPTED, refusal("Expired"))
    assert (await site.shows("ONE'S")).endswith(f",{ACCEPTED}]")
    assert site.asked() == ["one"] * 3 + ["two"] * 2
    await site.reports(2, "Preparing")
    await site.shows("THIRD")
    assert site.asked() == ["one"] * 3 + ["two"] * 3
    await site.world.kill()


@in_virtual_time()
async def test_asking_all_takes_no_longer_than_asking_one_r16() -> None:
    site = await two(ASK_ALL)
    site.says(refusal("Invalid"), refusal("Invalid"))
    site.one.answers["Authorize"] = site.two.answers["Authorize"] = lambda _: None
    began = asyncio.get_running_loop().time()
    await site.shows()
    assert asyncio.get_running_loop().time() - began <= 20.1
    assert site.asked() == ["one", "two"]
    await site.world.kill()


@in_virtual_time()
async def test_of_several_logins_under_way_a_card_waits_for_one_r53() -> None:
    site = await two(ASK_ALL)
    for each in (site.one, site.two):
        each.answers["BootNotification"] = lambda _: None
        each.hang_up()
    await site.one.got("BootNotification", 2)
    await site.two.got("BootNotification", 2)
    began = asyncio.get_running_loop().time()
    await site.shows()
    assert 1 < asyncio.get_running_loop().time() - began <= 2
    assert site.asked() == []
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_is_away_is_answered_for_by_what_it_said_and_no_other_r53_r105() -> (
    None
):
    site = await two(ASK_ALL)
    await site.reports(2, "Preparing")
    site.says(refusal("Blocked"), ACCEPTED)
    await site.shows("TWO'S")
    site.world.dialer.backends.clear()
    site.one.hang_up()
    site.two.hang_up()
    await settled()
    assert '"Accepted"' in await site.shows("TWO'S")
    await site.reports(2, "Available")
    await site.reports(1, "Preparing")
    await asyncio.sleep(121)
    assert '"Accepted"' not in await site.shows("TWO'S")
    await site.world.kill()


@in_virtual_time()
async def test_the_card_of_a_start_from_afar_goes_to_the_backend_that_commands_it_r101() -> None:
    site = await two()
    await site.reports(1, "Preparing")
    await result(site.two, "RemoteStartTransaction", {"idTag": "REMOTE"})
    assert site.wallbox.all_of("RemoteStartTransaction")[-1]["connectorId"] == 2
    await site.shows("remote")
    assert site.asked() == ["two"]
    site.wallbox.answers["RemoteStartTransaction"] = lambda _: {"status": "Rejected"}
    await result(site.two, "RemoteStartTransaction", {"idTag": "REFUSED"})
    await site.shows("REFUSED")
    assert site.asked() == ["one", "two"]
    await site.world.kill()


@in_virtual_time()
async def test_a_card_for_which_a_connector_is_reserved_goes_to_its_backend_r101() -> None:
    site = await two()
    site.wallbox.answers["ReserveNow"] = lambda _: {"status": "Accepted"}
    reservation = {"connectorId": 1, "idTag": "VIP", "reservationId": 5}
    until = {"expiryDate": "2026-05-15T23:00:00Z"}
    await result(site.two, "ReserveNow", reservation | until)
    await site.shows("vip")
    assert site.asked() == ["two"]
    await site.world.kill()


FREE_TAG = WALLBOX + 'free_tag = "FREE"\n'
FIXED = FREE_TAG + TWO_CONNECTORS.replace('id = "left"', 'id = "left"\nfixed_rfid = "L"').replace(
    'id = "right"', 'id = "right"\nfixed_rfid = "R"'
)


@in_virtual_time()
async def test_the_wallboxs_own_tag_is_the_fixed_card_of_the_connector_it_is_meant_for_r57() -> (
    None
):
    site = await two(toml=FIXED)
    await site.reports(2, "Preparing")
    await site.shows("free")
    assert site.two.all_of("Authorize") == [{"idTag": "R"}]
    await site.starts(2, "FREE")
    await site.reports(2, "Charging")
    await site.shows("FREE")
    assert site.two.all_of("Authorize") == [{"idTag": "R"}] * 2
    await site.reports(1, "Preparing")
    await site.shows("L")
    assert site.one.all_of("Authorize") == [{"idTag": "L"}]
    await site.world.kill()


STARTING = "fixed_rfid_start = true\n"


@in_virtual_time()
async def test_a_card_at_one_connector_keeps_no_car_at_the_other_from_its_fixed_card_r57() -> None:
    toml = FIXED.replace("fixed_rfid =", STARTING + "fixed_rfid =")
    site = await two(toml=toml.replace('free_tag = "FREE"\n', ""))
    await site.starts(2, "OTHER")
    await site.reports(2, "Charging")
    await site.reports(1, "Preparing")
    await site.shows("OTHER")
    await asyncio.sleep(15)
    started = site.wallbox.all_of("RemoteStartTransaction")
    assert started == [{"connectorId": 1, "idTag": "L"}]
    await site.world.kill()


# Backends that only listen

REPORT = '[[evse.gateway]]\nurl = "ws://report/"\nrole = "report"\n'


@in_virtual_time()
async def test_a_backend_that_only_listens_is_never_asked_about_a_card_r106() -> None:
    report = literal_backend(Authorize=lambda _: ACCEPTED)
    world = World(TWO_CONNECTORS.replace('[[evse]]\nid = "right"', REPORT + '[[evse]]\nid="right"'))
    site = Two(world, literal_wallbox(), literal_backend(1001), literal_backend(2001))
    world.dialer.backends |= {
        "ws://one/CP1": site.one,
        "ws://two/CP1": site.two,
        "ws://report/CP1": report,
    }
    await world.start()
    await world.boot("CP1", site.wallbox)
    await report.got("StatusNotification")
    site.says(refusal("Blocked"), refusal("Blocked"))
    await site.reports(1, "Preparing")
    assert (await site.shows()).endswith(f",{refusal('Blocked')}]")
    assert (await site.starts(1, "STRANGER"))["idTagInfo"]["status"] == "Accepted"  # one's word
    assert report.all_of("Authorize") == []
    await world.kill()


ONLY_REPORTED = f"""{HOUSE}
[[evse]]
id = "stall-1"
address = "CP1"
{REPORT}"""


@pytest.mark.parametrize(
    ("cards", "verdict"), [("", "Accepted"), ('[[card]]\nid_tag = "04A1"\n', "Invalid")]
)
@in_virtual_time()
async def test_where_backends_only_listen_the_sites_cards_decide_r106(
    cards: str, verdict: str
) -> None:
    world = World(ONLY_REPORTED + cards)
    report = world.dialer.backends["ws://report/CP1"] = literal_backend()
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox, "Preparing")
    await report.got("StatusNotification")
    for action in ("Authorize", "StartTransaction"):
        answer = await result(wallbox, action, START | {"idTag": "STRANGER"})
        assert answer["idTagInfo"] == {"status": verdict}
    assert report.all_of("Authorize") == []
    await world.kill()


# Backends that change while everything runs


@in_virtual_time()
async def test_a_card_ends_its_session_at_the_backend_where_it_began_r101() -> None:
    live = await a_live_site(gateway("a"), names="ab")
    session = await live.start("04A1")
    await live.change(gateway("b"))
    await result(live.wallbox, "Authorize", {"idTag": "04a1"})
    await result(live.wallbox, "Authorize", {"idTag": "OTHER"})
    heard = {name: each.all_of("Authorize") for name, each in live.backends.items()}
    assert heard == {"a": [{"idTag": "04a1"}], "b": [{"idTag": "OTHER"}]}
    live.world.dialer.backends.clear()
    for each in live.backends.values():
        each.hang_up()
    await settled()
    known = await result(live.wallbox, "Authorize", {"idTag": "04A1"})
    assert known["idTagInfo"]["status"] == "Accepted"  # by what its own backend said
    await live.stop(session)
    gone = await result(live.wallbox, "Authorize", {"idTag": "04A1"})
    assert gone["idTagInfo"]["status"] == "Invalid"
    await live.world.kill()


@in_virtual_time()
async def test_a_card_ends_its_session_of_mode_t_at_the_backend_of_that_r101() -> None:
    dropping = gateway("a", offline_policy="drop")
    live = await a_live_site(dropping, names="ab", observes=True)
    await live.start("04A1")
    await live.restart(live_toml(gateway("b")))
    await asyncio.sleep(5)
    await result(live.wallbox, "Authorize", {"idTag": "04A1"})
    heard = {name: each.all_of("Authorize") for name, each in live.backends.items()}
    assert heard == {"a": [{"idTag": "04A1"}], "b": []}
    await live.world.kill()


@in_virtual_time()
async def test_a_card_that_charges_without_a_backend_is_no_affair_of_one_that_has_come_r101() -> (
    None
):
    live = await a_live_site(report("a"), names="ab")
    session = await live.start("04A1")
    refuses = {"idTagInfo": {"status": "Invalid"}}
    live.backends["b"].answers["Authorize"] = lambda _: refuses
    await live.change(report("a"), gateway("b"))
    await asyncio.sleep(5)
    ending = await result(live.wallbox, "Authorize", {"idTag": "04A1"})
    assert ending["idTagInfo"]["status"] == "Accepted"
    assert live.backends["b"].all_of("Authorize") == []
    await live.stop(session)
    assert await result(live.wallbox, "Authorize", {"idTag": "04A1"}) == refuses
    await live.world.kill()


@in_virtual_time()
async def test_each_connector_charges_by_its_own_fixed_card_at_its_own_backend_r57() -> None:
    toml = FIXED.replace("fixed_rfid =", STARTING + "fixed_rfid =")
    site = await two(toml=toml.replace('free_tag = "FREE"\n', ""))
    for connector in (1, 2):
        await site.reports(connector, "Preparing")
    await asyncio.sleep(15)
    starts = site.wallbox.all_of("RemoteStartTransaction")
    assert starts == [{"connectorId": 1, "idTag": "L"}, {"connectorId": 2, "idTag": "R"}]
    assert site.one.all_of("Authorize") == [{"idTag": "L"}]
    assert site.two.all_of("Authorize") == [{"idTag": "R"}]
    await site.shows("R")  # a wallbox that asks about the card of a start (16 §5.11)
    assert site.two.all_of("Authorize") == [{"idTag": "R"}] * 2
    await site.world.kill()
