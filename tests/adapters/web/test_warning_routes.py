import httpx
import pytest
from structlog.testing import capture_logs
from tests.support.web import ADMIN, a_world, https, new_server, serving, trusting_us

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.security.tls_mode import TlsMode
from wattgate.ports.store import StoreCondition

FINE = """
[site]
max_current_a = 32
house_load_a = 0
[ocpp_server]
password = "correct battery"
[[evse]]
id = "stall-1"
address = "CP1"
[[card]]
id_tag = "04A1"
"""
NO_PASSWORD = FINE.replace('password = "correct battery"', "")


@pytest.mark.parametrize(
    ("site_toml", "about", "words"),
    [
        (NO_PASSWORD, 'wallbox "CP1"', "no password: anybody in the network can connect"),
        (FINE.split("[[card]]")[0], 'evse "stall-1"', "everybody may charge"),
    ],
)
@pytest.mark.asyncio
async def test_what_is_worth_saying_of_the_settings_is_a_warning_s1(
    site_toml: str, about: str, words: str
) -> None:
    async with serving(a_world(site_toml)) as api:
        (warning,) = (await api.client.get("/api/v1/warnings")).json()
        assert warning["about"] == about
        assert words in warning["message"]


@pytest.mark.asyncio
async def test_a_site_in_order_has_no_warning() -> None:
    async with serving(a_world(FINE)) as api:
        assert await api.get("/api/v1/warnings") == []


@pytest.mark.asyncio
async def test_tls_that_waits_for_the_next_start_is_a_warning_until_it_is_changed_back_p6() -> None:
    async with serving(a_world(FINE)) as api:
        for mode, warned in (("on", ["ocpp_server › tls"]), ("off", [])):
            patch = {"ocpp_server": {"tls": mode}}
            (await api.client.patch("/api/v1/site", json=patch)).raise_for_status()
            told = (await api.client.get("/api/v1/warnings")).json()
            assert [each["about"] for each in told] == warned


@pytest.mark.asyncio
async def test_a_store_in_trouble_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    condition = StoreCondition("database or disk is full", has_reserve=False)
    async with serving(a_world(FINE)) as api:
        monkeypatch.setattr(MemoryStore, "condition", condition)
        assert (await api.client.get("/api/v1/warnings")).json() == [
            {"about": "store", "message": "nothing can be stored: database or disk is full"},
            {
                "about": "store",
                "message": "the disk has no room for the space that is to be kept aside",
            },
        ]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (TlsMode.OFF, "speaks plain HTTP with other machines"),
        (TlsMode.DETECT, "takes plain HTTP from other machines, too"),
        (TlsMode.ON, None),
    ],
)
@pytest.mark.asyncio
async def test_a_port_that_gives_passwords_away_is_a_warning_in_the_log_and_the_api(
    mode: TlsMode, words: str | None
) -> None:
    world = a_world(FINE)
    await world.start()
    with capture_logs() as logs:
        server = new_server(world, host="", https=https(mode))
        await server.start()
    url = server.url
    assert url == f"{'https' if mode is TlsMode.ON else 'http'}://localhost:{server.port}/"
    async with httpx.AsyncClient(base_url=url, auth=ADMIN, verify=trusting_us()) as client:
        told = (await client.get("/api/v1/warnings")).json()
    await server.close()
    await world.kill()
    logged = [each["event"] for each in logs if each.get("about") == "HTTP port"]
    assert [each["message"] for each in told] == logged
    assert len(logged) == (words is not None)
    assert all(each.startswith(words or "") for each in logged)
