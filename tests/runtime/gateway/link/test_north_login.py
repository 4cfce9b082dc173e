"""A backend re-keys our login there, and nobody else's (R24, R37)."""

import asyncio
from dataclasses import dataclass, field

import pytest
import structlog
from tests.support.frames import ONE_BACKEND, Site, a_site, literal_wallbox, result, settled
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.ocpp.handshake import basic_authorization
from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.links import DialFailed, DialStep, DialTarget, Link, Receiver
from wattgate.ports.store import StoreFailed
from wattgate.runtime.gateway.link.north_login import Account, NorthLogin

WITH_PASSWORD = ONE_BACKEND.replace(
    'url = "ws://backend/"', 'url = "ws://backend/"\npassword = "of the site"'
)
URL = "ws://backend/CP1"
KEY = "0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF"
OTHER = "ab" * 16
SITE = basic_authorization("CP1", "of the site")
NEW = basic_authorization("CP1", bytes.fromhex(KEY))
NEXT = basic_authorization("CP1", bytes.fromhex(OTHER))


async def rekey(site: Site, key: str = KEY) -> Json:
    """The backend sends a new key."""
    payload = {"key": "AuthorizationKey", "value": key}
    return (await result(site.backend, "ChangeConfiguration", payload))["status"]


def used(site: Site) -> list[str | None]:
    """The Authorization headers of every dial."""
    return [target.authorization for target in site.world.dialer.dialled]


def reason(site: Site) -> str:
    """What the link says of itself."""
    assert site.world.manager is not None
    (evse,) = site.world.manager.evses()
    assert evse.evse.link is not None
    return evse.evse.link.status.reason


async def restarted(site: Site, site_toml: str = WITH_PASSWORD) -> None:
    """Kill and start the manager on what is stored; the wallbox and the backend come back."""
    logins = len(site.backend.all_of("BootNotification"))
    await site.world.kill()
    site.world.site_toml = site_toml
    await site.world.start()
    await site.world.boot("CP1", literal_wallbox())
    await site.backend.got("BootNotification", times=logins + 1)
    await settled()


@in_virtual_time()
async def test_a_new_key_is_used_at_once_as_raw_bytes_and_after_a_restart_r24_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    assert await rekey(site) == "Accepted"
    site.world.dialer.opens[URL] = {NEW}
    await site.backend.got("BootNotification", times=2)
    await settled()
    assert used(site) == [SITE, NEW]
    assert "with the key that it gave us" in reason(site)
    assert site.wallbox.all_of("ChangeConfiguration") == []
    await restarted(site)
    assert used(site) == [SITE, NEW, NEW]
    await site.world.kill()


@in_virtual_time()
async def test_a_key_of_the_site_file_is_sent_as_its_bytes_where_it_is_said_to_be_one_r24() -> None:
    in_hex = WITH_PASSWORD.replace('"of the site"', f'"{KEY}"\nkey_form = "hex"')
    site = await a_site(site_toml=in_hex)
    assert used(site) == [NEW]
    assert await rekey(site, OTHER) == "Accepted"
    site.world.dialer.opens[URL] = {NEW}
    await site.backend.got("BootNotification", times=2)
    await settled()
    assert used(site) == [NEW, NEXT, NEW]
    site.world.dialer.opens.clear()
    await restarted(site, WITH_PASSWORD.replace("of the site", KEY))
    assert used(site)[3:] == [basic_authorization("CP1", KEY)]
    await site.world.kill()


@in_virtual_time()
async def test_the_backend_reads_that_we_accept_before_the_login_ends_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    ending = asyncio.get_running_loop().time()
    assert await rekey(site) == "Accepted"
    assert site.backend.closed_with is None
    await site.backend.got("BootNotification", times=2)
    assert asyncio.get_running_loop().time() - ending == pytest.approx(1.0, abs=0.1)
    await site.world.kill()


@pytest.mark.parametrize("key", ["00" * 15, "00" * 21, "zz" * 16, "", "00 " * 16])
@in_virtual_time()
async def test_what_is_no_key_is_rejected_and_changes_nothing_r37(key: str) -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    assert await rekey(site, key) == "Rejected"
    await asyncio.sleep(5.0)
    assert used(site) == [SITE]
    await restarted(site)
    assert used(site) == [SITE, SITE]
    await site.world.kill()


@in_virtual_time()
async def test_a_key_that_the_backend_refuses_is_forgotten_if_the_old_one_opens_r37() -> None:
    """A01.FR.03: once, and the link says which of them holds."""
    site = await a_site(site_toml=WITH_PASSWORD)
    site.world.dialer.opens[URL] = {SITE}
    await rekey(site)
    await site.backend.got("BootNotification", times=2)
    await settled()
    assert used(site) == [SITE, NEW, SITE]
    assert "it refused the key that it gave us" in reason(site)
    await restarted(site)
    assert used(site)[3:] == [SITE]
    await site.world.kill()


@in_virtual_time()
async def test_where_both_are_refused_the_old_password_is_tried_only_once_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    site.world.dialer.opens[URL] = set()
    await rekey(site)
    await asyncio.sleep(60.0)
    assert used(site)[:3] == [SITE, NEW, SITE]
    assert len(used(site)) > 4
    assert set(used(site)[3:]) == {NEW}
    assert "401" in reason(site)
    assert "instead of the password of the site file" in reason(site)
    site.world.dialer.opens[URL] = {NEW}
    await site.backend.got("BootNotification", times=2)
    await settled()
    assert "with the key" in reason(site)
    await site.world.kill()


@in_virtual_time()
async def test_a_manager_killed_before_the_backend_heard_that_we_accept_finds_back_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    site.world.dialer.opens[URL] = {SITE}
    await rekey(site)
    await restarted(site)
    assert used(site) == [SITE, NEW, SITE]
    await site.world.kill()


@in_virtual_time()
async def test_a_second_key_falls_back_on_the_first_one_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    await rekey(site)
    await site.backend.got("BootNotification", times=2)
    await settled()
    site.world.dialer.opens[URL] = {NEW}
    await rekey(site, OTHER)
    await site.backend.got("BootNotification", times=3)
    await settled()
    assert used(site) == [SITE, NEW, NEXT, NEW]
    await restarted(site)
    assert used(site)[4:] == [NEW]
    await site.world.kill()


@in_virtual_time()
async def test_a_password_newly_written_in_the_site_file_wins_over_a_key_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    await rekey(site)
    await site.backend.got("BootNotification", times=2)
    await settled()
    await restarted(site, WITH_PASSWORD.replace("of the site", "by hand"))
    assert used(site)[-1] == basic_authorization("CP1", "by hand")
    await site.world.kill()


@in_virtual_time()
async def test_a_key_opens_the_door_also_where_everything_is_relayed_afterwards_r37() -> None:
    observing = WITH_PASSWORD.replace("[site]", '[site]\nload_management = "observe"')
    site = await a_site(site_toml=observing)
    await rekey(site)
    await site.backend.got("BootNotification", times=2)
    await settled()
    await restarted(site, f'{observing}\noffline_policy = "drop"\n')
    assert used(site) == [SITE, NEW, NEW]
    await site.world.kill()


@in_virtual_time()
async def test_a_key_opens_the_door_for_an_evse_that_is_activated_later_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    await rekey(site)
    await site.backend.got("BootNotification", times=2)
    await settled()
    await site.world.kill()
    site.world.site_toml = WITH_PASSWORD.replace("[[evse]]", "[[evse]]\nenabled = false")
    manager = await site.world.start()
    await site.world.boot("CP1", literal_wallbox())
    await settled()
    assert used(site) == [SITE, NEW]
    (state,) = manager.evses()
    await manager.operations.activate(state.evse)
    await site.backend.got("BootNotification", times=3)
    assert used(site) == [SITE, NEW, NEW]
    await site.world.kill()


@in_virtual_time()
async def test_a_key_that_cannot_be_stored_is_not_accepted_r37() -> None:
    site = await a_site(site_toml=WITH_PASSWORD)
    site.world.store.failing = True
    frame = await site.backend.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": KEY})
    assert frame[:3:2] == [4, "InternalError"]
    site.world.store.failing = False
    await asyncio.sleep(5.0)
    assert used(site) == [SITE]
    await site.world.kill()


@in_virtual_time()
async def test_a_key_is_nowhere_to_be_read_r37() -> None:
    with structlog.testing.capture_logs() as logs:
        site = await a_site(site_toml=WITH_PASSWORD)
        site.wallbox.answers["GetConfiguration"] = lambda _: {
            "configurationKey": [
                {"key": "AuthorizationKey", "readonly": False, "value": "of the wallbox"}
            ],
            "unknownKey": [],
        }
        await rekey(site)
        await site.backend.got("BootNotification", times=2)
        await settled()
        everything = await result(site.backend, "GetConfiguration", {})
        asked = await result(site.backend, "GetConfiguration", {"key": ["authorizationKEY"]})
    said = f"{logs} {everything} {asked} {site.wallbox.texts} {reason(site)}".lower()
    assert KEY.lower() not in said
    assert "of the wallbox" not in said
    assert asked["configurationKey"] == [{"key": "AuthorizationKey", "readonly": False}]
    await site.world.kill()


@dataclass
class Door:
    """A dialer that fails as it is told, else succeeds."""

    failures: list[DialFailed | None] = field(default_factory=list)

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return object()  # type: ignore[return-value]  # - nobody uses it here


class Broken:
    """A store that keeps nothing."""

    failing = True

    async def commit(self, *changes: object) -> tuple[()]:
        if self.failing:
            raise StoreFailed("full")
        return ()


TARGET = DialTarget("wss://b/CP1", None)
BAD_TLS = DialFailed(DialStep.TLS, "the certificate", fault=TlsFault.CERTIFICATE)
OLD_TLS = DialFailed(DialStep.TLS, "the version", fault=TlsFault.VERSION)
UNNAMED_TLS = DialFailed(DialStep.TLS, "the backend did not finish the TLS handshake")
NO_TCP = DialFailed(DialStep.TCP, "refused")
UNAUTHORIZED = DialFailed(DialStep.HTTP, "401", 401)


async def dialled(login: NorthLogin, times: int) -> None:
    for _ in range(times):
        try:
            await login.dial(TARGET, None)  # type: ignore[arg-type]  # - nobody listens
        except DialFailed:
            continue


@in_virtual_time()
async def test_a_fault_of_tls_is_reported_once_until_it_works_again_r38() -> None:
    reports: list[TlsFault] = []
    door = Door([BAD_TLS, BAD_TLS, NO_TCP, BAD_TLS, None, BAD_TLS, UNAUTHORIZED, BAD_TLS])
    login = NorthLogin(Account("link", "CP1", ""), door, Broken())  # type: ignore[arg-type]
    login.on_tls_fault = reports.append
    await dialled(login, 4)
    assert reports == [TlsFault.CERTIFICATE]
    await dialled(login, 2)
    assert reports == [TlsFault.CERTIFICATE] * 2
    await dialled(login, 2)  # HTTP 401 comes after TLS
    assert reports == [TlsFault.CERTIFICATE] * 3


@in_virtual_time()
async def test_each_fault_of_tls_is_reported_by_itself_and_other_failures_are_not_r38() -> None:
    reports: list[TlsFault] = []
    door = Door([BAD_TLS, OLD_TLS, BAD_TLS, OLD_TLS, UNNAMED_TLS, NO_TCP])
    login = NorthLogin(Account("link", "CP1", ""), door, Broken())  # type: ignore[arg-type]
    login.on_tls_fault = reports.append
    await dialled(login, 6)
    assert reports == [TlsFault.CERTIFICATE, TlsFault.VERSION]


@in_virtual_time()
async def test_a_fallback_that_ends_in_a_network_error_is_tried_again_r37() -> None:
    door = Door([UNAUTHORIZED, NO_TCP, UNAUTHORIZED, None])
    store = Broken()
    store.failing = False
    login = NorthLogin(Account("link", "CP1", "old"), door, store)  # type: ignore[arg-type]
    await login.rekey(KEY)
    await dialled(login, 2)
    assert door.failures == []
    assert "it refused" in login.accepted_as


@in_virtual_time()
async def test_a_store_that_fails_does_not_keep_a_door_shut_r37() -> None:
    store = Broken()
    store.failing = False
    login = NorthLogin(Account("link", "CP1", "old"), Door(), store)  # type: ignore[arg-type]
    await login.rekey(KEY)
    store.failing = True
    await dialled(login, 1)
    assert "with the key" in login.accepted_as
