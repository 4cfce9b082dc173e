"""A wallbox gets certificates of ours, and trusts whom a person wants it to trust (R36, R40)."""

import asyncio

import pytest
from tests.support.certificate_facts import facts
from tests.support.frames import (
    HOUSE,
    Literal,
    Refusal,
    error,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.paper_certificates import PaperAuthority, certificate, request, signed
from tests.support.relayed import DROP
from tests.support.secured import BOOT, CENTRAL
from tests.support.virtual_time import in_virtual_time
from tests.support.world import World, connect

from wattgate.core.ocpp.handshake import Admitted, HandshakeRequest, basic_authorization
from wattgate.core.security.certificates import IssuedEntry
from wattgate.core.security.client_identity import ClientCertificate
from wattgate.runtime.station.wallbox_certificates import (
    SIGNED_PER_HOUR,
    Installed,
    Told,
    WallboxCertificates,
)

ALONE = f"""{HOUSE}
[[evse]]
id = "stall-1"
address = "CP1"
[[evse]]
id = "stall-2"
address = "CP2"
"""
PASSWORD = "correct battery"
REQUIRED = f'[ocpp_server]\npassword = "{PASSWORD}"\n'
WITH_TLS = '[ocpp_server]\ntls = "on"\n'
ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
ROOT = Installed("SHA256", "ab", "cd", "12")
WIRE = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab",
    "issuerKeyHash": "cd",
    "serialNumber": "12",
}


async def a_world(
    wallbox: Literal, site_toml: str = ALONE, authority: PaperAuthority | None = None
) -> World:
    """CP1 has booted as the wallbox with the serial number SN1."""
    world = World(REQUIRED + site_toml, authority=authority or PaperAuthority())
    world.dialer.backends["ws://backend/CP1"] = literal_backend()
    await world.start()
    plug_in(world, "CP1", wallbox)
    await wallbox.ask("BootNotification", BOOT)
    await settled()
    return world


def plug_in(world: World, station_id: str, wallbox: Literal) -> None:
    world.plug_in(station_id, wallbox, basic_authorization(station_id, PASSWORD))


def certificates_of(world: World, station_id: str = "CP1") -> WallboxCertificates:
    assert world.manager is not None
    found = world.manager.certificates(station_id)
    assert found is not None
    return found


def asking(name: str) -> dict[str, str]:
    return {"csr": request(name)}


# What a wallbox asks


@pytest.mark.parametrize("site_toml", [ALONE, DROP], ids=["without backend", "relayed"])
@pytest.mark.parametrize("name", ["CP1", "SN1"])
@in_virtual_time()
async def test_a_wallbox_gets_a_certificate_in_its_own_name_from_us_r35_r36(
    name: str, site_toml: str
) -> None:
    wallbox = literal_wallbox(CertificateSigned=lambda _: ACCEPTED)
    world = await a_world(wallbox, site_toml)
    assert await result(wallbox, "SignCertificate", asking(name)) == ACCEPTED
    sent = await wallbox.got("CertificateSigned")
    assert sent == {"certificateChain": signed(request(name))}
    assert world.authority.issued()[0].facts.common_name == name
    for backend in world.dialer.backends.values():
        assert backend.all_of("SignCertificate") == []
    await world.kill()


@pytest.mark.parametrize("name", ["CP2", "SN2", "sn2", "Somebody", ""])
@in_virtual_time()
async def test_no_wallbox_gets_a_certificate_in_the_name_of_another_r35(name: str) -> None:
    """CP2 has booted with SN2; CP1 now says that this is its own number."""
    wallbox, other = literal_wallbox(), literal_wallbox()
    world = await a_world(wallbox)
    plug_in(world, "CP2", other)
    await other.ask("BootNotification", BOOT | {"chargePointSerialNumber": "SN2"})
    await wallbox.ask("BootNotification", BOOT | {"chargePointSerialNumber": "sn2"})
    assert await result(wallbox, "SignCertificate", asking(name)) == REJECTED
    await settled()
    assert wallbox.all_of("CertificateSigned") == []
    assert world.authority.issued() == ()
    await world.kill()


@in_virtual_time()
async def test_who_has_shown_nothing_but_an_id_gets_no_certificate_s4() -> None:
    """It would be proof for years, also once passwords are required; as they are from now on."""
    wallbox = literal_wallbox()
    world = World(ALONE, authority=PaperAuthority())
    await world.start()
    world.plug_in("CP1", wallbox)
    await wallbox.ask("BootNotification", BOOT)
    assert world.manager is not None
    await world.manager.patch_site({"ocpp_server": {"password": PASSWORD}})
    assert await result(wallbox, "SignCertificate", asking("CP1")) == REJECTED
    assert world.authority.issued() == ()
    again = literal_wallbox(CertificateSigned=lambda _: ACCEPTED)
    plug_in(world, "CP1", again)
    await again.ask("BootNotification", BOOT)
    assert await result(again, "SignCertificate", asking("CP1")) == ACCEPTED
    await world.kill()


@pytest.mark.parametrize(("is_revoked", "answer"), [(False, ACCEPTED), (True, REJECTED)])
@in_virtual_time()
async def test_a_connection_that_outlives_its_certificate_does_not_get_the_next_one(
    is_revoked: bool, answer: dict[str, str]
) -> None:
    """A stolen key must not bring another one while its connection is still open."""
    wallbox = literal_wallbox(CertificateSigned=lambda _: ACCEPTED)
    world = World(f'[[wallbox]]\nid = "CP1"\nsecurity_profile = 3\n{WITH_TLS}{ALONE}')
    await world.start()
    assert world.manager is not None
    stations, shown = world.manager.stations, ClientCertificate(facts("CP1"))
    asked = HandshakeRequest("/CP1", ("ocpp1.6",), None, "192.0.2.7:1", True, shown)
    admitted = stations.admit(asked)
    assert isinstance(admitted, Admitted)
    connect(stations.welcome(admitted, asked.peer_address), wallbox)
    await wallbox.ask("BootNotification", BOOT)
    world.authority.entries.append(IssuedEntry(shown.facts, "client", is_revoked))
    assert await result(wallbox, "SignCertificate", asking("CP1")) == answer
    await world.kill()


@in_virtual_time()
async def test_without_an_authority_of_ours_nothing_is_signed_r36() -> None:
    wallbox = literal_wallbox()
    world = await a_world(wallbox, authority=PaperAuthority(name=""))
    assert await result(wallbox, "SignCertificate", asking("CP1")) == REJECTED
    assert await certificates_of(world).install_authority() == Told(
        is_done=False, said="There is no authority of ours yet."
    )
    await world.kill()


@in_virtual_time()
async def test_what_is_no_request_is_rejected_or_refused_r11_r36() -> None:
    wallbox = literal_wallbox()
    world = await a_world(wallbox)
    assert await result(wallbox, "SignCertificate", {"csr": "x"}) == REJECTED
    assert (await error(wallbox, "SignCertificate", {})).endswith("Violation")
    await world.kill()


@in_virtual_time(within_s=7200.0)
async def test_a_wallbox_that_asks_again_and_again_has_to_wait_an_hour_r36() -> None:
    wallbox = literal_wallbox(CertificateSigned=lambda _: REJECTED)
    world = await a_world(wallbox)
    for _ in range(SIGNED_PER_HOUR):
        assert await result(wallbox, "SignCertificate", asking("CP1")) == ACCEPTED
    assert await result(wallbox, "SignCertificate", asking("CP1")) == REJECTED
    assert len(world.authority.entries) == SIGNED_PER_HOUR
    await asyncio.sleep(3500.0)
    assert await result(wallbox, "SignCertificate", asking("CP1")) == REJECTED
    await asyncio.sleep(101.0)
    assert await result(wallbox, "SignCertificate", asking("CP1")) == ACCEPTED
    await world.kill()


@in_virtual_time()
async def test_asking_without_waiting_for_the_answers_gets_no_more_r36() -> None:
    wallbox = literal_wallbox(CertificateSigned=lambda _: REJECTED)
    world = await a_world(wallbox)
    asked = (result(wallbox, "SignCertificate", asking("CP1")) for _ in range(SIGNED_PER_HOUR * 4))
    answers = await asyncio.gather(*asked)
    assert answers.count(ACCEPTED) == SIGNED_PER_HOUR
    assert len(world.authority.entries) == SIGNED_PER_HOUR
    await world.kill()


# What a person wants


@in_virtual_time()
async def test_a_person_has_the_wallbox_trust_our_authority_r36() -> None:
    wallbox = literal_wallbox(InstallCertificate=lambda _: ACCEPTED)
    world = await a_world(wallbox)
    told = await certificates_of(world).install_authority()
    assert told == Told(is_done=True, said="It trusts our authority.")
    wanted = {"certificateType": CENTRAL, "certificate": certificate("Paper Root")}
    assert wallbox.all_of("InstallCertificate") == [wanted]
    await world.kill()


@in_virtual_time()
async def test_a_person_has_the_wallbox_ask_for_a_certificate_r40() -> None:
    wallbox = literal_wallbox(ExtendedTriggerMessage=lambda _: ACCEPTED)
    world = await a_world(wallbox)
    assert (await certificates_of(world).request_certificate()).is_done
    asked = [{"requestedMessage": "SignChargePointCertificate"}]
    assert wallbox.all_of("ExtendedTriggerMessage") == asked
    await world.kill()


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({"status": "Accepted", "certificateHashData": [WIRE]}, (ROOT,)),
        ({"status": "NotFound"}, ()),
        (
            Refusal("NotImplemented", "unknown"),
            Told(is_done=False, said="The wallbox refuses: NotImplemented unknown."),
        ),
    ],
)
@in_virtual_time()
async def test_a_person_reads_whom_the_wallbox_trusts_r36(
    answer: object, read: tuple[Installed, ...] | Told
) -> None:
    wallbox = literal_wallbox(GetInstalledCertificateIds=lambda _: answer)
    world = await a_world(wallbox)
    assert await certificates_of(world).installed() == read
    await world.kill()


@in_virtual_time()
async def test_an_answer_that_cannot_be_read_is_said_to_be_so() -> None:
    wallbox = literal_wallbox(GetInstalledCertificateIds=lambda _: {"status": 7})
    world = await a_world(wallbox)
    told = await certificates_of(world).installed()
    assert isinstance(told, Told)
    assert "unusable" in told.said
    await world.kill()


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("Accepted", Told(is_done=True, said="It trusts it no more.")),
        ("Failed", Told(is_done=False, said='The wallbox answers {"status": "Failed"}.')),
    ],
)
@in_virtual_time()
async def test_a_person_has_the_wallbox_trust_somebody_no_more_r36(status: str, told: Told) -> None:
    wallbox = literal_wallbox(DeleteCertificate=lambda _: {"status": status})
    world = await a_world(wallbox)
    assert await certificates_of(world).delete(ROOT) == told
    assert wallbox.all_of("DeleteCertificate") == [{"certificateHashData": WIRE}]
    await world.kill()


@in_virtual_time()
async def test_a_wallbox_that_is_away_cannot_be_told_anything() -> None:
    wallbox = literal_wallbox()
    world = await a_world(wallbox)
    wallbox.hang_up()
    await settled()
    told = await certificates_of(world).request_certificate()
    assert told == Told(is_done=False, said="No answer: the wallbox is not connected.")
    assert world.manager is not None
    assert world.manager.certificates("CP9") is None
    await world.kill()
