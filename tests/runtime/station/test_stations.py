"""Who may connect, and who is remembered for having tried."""

import asyncio
import base64

import pytest
from structlog.testing import capture_logs
from tests.support.shared_current import site
from tests.support.virtual_time import WALL_START, in_virtual_time
from tests.support.world import World, a_wallbox

from wattgate.core.ocpp.handshake import (
    Admitted,
    EmptyUpgrade,
    HandshakeRequest,
    Refused,
    basic_authorization,
)
from wattgate.core.ocpp.session import Priority
from wattgate.core.site.writing import to_mapping
from wattgate.runtime.manager import Manager
from wattgate.runtime.site_keeper import SITE_DOCUMENT
from wattgate.runtime.station.refused_attempts import REMEMBERED

PEER = "192.0.2.9:1"
LOCKED = site("CP1") + '[[wallbox]]\nid = "CP1"\npassword = "secret"\n'


def knock(manager: Manager, target: str, *protocols: str, password: str | None = None) -> object:
    header = None
    if password is not None:
        header = "Basic " + base64.b64encode(f"CP1:{password}".encode()).decode()
    request = HandshakeRequest(target, protocols or ("ocpp1.6",), header, PEER)
    return manager.stations.admit(request)


@in_virtual_time()
async def test_an_unknown_id_is_refused_with_404_and_remembered_P10() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    answer = knock(manager, "/SN-0815")
    assert isinstance(answer, Refused)
    assert answer.status == 404
    (attempt,) = manager.refused()
    assert (attempt.at, attempt.address, attempt.claimed_id) == (WALL_START, PEER, "SN-0815")
    assert attempt.reason
    await world.kill()


@pytest.mark.parametrize("target", ["/CP1", "//CP1", "/ocpp/CP1", "/CP1/", "/cp1", "/C%501"])
@in_virtual_time()
async def test_every_way_to_spell_a_known_id_arrives_P11_R19(target: str) -> None:
    world = World(site("CP1"))
    manager = await world.start()
    answer = knock(manager, target)
    assert isinstance(answer, Admitted)
    assert answer.station_id == "CP1"
    assert manager.refused() == ()
    await world.kill()


@in_virtual_time()
async def test_a_wrong_password_is_refused_and_the_right_one_is_not_R25() -> None:
    world = World(LOCKED)
    manager = await world.start()
    assert isinstance(knock(manager, "/CP1", password="wrong"), Refused)
    assert isinstance(knock(manager, "/CP1"), Refused)
    assert isinstance(knock(manager, "/CP1", password="secret"), Admitted)
    assert manager.stations.refused.count == 2
    await world.kill()


@in_virtual_time()
async def test_no_common_protocol_is_remembered_with_the_id_R22() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    assert isinstance(knock(manager, "/CP1", "ocpp9.9"), EmptyUpgrade)
    assert manager.refused()[0].claimed_id == "CP1"
    await world.kill()


@in_virtual_time()
async def test_the_newest_attempts_are_remembered_and_all_are_counted() -> None:
    world = World(site("CP1"))
    manager = await world.start()
    for number in range(REMEMBERED + 5):
        knock(manager, f"/X{number}")
    assert len(manager.refused()) == REMEMBERED
    assert manager.refused()[0].claimed_id == f"X{REMEMBERED + 4}"
    assert manager.stations.refused.count == REMEMBERED + 5
    await world.kill()


@pytest.mark.parametrize("ping", [True, False])
@in_virtual_time()
async def test_a_wallbox_that_answers_no_pong_is_sent_no_ping_R28(ping: bool) -> None:
    toml = site("CP1") + f'[[wallbox]]\nid = "CP1"\nping = {str(ping).lower()}\n'
    world = World(toml)
    answer = knock(await world.start(), "/CP1")
    assert isinstance(answer, Admitted)
    assert answer.ping is ping
    await world.kill()


@pytest.mark.parametrize(("setting", "passes"), [("", True), ("overtaking = false\n", False)])
@in_virtual_time()
async def test_a_reduction_passes_a_slow_call_unless_the_site_forbids_it_r89(
    setting: str, passes: bool
) -> None:
    world = World(site("CP1") + f'[[wallbox]]\nid = "CP1"\n{setting}')
    manager = await world.start()
    wallbox = a_wallbox(Reset=lambda _: None)
    world.plug_in("CP1", wallbox)
    peer = manager.stations.by_id["CP1"].presence.peer
    assert peer is not None
    peer.ask("Reset", "{}", lambda _: None)
    peer.ask("DataTransfer", "{}", lambda _: None, priority=Priority.REDUCTION)
    await asyncio.sleep(3)
    assert len(wallbox.all_of("DataTransfer")) == passes
    await world.kill()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", ["ocpp_server › password"]),
        ('[ocpp_server]\npassword = "common"\n', []),
        ('[[wallbox]]\nid = "CP1"\npassword = "own"\n', ['wallbox "CP2"']),
    ],
)
@in_virtual_time()
async def test_s1_who_may_connect_without_a_password_is_said_once_per_start(
    more: str, said: list[str]
) -> None:
    world = World(site("CP1", "CP2") + more)
    for _ in range(2):
        with capture_logs() as logs:
            await world.start()
            world.plug_in("CP2", a_wallbox(), basic_authorization("CP2", "common"))
            await asyncio.sleep(60)
            await world.kill()
        about = [each["about"] for each in logs if "no password" in each["event"]]
        about += [each["about"] for each in logs if "no wallbox has a password" in each["event"]]
        assert about == said


@in_virtual_time()
async def test_a_changed_common_password_counts_from_the_next_connection_on_s4() -> None:
    world = World(site("CP1") + '[ocpp_server]\npassword = "common"\n')
    manager = await world.start()
    changed = await manager.patch_site({"ocpp_server": {"password": "newer"}})
    assert "newer" not in str(to_mapping(changed, secrets=True))
    assert isinstance(knock(manager, "/CP1", password="common"), Refused)
    assert isinstance(knock(manager, "/CP1", password="newer"), Admitted)
    stored = await world.store.document(SITE_DOCUMENT)
    assert stored is not None
    assert "newer" not in stored
    await world.kill()
