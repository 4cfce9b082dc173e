"""Files on their way, over the API (R87)."""

import json
from typing import Any

import pytest
from tests.support.paper_files import PaperFiles, TokenIdentifiers
from tests.support.web import Api, a_world, serving
from tests.support.world import World, a_backend, a_wallbox

from wattgate.core.files.transfers import Received
from wattgate.ports.files import TransferFailed
from wattgate.runtime.files.desk import PART

SITE = """
[site]
max_current_a = 32
house_load_a = 0
[ocpp_server]
password = "correct battery"
[[wallbox]]
id = "CP1"
file_relay = true
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "ws://backend/"
"""
TRANSFERS = "/api/v1/file-transfers"


def a_file_world(files: PaperFiles) -> World:
    world = a_world(SITE)
    world.files, world.identifiers = files.outside(), TokenIdentifiers()
    return world


async def got(api: Api, path: str) -> Any:  # noqa: ANN401 - JSON
    return (await api.client.get(path)).raise_for_status().json()


async def commanded(api: Api, action: str = "GetDiagnostics") -> str:
    """Let the backend ask for diagnostics, or so; the address that the wallbox is told."""
    manager = api.world.manager
    assert manager is not None
    wallbox, backend = a_wallbox(), a_backend()
    api.world.dialer.backends["ws://backend/CP1"] = backend
    api.world.plug_in("CP1", wallbox, "Basic Q1AxOmNvcnJlY3QgYmF0dGVyeQ==")
    payload = json.dumps({"location": "ftp://user:geheim@files.example/in/?k=geheim"})
    link = manager.evses()[0].evse.backends[0].link_id
    told = await manager.files.told("CP1", link, action, payload)
    return str(json.loads(told.payload_text)["location"])


@pytest.mark.asyncio
async def test_r87_what_is_on_its_way_is_told_without_secrets() -> None:
    files = PaperFiles(failures=[TransferFailed("the server is away")])
    async with serving(a_file_world(files)) as api:
        assert await got(api, TRANSFERS) == []
        url = await commanded(api)
        (offered,) = await got(api, TRANSFERS)
        about = ("wallbox", "action", "direction", "state", "size_bytes", "report_held", "problem")
        assert [offered[each] for each in about] == [
            *("CP1", "GetDiagnostics", "upload", "offered", None, False, None)
        ]
        assert offered["place"] == "ftp://files.example/in/?(masked)"
        assert files.desk is not None
        visit = files.desk.visit("/" + url.split("/", 3)[3] + "d.zip", "192.0.2.7")
        assert visit is not None
        files.there.add("x" + PART)
        received = Received(name="x", size=3, at=api.world.clock.wall(), method="PUT")
        assert await files.desk.take(visit, received)
        (delivering,) = await got(api, TRANSFERS)
        assert (delivering["state"], delivering["size_bytes"]) == ("delivering", 3)
        assert delivering["problem"] == "the server is away"
        (warning,) = await got(api, "/api/v1/warnings")
        assert warning == {
            "about": 'wallbox "CP1"',
            "message": "a file of GetDiagnostics has not reached the backend's server: "
            "the server is away",
        }
        said = json.dumps([offered, delivering])
        assert "geheim" not in said
        assert url.split("/")[4] not in said


@pytest.mark.asyncio
async def test_r87_firmware_that_has_not_come_is_told_until_it_has() -> None:
    """It is fetched when the wallbox asks: whoever sent the command would wait for nothing."""
    files = PaperFiles(failures=[TransferFailed("the server answered HTTP 404", is_final=True)])
    async with serving(a_file_world(files)) as api:
        url = await commanded(api, "UpdateFirmware")
        assert files.desk is not None
        visit = files.desk.visit("/" + url.split("/", 3)[3], "192.0.2.7")
        assert visit is not None
        await files.desk.firmware(visit).until(999)
        (offered,) = await got(api, TRANSFERS)
        assert (offered["state"], offered["problem"]) == ("offered", "the server answered HTTP 404")
        (warning,) = await got(api, "/api/v1/warnings")
        assert warning["message"] == (
            "a file of UpdateFirmware has not come from the backend's server: "
            "the server answered HTTP 404"
        )
        await files.desk.firmware(visit).until(999)
        assert (await got(api, TRANSFERS))[0]["problem"] is None


@pytest.mark.asyncio
async def test_r87_a_file_port_that_cannot_be_opened_is_a_warning_until_it_can() -> None:
    files = PaperFiles(port_in_use=True)
    async with serving(a_file_world(files)) as api:
        (warning,) = await got(api, "/api/v1/warnings")
        assert warning["about"] == "file_relay › port"
        assert "Address already in use" in warning["message"]
        files.port_in_use = False
        await commanded(api)
        assert await got(api, "/api/v1/warnings") == []
