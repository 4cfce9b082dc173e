from typing import Any

import pytest
from tests.support.web import SITE, Api, a_world, serving
from tests.support.world import BOOT, Scripted, a_backend, a_wallbox, status_of

NOTHING_DRAWN = {"l1": None, "l2": None, "l3": None}


async def evse(api: Api, evse_id: str = "stall-1") -> dict[str, Any]:
    found = await api.get(f"/api/v1/evses/{evse_id}")
    assert isinstance(found, dict)
    return found


async def charge(wallbox: Scripted) -> int:
    """Start a transaction and report what it draws; our id of it."""
    frame = await wallbox.ask(
        "StartTransaction",
        {"connectorId": 1, "idTag": "04A1", "meterStart": 100, "timestamp": "2026-05-15T12:00:00Z"},
    )
    samples = [
        {"value": "15.5", "measurand": "Current.Import", "phase": "L1"},
        {"value": "3.6", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "250", "measurand": "Energy.Active.Import.Register"},
    ]
    transaction_id: int = frame[2]["transactionId"]
    await wallbox.ask(
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": transaction_id,
            "meterValue": [{"timestamp": "2026-05-15T12:00:10Z", "sampledValue": samples}],
        },
    )
    return transaction_id


@pytest.mark.asyncio
async def test_every_evse_is_listed_before_any_wallbox_came() -> None:
    async with serving() as api:
        evses = (await api.client.get("/api/v1/evses")).json()
        assert [each["id"] for each in evses] == ["stall-1", "stall-2"]
        assert evses[0] == await evse(api)
        first, second = evses
        assert (first["name"], second["name"]) == ("Left", "stall-2")
        assert (first["status"], first["connected"], first["boot"]) == ("Unknown", False, None)
        assert (first["drawn_a"], first["transaction"]) == (NOTHING_DRAWN, None)
        assert (first["backend"]["phase"], second["backend"]) == ("idle", None)


@pytest.mark.asyncio
async def test_an_evse_tells_what_it_does() -> None:
    backend, wallbox = a_backend(), a_wallbox()
    world = a_world(backend=backend)
    async with serving(world) as api:
        boot = BOOT | {"firmwareVersion": "1.2", "chargePointSerialNumber": "S1"}
        world.plug_in("CP1", wallbox)
        await wallbox.ask("BootNotification", boot)
        await wallbox.ask(
            "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
        )
        await backend.got("BootNotification")
        transaction_id = await charge(wallbox)
        told = await evse(api)
        assert told["boot"] == {
            "vendor": "Vendor",
            "model": "Model",
            "firmware": "1.2",
            "serial": "S1",
        }
        assert (told["connected"], told["status"], told["error_code"]) == (
            True,
            "Preparing",
            "NoError",
        )
        assert told["drawn_a"] == {"l1": 15.5, "l2": None, "l3": None}
        assert (told["power_w"], told["energy_wh"]) == (3600.0, 250.0)
        assert told["transaction"] == {
            "id": transaction_id,
            "id_tag": "04A1",
            "started_at": "2026-05-15T12:00:00Z",
            "meter_start_wh": 100,
            "may_charge": True,
        }
        assert told["backend"] | {"since": None, "queue_depth": None} == {
            "id": "stall-1 CP1@backend.example/4dcb5568",
            "role": "primary",
            "commands": ["all"],
            "retiring": False,
            "client_id": "CP1",
            "connector": 1,
            "url": "ws://backend.example/ocpp/CP1",
            "phase": "online",
            "reason": "accepted by the backend",
            "since": None,
            "queue_depth": None,
            "given_up": 0,
            "security": {
                "state": "plain",
                "words": "not encrypted: whoever is on the way can read and change what is sent",
            },
            "problem": None,
        }


@pytest.mark.asyncio
async def test_what_was_drawn_is_not_told_of_a_wallbox_that_is_away() -> None:
    wallbox = a_wallbox()
    world = a_world(backend=a_backend())
    async with serving(world) as api:
        await world.boot("CP1", wallbox, "Preparing")
        await charge(wallbox)
        wallbox.hang_up()
        while (told := await evse(api))["connected"]:
            pass
        assert (told["drawn_a"], told["power_w"], told["energy_wh"]) == (NOTHING_DRAWN, None, 250)
        assert told["transaction"] is not None


@pytest.mark.asyncio
async def test_an_evse_tells_how_it_takes_its_limits() -> None:
    """R100, R100a."""
    wallbox = a_wallbox()
    world = a_world()
    async with serving(world) as api:
        before = await evse(api)
        assert before["clock_offset_s"] is None
        assert before["limits"]["counted_a"] == before["limits"]["profile_writes"] == 0
        assert before["safety"] == {
            "obedience": {
                "verdict": "unverified",
                "words": "unverified",
                "drawn_a": None,
                "offered_a": None,
                "exhausted": False,
            },
            "method": "",
            "standing_confirmed_by": "not confirmed",
            "expiry": "not proven",
            "persistence": "not proven",
            "proved_with": "",
            "is_harmless_when_silent": False,
            "refuses": False,
            "released": False,
            "cleared": None,
            "proof": None,
            "known": [],
        }
        world.plug_in("CP1", wallbox)
        await wallbox.ask("BootNotification", BOOT | {"chargePointVendor": "Alfen"})
        await wallbox.ask("StatusNotification", status_of(1, "Available"))
        await wallbox.got("SetChargingProfile")
        told = await evse(api)
        assert told["safety"]["method"]
        assert told["safety"]["known"], "quirks of the make"
        assert told["limits"]["profile_writes"] > 0
        assert told["limits"]["fallback_current_a"] == 0


@pytest.mark.asyncio
async def test_an_unknown_evse_is_not_found() -> None:
    async with serving() as api:
        answer = await api.client.get("/api/v1/evses/nobody")
        assert (answer.status_code, answer.json()["detail"]) == (404, "No EVSE has this id.")


SEVERAL = SITE.replace(
    'url = "ws://backend.example/ocpp"',
    """url = "ws://report.example/"
client_id = "R1"
role = "report"
commands = ["Reset", "TriggerMessage"]

[[evse.gateway]]
url = "ws://backend.example/ocpp"
""",
)


@pytest.mark.asyncio
async def test_r106_an_evse_tells_every_backend_with_its_role_and_rights() -> None:
    async with serving(a_world(SEVERAL)) as api:
        told = await evse(api)
        keys = ("id", "role", "commands", "retiring", "client_id", "connector", "url")
        assert [[each[key] for key in keys] for each in told["backends"]] == [
            [
                "stall-1 R1@report.example",
                "report",
                ["Reset", "TriggerMessage"],
                False,
                "R1",
                1,
                "ws://report.example/R1",
            ],
            [
                "stall-1 CP1@backend.example/4dcb5568",
                "primary",
                ["all"],
                False,
                "CP1",
                1,
                "ws://backend.example/ocpp/CP1",
            ],
        ]
        assert told["backend"] == told["backends"][1]
        assert (await evse(api, "stall-2"))["backends"] == []


@pytest.mark.asyncio
async def test_r106_an_evse_of_which_nobody_bills_has_no_such_backend() -> None:
    only_reports = SEVERAL.rpartition("[[evse.gateway]]")[0] + '[[evse]]\nid = "b"\naddress = "2"'
    async with serving(a_world(only_reports)) as api:
        told = await evse(api)
        assert told["backend"] is None
        assert [each["role"] for each in told["backends"]] == ["report"]
