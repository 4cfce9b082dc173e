"""Flaws that charging systems really had, each a lesson with a number: none of them is ours.

The numbers S1 to S10 are those of SECURITY.md, which says what each of them is about.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import pytest
import pytest_asyncio
from tests.support.limits_told import largest_sum_a
from tests.support.processes import LIMIT_S, Program, Stage
from tests.support.raw_wallbox import basic, knock, raw_wallbox
from tests.support.raw_websocket import RawClient, request
from tests.support.site_processes import ManagerProcess, limit, plug_in, run_manager, run_wallbox
from tests.support.site_text import card, evse, site, wallbox

from wattgate.adapters.clock import SystemClock

MODULE: Final = "module"
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope=MODULE)]

CARD: Final = "04A1B2C3"
SECRET: Final = "of CP1 alone"
START: Final = {
    "connectorId": 1,
    "idTag": CARD,
    "meterStart": 1000,
    "timestamp": "2026-05-15T12:00:00Z",
}


@dataclass
class Place:
    """A manager with `CP1`, which has a password, and `CP2`, `CP3`, which have none."""

    stage: Stage
    manager: ManagerProcess

    @property
    def port(self) -> int:
        return self.manager.ocpp_port

    async def transactions(self, evse_id: str) -> list[Any]:
        path = f"/api/v1/transactions?evse={evse_id}"
        return list(await self.manager.ask("GET", path))

    async def lives(self) -> None:
        """It answers a wallbox and a person; everything that it logged before has been read."""
        mark = self.manager.mark
        async with raw_wallbox(self.port, "CP3") as box:
            assert (await box.ask("Heartbeat", {}))[0] == 3
            await self.manager.event("wallbox connected", mark, station="CP3")
        assert (await self.manager.ask("GET", "/healthz"))["status"] == "ok"


@dataclass
class Sharing:
    """Two software wallboxes that charge, one of which can be made to lie."""

    stage: Stage
    manager: ManagerProcess
    liar: Program
    honest: Program


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    text = site(
        *(evse(id, id) for id in ("CP1", "CP2", "CP3", "CP4", "CP5", "CP6")),
        wallbox("CP1", password=SECRET),
        card(CARD),
    )
    async with Stage(tmp_path_factory.mktemp("site")) as stage:
        yield Place(stage, await run_manager(stage, text))


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/nobody", (), 404),
        ("/nobody", (basic("nobody", SECRET),), 404),
        ("/CP1", (), 401),
        ("/CP1", (basic("CP1", "guessed"),), 401),
    ],
)
async def test_s1_nobody_is_upgraded_without_being_known(
    place: Place, target: str, headers: tuple[str, ...], status: int
) -> None:
    """CWE-306: the answer is an HTTP one, and the refusal is shown."""
    mark = place.manager.mark
    assert await knock(place.port, target, *headers) == status
    await place.manager.event("connection refused", mark, id=target[1:])
    assert place.manager.program.find("wallbox connected", mark, station=target[1:]) is None


async def test_s1_a_wallbox_without_a_password_is_told_of_at_every_start(place: Place) -> None:
    """CWE-306: once in the log, and in the API as long as it is so; not of one that has one."""
    said = [
        event
        for event in place.manager.program.events
        if event["event"].startswith("no password: anybody in the network")
    ]
    assert {'wallbox "CP2"', 'wallbox "CP3"'} <= {event["about"] for event in said}
    assert 'wallbox "CP1"' not in {event["about"] for event in said}
    assert len(said) == len({event["about"] for event in said})
    assert "password" in str(await place.manager.ask("GET", "/api/v1/warnings"))


async def test_s2_a_second_socket_takes_over_only_if_it_authenticates(place: Place) -> None:
    """CWE-613: who only knows the id disturbs nobody."""
    mark = place.manager.mark
    async with asyncio.timeout(LIMIT_S), raw_wallbox(place.port, "CP1", SECRET) as genuine:
        assert await knock(place.port, "/CP1") == 401
        assert await knock(place.port, "/CP1", basic("CP1", "guessed")) == 401
        assert (await genuine.ask("Heartbeat", {}))[0] == 3
        await place.lives()
        came = place.manager.program.all_of("wallbox connected", mark, station="CP1")
        assert [each["address"] for each in came] == [genuine.client.address]


async def test_s2_of_two_sockets_one_lives_and_the_old_one_hears_no_command(place: Place) -> None:
    """CWE-613: neither both, nor the one that nobody listens to."""
    mark = place.manager.mark
    async with (
        asyncio.timeout(LIMIT_S),
        raw_wallbox(place.port, "CP1", SECRET) as old,
        raw_wallbox(place.port, "CP1", SECRET) as new,
    ):
        await old.until_closed()
        before = len(old.calls)
        cleared = asyncio.create_task(  # noqa: TID251 - asked beside the wallbox that answers
            place.manager.ask("POST", "/api/v1/evses/CP1/clear-profiles")
        )
        while not cleared.done():
            await new.ask("Heartbeat", {})
        assert "ClearChargingProfile" in {call[2] for call in new.calls}
        assert old.calls[before:] == []
        assert await old.client.end() == b""
    connected = place.manager.program.all_of("wallbox connected", mark, station="CP1")
    assert len(connected) == 2


async def test_s2_sockets_that_take_turns_with_one_id_are_slowed_down(place: Place) -> None:
    """CWE-613: commands get through in between, and the one that is in stays in."""
    statuses: list[int] = []
    async with asyncio.timeout(LIMIT_S), AsyncExitStack() as stack:
        while 429 not in statuses:
            client = await stack.enter_async_context(await RawClient.connect(place.port))
            client.send(request("/CP6"))
            statuses.append((await client.head())[0])
        assert set(statuses[:-1]) == {101}
    await place.manager.event("wallbox disconnected", station="CP6")
    assert await knock(place.port, "/CP6") == 101  # whose place is free comes in at once


async def test_s5_a_foreign_transaction_id_changes_nothing(place: Place) -> None:
    """CVE-2026-28230: every look-up is by wallbox and id."""
    async with (
        asyncio.timeout(LIMIT_S),
        raw_wallbox(place.port, "CP2") as victim,
        raw_wallbox(place.port, "CP3") as attacker,
    ):
        started = await victim.ask("StartTransaction", START)
        number = started[2]["transactionId"]
        before = await place.transactions("CP2")
        sample = {"value": "999999", "measurand": "Energy.Active.Import.Register"}
        moment = {"timestamp": "2026-05-15T13:00:00Z"}
        meter = {"connectorId": 1, "meterValue": [{**moment, "sampledValue": [sample]}]}
        stop = {"transactionId": number, "meterStop": 999999, **moment}
        assert (await attacker.ask("MeterValues", {**meter, "transactionId": number}))[0] == 3
        assert (await attacker.ask("StopTransaction", stop))[0] == 3
        assert await place.transactions("CP2") == before
        assert [each["stopped_at"] for each in before] == [None]
        own = await victim.ask("StopTransaction", stop | {"meterStop": 2000})
        assert own[0] == 3
        (ended,) = await place.transactions("CP2")
        assert ended["meter_stop_wh"] == 2000


ODD_TARGETS: Final = (
    "/CP1", "/cp1", "//CP1", "/CP1/", "/CP2/CP1", "/CP2/../CP1", "/CP1?id=CP2", "/%43P1",
    "/CP1%00", "/CP1%0d%0aX:", "http://wattgate/CP1", "/CP2#/CP1", "/CP1%2f", "/CP%31",
)  # fmt: skip
ODD_PROTOCOLS: Final = ("ocpp1.6", None, "ocpp1.6, ocpp1.6", "OCPP1.6", ", ,ocpp1.6", "soap")


def _odd_header(random: Random) -> str:
    """Something like the header of CP1, but for the password."""
    user = random.choice(["CP1", "CP2", "cp1", "", "CP1:CP1", "CP2:CP1", "CP1\0", "admin", "CP 1"])
    password = random.choice(["", "guessed", SECRET[:-1], "x" + SECRET, SECRET.upper(), "\0"])
    encoded = basic(user, password)
    match random.randrange(5):
        case 0:
            return encoded[: random.randrange(15, len(encoded))]
        case 1:
            return encoded.replace("Basic", random.choice(["BASIC", "Bearer", "Basic Basic", ""]))
        case 2:
            return encoded + random.choice(["=", "A", " ", ",", ";", "\t", "%3d"])
        case 3:
            return f"{encoded}\r\n{basic('CP2', SECRET)}"
        case _:
            return encoded


@pytest.mark.parametrize("seed", range(4))
async def test_s6_no_odd_handshake_comes_in_as_a_wallbox_with_a_password(
    place: Place, seed: int
) -> None:
    """CVE-2024-44843: path, subprotocol and Authorization as nobody should send them."""
    random = Random(seed)  # noqa: S311 - the same every time
    async with asyncio.timeout(LIMIT_S):
        for number in range(50):
            target, protocol = random.choice(ODD_TARGETS), random.choice(ODD_PROTOCOLS)
            host = f"127.1.{seed}.{1 + number}"  # one that guesses often is not heard any more (S3)
            header = _odd_header(random)
            await knock(place.port, target, header, protocol=protocol, own_host=host)
        await place.lives()
    came = place.manager.program.all_of("wallbox connected", station="CP1")
    assert not [each for each in came if each["address"].startswith(f"127.1.{seed}.")]
    right = basic("CP1", SECRET)
    async with asyncio.timeout(LIMIT_S):
        assert await knock(place.port, "/CP1", right) == 101


LONG: Final = "x" * 300
OBJECTIONS: Final = {
    "a tag over its length": ("Authorize", {"idTag": LONG}),
    "a tag that is no text": ("Authorize", {"idTag": {"a": [LONG]}}),
    "a vendor over its length": ("BootNotification", {"chargePointVendor": LONG * 200}),
    "an action over any length": (LONG * 200, {}),
    "an action of odd characters": ("\x00\ud800\N{SKULL}", {}),
    "a field of odd name": ("Heartbeat", {LONG * 200: LONG}),
    "a number beyond all numbers": ("StopTransaction", {"transactionId": 10**400}),
}


@pytest.mark.parametrize("name", OBJECTIONS)
async def test_s7_what_is_over_long_or_odd_gets_an_error_that_is_neither(
    place: Place, name: str
) -> None:
    """CVE-2025-59398, CVE-2025-59399: OCPP-J limits the error itself (4.2.3: 255 characters)."""
    action, payload = OBJECTIONS[name]
    async with asyncio.timeout(LIMIT_S), raw_wallbox(place.port, "CP2") as box:
        kind, _, *rest = await box.ask(action, payload)
        if kind == 4:
            code, description, details = rest
            assert code.isalpha()
            assert len(description) <= 255
            assert isinstance(details, dict)
        assert (await box.ask("Heartbeat", {}))[0] == 3
    await place.lives()


@pytest.mark.parametrize(
    "text",
    [
        f'[4,"{LONG}","{LONG}","{LONG * 100}",{{"a":"{LONG}"}}]',
        '[4,"x",null,[],7]',
        f"[4,{'[' * 5000}",
        '[4,"x","InternalError"]',
        "[4]",
        f'[3,"{LONG}",{{}}]',
    ],
)
async def test_s7_an_error_about_an_error_is_borne(place: Place, text: str) -> None:
    """CVE-2025-59399: nothing that reads or words it raises."""
    async with asyncio.timeout(LIMIT_S), raw_wallbox(place.port, "CP2") as box:
        box.say(text)
        assert (await box.ask("Heartbeat", {}))[0] == 3
    await place.lives()


MOMENT: Final = "2026-05-15T12:30:00Z"
CHARGING_STATES: Final = ("Charging", "SuspendedEV", "SuspendedEVSE")
INVALID: Final = {
    "no meter reading": ("StartTransaction", {"connectorId": 1, "idTag": "nobody"}),
    "no transaction": ("StopTransaction", {"meterStop": 1, "timestamp": MOMENT}),
    "no value": ("MeterValues", {"connectorId": 1}),
    "no such state": (
        "StatusNotification",
        {"connectorId": 1, "errorCode": "NoError", "status": "charging"},
    ),
    "no card": ("Authorize", {}),
    "lists beyond measure": ("MeterValues", {"connectorId": 1, "meterValue": [[]] * 100_000}),
}


@pytest.mark.parametrize("name", INVALID)
async def test_s8_a_message_that_breaks_its_schema_grants_nothing(place: Place, name: str) -> None:
    """CVE-2026-27815, CVE-2026-27816: checked from the start, without a setting.

    What belongs to a transaction is confirmed all the same, lest it come for ever (R59).
    """
    action, payload = INVALID[name]
    async with asyncio.timeout(LIMIT_S), raw_wallbox(place.port, "CP4") as box:
        kind, _, *rest = await box.ask(action, payload)
        assert kind == 3 or rest[0].endswith("Violation"), rest
        assert (rest[0].get("idTagInfo", {}) if kind == 3 else {}).get("status") != "Accepted"
        evse = await place.manager.evse("CP4")
    assert evse["status"] not in CHARGING_STATES
    assert not (evse["transaction"] or {}).get("may_charge", False)


async def test_s8_what_comes_out_of_order_changes_no_bill(place: Place) -> None:
    """CVE-2026-24003: an end without a beginning, twice a beginning, twice an end, and later."""
    late = {"timestamp": "2026-05-15T14:00:00Z"}
    sample = {**late, "sampledValue": [{"value": "777777"}]}
    async with asyncio.timeout(LIMIT_S), raw_wallbox(place.port, "CP5") as box:
        await box.ask("StopTransaction", {"transactionId": 4711, "meterStop": 9, **late})
        assert [
            each for each in await place.transactions("CP5") if each["stopped_at"] is None
        ] == []
        started = await box.ask("StartTransaction", START)
        number = {"transactionId": started[2]["transactionId"]}
        assert (await box.ask("StartTransaction", START))[2] == started[2]
        await box.ask("StopTransaction", {**number, "meterStop": 2000, "timestamp": MOMENT})
        billed = await place.transactions("CP5")
        await box.ask("StopTransaction", {**number, "meterStop": 3000, **late})
        await box.ask("MeterValues", {"connectorId": 1, **number, "meterValue": [sample]})
        box.say('[3,"nobody asked",{"status":"Accepted"}]')
        assert (await box.ask("Heartbeat", {}))[0] == 3
        assert await place.transactions("CP5") == billed
        ours = next(each for each in billed if each["id"] == number["transactionId"])
        assert ours["meter_stop_wh"] == 2000


@pytest_asyncio.fixture(scope=MODULE, loop_scope=MODULE)
async def sharing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sharing]:
    """Two cars share a fuse of 20 A."""
    text = site(
        evse("liar", "LIAR"), evse("honest", "HONEST"), card(CARD), max_current_a=20, cycle_s=1
    )
    async with Stage(tmp_path_factory.mktemp("sharing")) as stage:
        manager = await run_manager(stage, text)
        boxes = [
            await run_wallbox(stage, id, manager.url, "--meter-interval", "1")
            for id in ("LIAR", "HONEST")
        ]
        for box in boxes:
            await limit(stage, box, 0.0)
            await plug_in(stage, box, CARD)
        for box in boxes:
            await limit(stage, box, 10.0)
        yield Sharing(stage, manager, *boxes)


IMPLAUSIBLE: Final = {
    "a negative current": ("Current.Import", "A", "-100"),
    "a current beyond all fuses": ("Current.Import", "A", "1000000"),
    "no number": ("Current.Import", "A", "NaN"),
    "a number without end": ("Current.Import", "A", "1e999"),
    "negative power": ("Power.Active.Import", "W", "-50000"),
    "power of a town": ("Power.Active.Import", "kW", "90000"),
}


@pytest.mark.parametrize("name", IMPLAUSIBLE)
async def test_s9_an_implausible_meter_value_raises_no_limit(sharing: Sharing, name: str) -> None:
    """Telemetry that lies about what a car draws: what both may draw never exceeds the fuse."""
    measurand, unit, value = IMPLAUSIBLE[name]
    samples = [{"value": value, "measurand": measurand, "unit": unit}]
    if measurand == "Current.Import":
        samples = [samples[0] | {"phase": phase} for phase in ("L1", "L2", "L3")]
    for number in range(3):
        now = SystemClock().wall().isoformat()
        payload = {
            "connectorId": 1,
            "meterValue": [{"timestamp": now, "sampledValue": samples}],
        }
        sharing.liar.type(f"raw {json.dumps([2, f'{name} {number}', 'MeterValues', payload])}")
        await sharing.stage.event(sharing.liar, "meter", sharing.liar.mark)
    assert largest_sum_a([sharing.liar, sharing.honest]) <= 20
