"""Keys of wallboxes over the API: made, written, told once, and given up (R24)."""

from typing import Any

import pytest
from tests.support.frames import literal_wallbox, settled
from tests.support.web import SITE, Api, a_world, serving

from wattgate.core.ocpp.handshake import basic_authorization

pytestmark = pytest.mark.asyncio

KEY = "/api/v1/wallboxes/CP2/key"
OWN = SITE + '\n[[wallbox]]\nid = "CP2"\npassword = "secret"\n'
BY_CERTIFICATE = (
    SITE
    + '\n[ocpp_server]\npassword = "common"\ntls = "on"\n'
    + '\n[[wallbox]]\nid = "CP2"\nsecurity_profile = 3\n'
)
COMMON = SITE + '\n[ocpp_server]\npassword = "common"\n'


async def make(api: Api, status: int = 200, **wish: bool) -> dict[str, Any]:
    answer = await api.client.post(KEY, json=wish)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def state(api: Api) -> dict[str, Any]:
    told = await api.get(KEY)
    assert isinstance(told, dict)
    return told


@pytest.mark.parametrize(
    ("site_toml", "proves_with", "words"),
    [
        (SITE, "nothing", "needs no password: anybody in the network"),
        (COMMON, "common password", "the common password of the site"),
        (OWN, "own password", "its password in the site"),
        (BY_CERTIFICATE, "certificate", "its client certificate, and needs no password"),
    ],
)
async def test_what_opens_the_door_for_a_wallbox_is_told_s1(
    site_toml: str, proves_with: str, words: str
) -> None:
    async with serving(a_world(site_toml)) as api:
        told = await state(api)
        assert (told["proves_with"], told["next"]) == (proves_with, None)
        assert words in told["says"]


async def test_a_key_for_the_installer_is_told_once_and_holds_when_the_wallbox_comes_with_it() -> (
    None
):
    async with serving(a_world(OWN)) as api:
        told = await make(api)
        key = told["authorization_key"]
        assert len(bytes.fromhex(key)) == 20
        assert told["next"] == "shown"
        assert "not told again" in told["says"]
        waiting = await state(api)
        assert (waiting["proves_with"], waiting["next"]) == ("own password", "shown")
        assert key not in str(waiting)
        api.world.plug_in("CP2", literal_wallbox(), basic_authorization("CP2", bytes.fromhex(key)))
        assert await state(api) == {
            "proves_with": "key",
            "next": None,
            "says": "It proves itself with a key that only the wallbox knows.",
        }


@pytest.mark.parametrize(
    ("status", "step", "words"),
    [
        ("Accepted", "taken", "should come back with it"),
        ("RebootRequired", "after-restart", "after its next restart"),
        ("Rejected", None, "refuses a new key: nothing has changed"),
        ("", "sent", "has not said"),
    ],
)
async def test_how_the_wallbox_took_a_written_key_is_told_and_never_the_key(
    status: str, step: str | None, words: str
) -> None:
    async with serving(a_world(OWN)) as api:
        box = literal_wallbox(ChangeConfiguration=lambda _: {"status": status})
        api.world.plug_in("CP2", box, basic_authorization("CP2", "secret"))
        told = await make(api, write=True)
        assert (told["authorization_key"], told["next"]) == (None, step)
        assert words in told["says"]
        (change,) = box.all_of("ChangeConfiguration")
        assert change["value"] not in str([told, await state(api)])


async def test_a_wallbox_that_needs_it_is_restarted_on_request() -> None:
    async with serving(a_world(OWN)) as api:
        box = literal_wallbox(
            ChangeConfiguration=lambda _: {"status": "RebootRequired"},
            Reset=lambda _: {"status": "Accepted"},
        )
        api.world.plug_in("CP2", box, basic_authorization("CP2", "secret"))
        told = await make(api, write=True, restart=True)
        assert told["says"].endswith("It was told to restart, and does so.")


async def test_a_key_can_be_given_up_for_the_password_of_the_site() -> None:
    async with serving(a_world(OWN)) as api:
        await make(api)
        answer = await api.client.delete(KEY)
        assert answer.status_code == 200
        assert answer.json() == await state(api)
        assert answer.json()["next"] is None


async def test_who_is_not_there_gets_no_key_written() -> None:
    async with serving(a_world(OWN)) as api:
        told = await make(api, 409, write=True)
        assert told["detail"] == "Not now: the wallbox is not connected."


async def test_while_a_wallbox_is_on_its_way_to_a_key_nothing_else_is_done() -> None:
    async with serving(a_world(OWN)) as api:
        box = literal_wallbox(ChangeConfiguration=lambda _: {"status": "Accepted"})
        api.world.plug_in("CP2", box, basic_authorization("CP2", "secret"))
        await make(api, write=True)
        await make(api, 409, write=True)
        await make(api, 409)
        assert (await api.client.delete(KEY)).status_code == 409
        await settled()
        assert (await state(api))["next"] == "taken"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_wallbox_has_no_key(method: str) -> None:
    async with serving() as api:
        body: dict[str, bool] | None = {} if method == "POST" else None
        answer = await api.client.request(method, "/api/v1/wallboxes/CP9/key", json=body)
        assert answer.status_code == 404
