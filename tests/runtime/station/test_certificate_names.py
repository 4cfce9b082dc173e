"""R35, P25: whose a client certificate is, over boots, restarts and lies."""

import asyncio

import pytest
from tests.support.certificate_facts import facts
from tests.support.shared_current import site
from tests.support.virtual_time import in_virtual_time
from tests.support.world import BOOT, Scripted, World, a_wallbox, connect

from wattgate.core.ocpp.handshake import Admitted, HandshakeRequest, Refused, basic_authorization
from wattgate.core.security.client_identity import ClientCertificate
from wattgate.runtime.station.probation import MOST, PATIENCE_S

TOML = (
    site("CP1")
    + '[ocpp_server]\ntls = "on"\npassword = "common"\n'
    + '[[wallbox]]\nid = "CP1"\nsecurity_profile = 3\n'
)
TWO = (
    site("CP1", "CP2")
    + TOML.removeprefix(site("CP1"))
    + '[[wallbox]]\nid = "CP2"\nsecurity_profile = 3\n'
)
SERIAL = TOML + 'certificate_name = "serial"\n'


def come(world: World, name: str, wallbox: Scripted, station_id: str = "CP1") -> Admitted | Refused:
    """Connect with a certificate of that name, which TLS has verified."""
    assert world.manager is not None
    stations = world.manager.stations
    certificate = ClientCertificate(facts(name))
    request = HandshakeRequest(
        f"/{station_id}", ("ocpp1.6",), None, "192.0.2.7:1", secure=True, certificate=certificate
    )
    admission = stations.admit(request)
    assert isinstance(admission, Admitted | Refused)
    if isinstance(admission, Admitted):
        connect(stations.welcome(admission, request.peer_address), wallbox)
    return admission


def boot(serial: str | None) -> dict[str, str]:
    return BOOT if serial is None else BOOT | {"chargePointSerialNumber": serial}


def is_here(world: World) -> bool:
    assert world.manager is not None
    return world.manager.stations.by_id["CP1"].presence.is_connected


@in_virtual_time()
async def test_a_wallbox_with_its_id_in_the_certificate_is_here_at_once() -> None:
    """It needs no password: the common one is for others."""
    world = World(TOML)
    await world.start()
    come(world, "cp1", a_wallbox())
    assert is_here(world)
    await world.kill()


@in_virtual_time()
async def test_the_first_boot_tells_whose_serial_number_the_certificate_has() -> None:
    world = World(TOML)
    await world.start()
    wallbox = a_wallbox()
    come(world, "SN1", wallbox)
    assert not is_here(world)
    answer = await wallbox.ask("BootNotification", boot("SN1"))
    assert answer[2]["status"] == "Accepted"
    assert is_here(world)
    await world.kill()


@pytest.mark.parametrize("told", ["SN2", None])
@in_virtual_time()
async def test_a_boot_with_another_serial_number_ends_the_connection(told: str | None) -> None:
    world = World(TOML)
    manager = await world.start()
    wallbox = a_wallbox()
    come(world, "SN1", wallbox)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await wallbox.ask("BootNotification", boot(told))
    assert wallbox.closed_with is not None
    assert wallbox.closed_with[0] == 1008
    (attempt,) = manager.refused()
    assert (attempt.claimed_id, attempt.reason) == ("CP1", wallbox.closed_with[1])
    assert "is that of 'SN1'" in attempt.reason
    assert manager.stations.by_id["CP1"].presence.boot_text is None
    await world.kill()


@in_virtual_time()
async def test_nothing_counts_that_is_said_before_the_boot_and_the_boot_is_asked_for() -> None:
    world = World(TOML)
    await world.start()
    wallbox = a_wallbox()
    come(world, "SN1", wallbox)
    for _ in range(2):
        refusal = await wallbox.ask("StartTransaction", {"connectorId": 1})
        assert (refusal[0], refusal[2]) == (4, "SecurityError")
    wallbox.send("no frame at all")
    await asyncio.sleep(1)
    assert wallbox.calls == [("TriggerMessage", {"requestedMessage": "BootNotification"})]
    assert not is_here(world)
    await wallbox.ask("BootNotification", boot("SN1"))
    assert is_here(world)
    wallbox.hang_up()
    await asyncio.sleep(1)
    assert not is_here(world)
    await world.kill()


@in_virtual_time()
async def test_whoever_never_boots_has_to_go() -> None:
    world = World(TOML)
    manager = await world.start()
    wallbox = a_wallbox()
    come(world, "SN1", wallbox)
    await asyncio.sleep(PATIENCE_S + 1)
    assert wallbox.closed_with is not None
    assert "did not boot" in manager.refused()[0].reason
    await world.kill()


@in_virtual_time()
async def test_only_so_many_wait_for_their_boot_and_the_last_to_come_may() -> None:
    """Any certificate that is trusted, and that is nobody's yet, opens the door so far."""
    world = World(TOML)
    manager = await world.start()
    silent = [a_wallbox() for _ in range(2 * MOST)]
    for wallbox in silent:
        come(world, "SN2", wallbox)
    await asyncio.sleep(1)
    assert [each.closed_with is not None for each in silent] == [True] * MOST + [False] * MOST
    assert "had not booted yet when others came" in manager.refused()[0].reason
    genuine = a_wallbox()
    come(world, "SN1", genuine)
    await genuine.ask("BootNotification", boot("SN1"))
    assert is_here(world)
    await world.kill()


@in_virtual_time()
async def test_whoever_hangs_up_before_its_boot_was_never_here() -> None:
    world = World(TOML)
    manager = await world.start()
    wallbox = a_wallbox()
    come(world, "SN1", wallbox)
    wallbox.hang_up()
    await asyncio.sleep(PATIENCE_S + 1)
    assert manager.refused() == ()
    assert not is_here(world)
    await world.kill()


@pytest.mark.parametrize("serial", ["SN1", None])
@in_virtual_time()
async def test_the_certificate_of_another_wallbox_does_not_get_in_by_a_boot_that_lies(
    serial: str | None,
) -> None:
    """Over a restart, also where the wallbox has never told a serial number."""
    world = World(TOML)
    await world.start()
    wallbox = a_wallbox()
    come(world, serial or "CP1", wallbox)
    await wallbox.ask("BootNotification", boot(serial))
    for restarts in range(2):
        liar = a_wallbox()
        refused = come(world, "SN2", liar)
        assert isinstance(refused, Refused)
        assert (refused.status, "names 'SN2'" in refused.reason) == (403, True)
        assert is_here(world) is (restarts == 0)
        await world.kill()
        await world.start()
    come(world, serial or "CP1", a_wallbox())
    assert is_here(world)
    await world.kill()


@pytest.mark.parametrize("name", ["SN2", "cp2"])
@in_virtual_time()
async def test_a_certificate_that_is_known_to_be_anothers_cannot_come_first_with_a_lie(
    name: str,
) -> None:
    """CP1 is new, and nothing is known of it: a thief of CP2's key would boot as it likes."""
    world = World(TWO)
    manager = await world.start()
    owner = a_wallbox()
    come(world, name, owner, "CP2")
    await owner.ask("BootNotification", boot("SN2"))
    assert manager.stations.by_id["CP2"].presence.is_connected
    refused = come(world, name, a_wallbox())
    assert isinstance(refused, Refused)
    assert (refused.status, "which is wallbox 'CP2'" in refused.reason) == (403, True)
    assert manager.refused()[0].claimed_id == "CP1"
    own = a_wallbox()
    come(world, "SN1", own)
    await own.ask("BootNotification", boot("SN1"))
    assert is_here(world)
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_without_a_certificate_takes_no_name_by_its_boot() -> None:
    """Otherwise anybody who may connect without proof would shut out a wallbox that is new."""
    world = World(TWO.replace('[[wallbox]]\nid = "CP2"\nsecurity_profile = 3\n', ""))
    await world.start()
    liar = a_wallbox()
    assert world.manager is not None
    world.plug_in("CP2", liar, basic_authorization("CP2", "common"))
    await liar.ask("BootNotification", boot("SN1"))
    own = a_wallbox()
    assert isinstance(come(world, "SN1", own), Admitted)
    await own.ask("BootNotification", boot("SN1"))
    assert is_here(world)
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_was_replaced_gets_in_once_any_name_will_do() -> None:
    world = World(SERIAL)
    await world.start()
    first = a_wallbox()
    come(world, "SN1", first)
    await first.ask("BootNotification", boot("SN1"))
    assert isinstance(come(world, "SN2", a_wallbox()), Refused)
    await world.kill()
    world.site_toml = TOML + 'certificate_name = "any"\n'
    await world.start()
    second = a_wallbox()
    come(world, "SN2", second)
    await second.ask("BootNotification", boot("SN2"))
    await world.kill()
    world.site_toml = SERIAL
    await world.start()
    come(world, "SN2", a_wallbox())
    assert is_here(world)
    assert isinstance(come(world, "SN1", a_wallbox()), Refused)
    await world.kill()
