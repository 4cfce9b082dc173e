"""What the traffic view says of every kind of message, over a whole site in virtual time."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest
import structlog
from tests.support.frames import (
    HOUSE,
    ONE_BACKEND,
    START,
    STOP,
    Literal,
    Refusal,
    a_site,
    a_two_sided_site,
    literal_backend,
    literal_wallbox,
    meter_values,
    settled,
)
from tests.support.relayed import a_relayed_site
from tests.support.virtual_time import FakeClock, in_virtual_time
from tests.support.world import World

from wattgate.core.gateway.traffic.masking import Mask
from wattgate.core.gateway.traffic.traffic import BURST, Entry, Ring
from wattgate.core.gateway.traffic.traffic_line import Line
from wattgate.core.ocpp.frames import Call, CallResult, encode
from wattgate.core.ocpp.session import Answered, Asked, Request
from wattgate.runtime.traffic import Budgets, LineRecorder, NoRecorder, Traffic

HIDING = ONE_BACKEND.replace("[site]", "[site]\nhide_cards = true")
NO_BACKEND = HOUSE + '[[evse]]\nid = "stall-1"\naddress = "CP1"\n'
SECRET = "correct horse"


def frames(world: World, action: str, evse_id: str = "stall-1") -> list[Entry]:
    """What is remembered of one action, oldest first."""
    assert world.manager is not None
    return [entry for entry in world.manager.frames(evse_id) if entry.action == action]


def told(world: World, action: str, evse_id: str = "stall-1") -> list[tuple[str, str, str]]:
    """Link and direction, handling and reason of every frame of one action."""
    return [
        (
            f"{entry.link.split()[0]} {entry.direction.value}",
            entry.verdict.handling.value,
            entry.verdict.reason,
        )
        for entry in frames(world, action, evse_id)
    ]


@in_virtual_time()
async def test_a_start_is_stored_then_sent_and_the_answer_names_its_call_r61() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    assert told(site.world, "StartTransaction") == [
        ("wallbox in", "stored", "before it is answered"),
        ("backend out", "forwarded", "from the queue"),
        ("backend in", "absorbed", "ends what was passed on"),
        ("wallbox out", "answered", "by the gateway (R58-R62)"),
    ]
    call, _, _, answer = frames(site.world, "StartTransaction")
    assert answer.answers == call.number
    await site.world.kill()


@in_virtual_time()
async def test_the_queue_says_which_id_it_put_in_r63() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("MeterValues", meter_values("2026-05-15T14:30:00Z"))
    await site.wallbox.ask("StopTransaction", STOP)
    await settled()
    sent = ("backend out", "rewritten", "from the queue; transactionId 1 → 9001")
    assert told(site.world, "MeterValues")[0][1] == "stored"
    assert told(site.world, "StopTransaction")[0][1] == "stored"
    assert sent in told(site.world, "MeterValues")
    assert sent in told(site.world, "StopTransaction")
    await site.world.kill()


@in_virtual_time()
async def test_a_card_is_asked_about_at_the_backend_r51() -> None:
    site = await a_site()
    await site.wallbox.ask("Authorize", {"idTag": "04A1"})
    assert [each[:2] for each in told(site.world, "Authorize")] == [
        ("wallbox in", "forwarded"),
        ("backend out", "forwarded"),
        ("backend in", "forwarded"),
        ("wallbox out", "forwarded"),
    ]
    await site.world.kill()


@pytest.mark.parametrize("action", ["SendLocalList", "ClearCache", "GetLocalListVersion"])
@in_virtual_time()
async def test_what_a_backend_asks_about_cards_is_passed_on_r55_r56(action: str) -> None:
    site = await a_site()
    await site.backend.ask(action, {})
    assert [each[:2] for each in told(site.world, action)] == [
        ("backend in", "forwarded"),
        ("wallbox out", "forwarded"),
        ("wallbox in", "forwarded"),
        ("backend out", "forwarded"),
    ]
    await site.world.kill()


@in_virtual_time()
async def test_a_card_the_backend_says_nothing_about_is_decided_here_r53() -> None:
    site = await a_site(backend=literal_backend(Authorize=lambda _: Refusal()))
    await site.wallbox.ask("Authorize", {"idTag": "04A1"})
    assert told(site.world, "Authorize")[2:] == [
        ("backend in", "absorbed", "not passed back"),
        ("wallbox out", "answered", "by what is known here (R53)"),
    ]
    await site.world.kill()


@in_virtual_time()
async def test_a_silent_backend_is_told_on_both_links_r16() -> None:
    site = await a_site(backend=literal_backend(DataTransfer=lambda _: None))
    await site.wallbox.ask("DataTransfer", {"vendorId": "v"})
    came, went, answered = told(site.world, "DataTransfer")
    assert came == ("wallbox in", "forwarded", "")
    assert went == ("backend out", "forwarded", "no answer in time")
    assert answered[:2] in {("wallbox out", "answered"), ("wallbox out", "rejected")}
    assert "no answer in time" in answered[2]
    await site.world.kill()


@in_virtual_time()
async def test_without_a_backend_the_reason_is_that_there_is_none_r91() -> None:
    site = World(NO_BACKEND)
    await site.start()
    wallbox = literal_wallbox()
    await site.boot("CP1", wallbox)
    await wallbox.ask("DataTransfer", {"vendorId": "v"})
    assert told(site, "DataTransfer") == [
        ("wallbox in", "answered", "no backend"),
        ("wallbox out", "answered", "no backend"),
    ]
    await site.kill()


@in_virtual_time()
async def test_what_is_relayed_directly_is_seen_on_both_links_p1() -> None:
    site = await a_relayed_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.backend.ask("Reset", {"type": "Soft"})
    for action in ("StartTransaction", "Reset"):
        assert [each[1] for each in told(site.world, action)] == ["forwarded"] * 4
    await site.world.kill()


@in_virtual_time()
async def test_a_backends_command_says_which_connector_became_which_r101() -> None:
    site = await a_two_sided_site()
    await site.two.ask("UnlockConnector", {"connectorId": 1})
    assert told(site.world, "UnlockConnector", "right") == [
        ("backend in", "rewritten", "connectorId 1 → 2"),
        ("wallbox out", "rewritten", "connectorId 1 → 2"),
        ("wallbox in", "forwarded", ""),
        ("backend out", "forwarded", ""),
    ]
    # The wallbox's link is that of both EVSEs, a backend's link that of its own.
    assert [each[0] for each in told(site.world, "UnlockConnector", "left")] == [
        "wallbox out",
        "wallbox in",
    ]
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_does_not_answer_is_named_r16() -> None:
    site = await a_site(wallbox=literal_wallbox(Reset=lambda _: None))
    await site.backend.ask("Reset", {"type": "Soft"})
    assert told(site.world, "Reset") == [
        ("backend in", "forwarded", ""),
        ("wallbox out", "forwarded", "no answer in time"),
        ("backend out", "rejected", "the wallbox: no answer in time"),
    ]
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "payload", "handling", "reason"),
    [
        ("Nonsense", {}, "rejected", "Nonsense is not known here"),
        ("RemoteStopTransaction", {"transactionId": 7}, "answered", "unknown transaction (R74)"),
        ("ClearChargingProfile", {}, "answered", "by the gateway (R98)"),
        (
            "UnlockConnector",
            {"connectorId": 3},
            "answered",
            "connector 3 does not exist; there is 1",
        ),
    ],
)
@in_virtual_time()
async def test_what_a_backend_gets_from_the_gateway_has_a_reason_r79(
    action: str, payload: dict[str, object], handling: str, reason: str
) -> None:
    site = await a_site()
    await site.backend.ask(action, payload)
    call = next(entry for entry in frames(site.world, action) if entry.link.startswith("backend"))
    assert call.verdict.handling == handling
    assert call.verdict.reason == reason
    await site.world.kill()


@in_virtual_time()
async def test_what_only_the_manager_asked_for_goes_no_further_r88() -> None:
    site = await a_site()
    evse = site.world.manager.evse("stall-1") if site.world.manager else None
    assert evse is not None
    evse.station.presence.expect_own_trigger(1)
    values = meter_values("2026-05-15T14:30:00Z", None)
    values["meterValue"][0]["sampledValue"][0]["context"] = "Trigger"
    await site.wallbox.ask("MeterValues", values)
    assert told(site.world, "MeterValues")[0] == (
        "wallbox in",
        "absorbed",
        "only asked for by the manager (R88)",
    )
    await site.world.kill()


@in_virtual_time()
async def test_a_status_is_answered_here_and_passed_on_as_it_was_r49() -> None:
    site = await a_site()
    assert told(site.world, "StatusNotification")[:3] == [
        ("wallbox in", "answered", "by the gateway (R49, R50)"),
        ("wallbox out", "answered", "by the gateway (R49, R50)"),
        ("backend out", "forwarded", "as last reported"),
    ]
    await site.world.kill()


@in_virtual_time()
async def test_a_text_that_is_no_frame_is_rejected_with_its_reason_r11() -> None:
    site = await a_site()
    site.wallbox.send("s3cret nonsense")
    await settled()
    junk = next(entry for entry in frames(site.world, "") if entry.kind == "junk")
    assert junk.verdict.handling == "rejected"
    assert "s3cret" not in junk.text
    await site.world.kill()


@in_virtual_time()
async def test_no_secret_is_remembered_or_logged_r121() -> None:
    site = await a_site(
        wallbox=literal_wallbox(
            DataTransfer=lambda _: {"status": "Accepted", "data": SECRET},
            GetConfiguration=lambda _: {
                "configurationKey": [{"key": "AuthorizationKey", "value": SECRET}]
            },
            ChangeConfiguration=lambda _: Refusal("GenericError", f"bad {SECRET}"),
        ),
        backend=literal_backend(DataTransfer=lambda _: {"status": "Accepted", "data": SECRET}),
    )
    with structlog.testing.capture_logs() as logged:
        data = {"vendorId": "v", "data": SECRET}
        await site.wallbox.ask("DataTransfer", data)
        await site.backend.ask("DataTransfer", data)
        await site.backend.ask("GetConfiguration", {})
        for key in ("AuthorizationKey", "WifiPassword"):
            await site.backend.ask("ChangeConfiguration", {"key": key, "value": SECRET})
        event = {"type": "t", "timestamp": "2026-05-15T14:30:00Z", "techInfo": SECRET}
        await site.wallbox.ask("SecurityEventNotification", event)
        await settled()
    assert site.world.manager is not None
    entries = site.world.manager.frames("stall-1")
    assert sum("(masked" in entry.text for entry in entries) >= 14
    assert SECRET not in repr(entries)
    assert [each for each in logged if each["event"] == "security event"]
    assert SECRET not in repr(logged)
    await site.world.kill()


@in_virtual_time()
async def test_cards_are_hidden_where_the_site_says_so_r121() -> None:
    site = await a_site(site_toml=HIDING)
    await site.wallbox.ask("Authorize", {"idTag": "04A1B2C3"})
    shown = frames(site.world, "Authorize")
    assert len({json.loads(entry.text)[3]["idTag"] for entry in shown[:2]}) == 1
    assert "04A1B2C3" not in repr(shown)
    assert site.backend.all_of("Authorize") == [{"idTag": "04A1B2C3"}]
    await site.world.kill()


@in_virtual_time()
async def test_frames_outlast_their_connection_and_can_be_read_in_pages() -> None:
    site = await a_site()
    site.wallbox.hang_up()
    await settled()
    again = Literal(site.wallbox.answers)
    await site.world.boot("CP1", again)
    assert site.world.manager is not None
    all_frames = site.world.manager.frames("stall-1")
    assert len([entry for entry in all_frames if entry.action == "BootNotification"]) >= 6
    assert [entry.number for entry in all_frames] == sorted(entry.number for entry in all_frames)
    page = site.world.manager.frames("stall-1", after=all_frames[2].number, limit=2)
    assert page == all_frames[3:5]
    assert site.world.manager.frames("unknown") == ()
    await site.world.kill()


@in_virtual_time()
async def test_a_flood_is_passed_on_whole_and_recorded_in_part() -> None:
    site = await a_site()
    for _ in range(BURST + 50):
        await site.wallbox.ask("DataTransfer", {"vendorId": "v"})
    assert len(site.backend.all_of("DataTransfer")) == BURST + 50
    recorded = [e for e in frames(site.world, "DataTransfer") if e.kind == "call"]
    assert 2 * (BURST - 5) <= len(recorded) <= 2 * BURST
    await settled()
    site.world.clock.jump_wall(3600)
    await site.world.kill()


class Broken(Line):
    """A line that fails at everything."""

    def heard(self, text: str, event: object, at: datetime) -> None:
        raise ValueError

    def said(self, text: str, at: datetime) -> None:
        raise ValueError

    def decided(self, unique_id: str, verdict: object, payload_text: str | None = None) -> None:
        raise ValueError


@in_virtual_time()
async def test_a_defect_in_recording_costs_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    def recorder(traffic: Traffic, link: str) -> LineRecorder:
        numbers: Iterator[int] = count(1)
        line = Broken(link, Ring(), numbers, lambda: Mask(b""))
        return LineRecorder(line, traffic.clock, Budgets())

    monkeypatch.setattr(Traffic, "recorder", recorder)
    with structlog.testing.capture_logs() as logged:
        site = await a_site()
        answer = await site.wallbox.ask("StartTransaction", START)
    assert answer[2]["transactionId"] == 1
    assert site.backend.all_of("StartTransaction") == [START]
    assert [each for each in logged if each["event"] == "frame not recorded"]
    await site.world.kill()


def test_a_link_without_a_recorder_is_not_watched() -> None:
    nothing = NoRecorder()
    call = Call("1", "Heartbeat", "{}")
    nothing.heard(encode(call), [Asked(call)])
    nothing.said(encode(CallResult("1", "{}")))
    nothing.asking("2", None)
    nothing.unanswered("2", "x")
    nothing.because("1", "x")
    assert nothing.source("1") is None


@in_virtual_time()
async def test_what_came_on_a_closed_link_is_only_counted() -> None:
    traffic = Traffic(FakeClock(), lambda: Mask(b""))
    recorder = traffic.recorder("wallbox CP1")
    recorder.heard("text", [])
    answer = CallResult("9", "{}")
    recorder.heard(encode(answer), [Answered(Request("9", "Heartbeat", "{}"), answer)])
    call = Call("1", "Heartbeat", "{}")
    recorder.heard(encode(call), [Asked(call)])
    [entry] = traffic.entries(["wallbox CP1", "nowhere"], limit=10)
    assert entry.left_out == 2
    assert entry.at.tzinfo is UTC
