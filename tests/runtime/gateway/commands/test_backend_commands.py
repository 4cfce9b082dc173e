"""What a backend's commands set in motion."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.frames import (
    ONE_BACKEND,
    START,
    STOP,
    TAKEN,
    Refusal,
    a_site,
    a_two_sided_site,
    error,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time, run_virtual
from tests.support.world import Json, World

OBSERVING = ONE_BACKEND.replace("[site]", '[site]\nload_management = "observe"')
SOME_HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "00",
    "issuerKeyHash": "00",
    "serialNumber": "1",
}
CENTRAL = "CentralSystemRootCertificate"
REJECTED = {"status": "Rejected"}
DONE = {"status": "Accepted"}


# Connectors


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}),
        ("RemoteStartTransaction", {"idTag": "04A1", "connectorId": 1}),
        ("ReserveNow", {"connectorId": 1, "expiryDate": "x", "idTag": "a", "reservationId": 1}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
        ("ExtendedTriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1}),
        ("UnlockConnector", {"connectorId": 1}),
    ],
)
@in_virtual_time()
async def test_connector_1_of_a_backend_is_its_evses_connector_r101(
    action: str, payload: Json
) -> None:
    site = await a_two_sided_site()
    await result(site.two, action, payload)
    await result(site.one, action, payload)
    assert site.wallbox.all_of(action) == [payload | {"connectorId": 2}, payload]
    await site.world.kill()


@in_virtual_time()
async def test_a_remote_start_without_a_connector_gets_its_own_r101() -> None:
    site = await a_two_sided_site()
    await result(site.two, "RemoteStartTransaction", {"idTag": "04A1"})
    assert site.wallbox.all_of("RemoteStartTransaction") == [{"idTag": "04A1", "connectorId": 2}]
    await site.world.kill()


@pytest.mark.parametrize("connector", [2, 7, -1, "1", True])
@pytest.mark.parametrize("action", ["ChangeAvailability", "RemoteStartTransaction", "ReserveNow"])
@in_virtual_time()
async def test_a_connector_that_is_not_there_is_refused_r101(action: str, connector: Json) -> None:
    site = await a_two_sided_site()
    code = await error(site.two, action, {"connectorId": connector, "idTag": "a"})
    assert code == "PropertyConstraintViolation"
    assert site.wallbox.all_of(action) == []
    await site.world.kill()


@pytest.mark.parametrize("payload", [{"connectorId": 2}, {"connectorId": 0}, {}])
@in_virtual_time()
async def test_unlocking_a_connector_that_is_not_there_is_not_supported_r101(payload: Json) -> None:
    site = await a_site()
    assert await result(site.backend, "UnlockConnector", payload) == {"status": "NotSupported"}
    assert site.wallbox.all_of("UnlockConnector") == []
    await site.world.kill()


# Transactions


@in_virtual_time()
async def test_a_remote_stop_finds_our_transaction_by_the_backends_id_r74() -> None:
    site = await a_two_sided_site()
    await result(site.wallbox, "StartTransaction", START)
    await result(site.wallbox, "StartTransaction", START | {"connectorId": 2})
    assert await result(site.two, "RemoteStopTransaction", {"transactionId": 2001}) == DONE
    assert site.wallbox.all_of("RemoteStopTransaction") == [{"transactionId": 2}]
    await site.world.kill()


@pytest.mark.parametrize(
    "payload",
    [
        {"transactionId": 1},
        {"transactionId": 9002},
        {"transactionId": 10**30},
        {"transactionId": "9001"},
        {"transactionId": 9001.0},
        {"transactionId": True},
    ],
)
@in_virtual_time()
async def test_a_remote_stop_of_what_is_unknown_is_rejected_here_r74(payload: Json) -> None:
    site = await a_site()
    await result(site.wallbox, "StartTransaction", START)
    assert await result(site.backend, "RemoteStopTransaction", payload) == REJECTED
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_one_backend_cannot_stop_what_another_bills_r74_s5() -> None:
    site = await a_two_sided_site()
    await result(site.wallbox, "StartTransaction", START)
    assert await result(site.two, "RemoteStopTransaction", {"transactionId": 1001}) == REJECTED
    assert site.wallbox.all_of("RemoteStopTransaction") == []
    await site.world.kill()


@in_virtual_time()
async def test_an_id_is_known_after_a_restart_too_r60_r74() -> None:
    site = await a_site()
    await result(site.wallbox, "StartTransaction", START)
    await site.world.kill()
    await site.world.start()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox)
    await site.backend.got("StatusNotification", times=2)
    assert await result(site.backend, "RemoteStopTransaction", {"transactionId": 9001}) == DONE
    assert wallbox.all_of("RemoteStopTransaction") == [{"transactionId": 1}]
    await site.world.kill()


@in_virtual_time()
async def test_in_observe_a_profile_is_relayed_under_our_transaction_id_r97() -> None:
    site = await a_site(site_toml=OBSERVING)
    await result(site.wallbox, "StartTransaction", START)
    text = '{"connectorId":1,"csChargingProfiles":{"transactionId":9001, "stackLevel":1.0}}'
    assert await result(site.backend, "SetChargingProfile", text) == DONE
    relayed = site.wallbox.payload_texts("SetChargingProfile")
    assert relayed == [text.replace("9001", "1")]
    unknown = text.replace("9001", "77")
    assert await result(site.backend, "SetChargingProfile", unknown) == REJECTED
    wrong = text.replace('"connectorId":1', '"connectorId":3')
    assert await error(site.backend, "SetChargingProfile", wrong) == "PropertyConstraintViolation"
    await site.world.kill()


# What ends at the gateway


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        (
            "ChangeConfiguration",
            {"key": "AuthorizationKey", "value": "0011223344556677"},
            REJECTED,  # too short
        ),
        ("ChangeConfiguration", {"key": "authorizationkey", "value": "00"}, REJECTED),
        ("ChangeConfiguration", {"key": "SecurityProfile", "value": "0"}, REJECTED),
        ("ChangeConfiguration", {"key": "CpoName", "value": "x"}, DONE),
        ("ChangeConfiguration", {"key": "CertificateStoreMaxLength", "value": "9"}, REJECTED),
        ("CertificateSigned", {"certificateChain": "x"}, REJECTED),
        ("DeleteCertificate", {"certificateHashData": SOME_HASH}, {"status": "NotFound"}),
        ("GetInstalledCertificateIds", {"certificateType": CENTRAL}, {"status": "NotFound"}),
        ("InstallCertificate", {"certificateType": CENTRAL, "certificate": "x"}, REJECTED),
        ("TriggerMessage", {"requestedMessage": "BootNotification"}, REJECTED),
        ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}, DONE),
        ("TriggerMessage", {"requestedMessage": "SignChargePointCertificate"}, REJECTED),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, DONE),
    ],
)
@in_virtual_time()
async def test_what_concerns_the_link_ends_at_the_gateway_r32_r37_r40_r44(
    action: str, payload: Json, answer: Json
) -> None:
    site = await a_site()
    before = len(site.wallbox.all_of(action))
    assert await result(site.backend, action, payload) == answer
    assert len(site.wallbox.all_of(action)) == before
    await site.world.kill()


@in_virtual_time()
async def test_a_triggered_heartbeat_is_our_own_and_comes_after_the_answer_r88() -> None:
    site = await a_site()
    await result(site.backend, "TriggerMessage", {"requestedMessage": "Heartbeat"})
    await site.backend.got("Heartbeat")
    texts = [json.loads(text) for text in site.backend.texts[-2:]]
    assert [texts[0][0], texts[1][2]] == [3, "Heartbeat"]
    await site.world.kill()


# Relayed


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("ChangeConfiguration", '{"key":"X", "value":"1.10"}'),
        ("CancelReservation", '{ "reservationId" : 1E0 }'),
        ("ClearCache", "{ }"),
        ("GetConfiguration", '{"key":["a","\\u00e4"]}'),
        ("GetDiagnostics", '{"location":"ftp:\\/\\/x"}'),
        ("GetLocalListVersion", "{}"),
        ("GetLog", '{"logType":"SecurityLog","requestId":1}'),
        ("Reset", '{"type":"Soft"}'),
        ("SendLocalList", '{"listVersion":1,"updateType":"Full"}'),
        ("SignedUpdateFirmware", '{"requestId":1, "firmware":{"signature":"+\\/="}}'),
        ("TriggerMessage", '{"requestedMessage":"MeterValues"}'),
        ("UpdateFirmware", '{"location":"x"}'),
    ],
)
@in_virtual_time()
async def test_a_command_and_its_answer_pass_to_the_letter_r17_r39_r87(
    action: str, text: str
) -> None:
    answer = '{"status" : "Accepted", "n":1.10, "a":[{"key":"\\/"}]}'
    site = await a_site()
    site.wallbox.answers[action] = lambda _: answer
    await site.backend.ask(action, text)
    assert site.wallbox.payload_texts(action)[-1] == text
    assert site.backend.texts[-1].endswith(f",{answer}]")
    await site.world.kill()


@in_virtual_time()
async def test_a_refusal_of_the_wallbox_passes_with_all_it_says_r10() -> None:
    refusal = Refusal("NotImplemented", "no such thing", '{"n": 1.10}')
    site = await a_site(literal_wallbox(Reset=lambda _: refusal))
    await site.backend.ask("Reset", {"type": "Hard"})
    assert site.backend.texts[-1].endswith('"NotImplemented","no such thing",{"n": 1.10}]')
    await site.world.kill()


@in_virtual_time()
async def test_two_backends_with_the_same_message_id_each_get_their_own_answer_r8() -> None:
    site = await a_two_sided_site()
    site.wallbox.answers["DataTransfer"] = lambda payload: {"data": payload["vendorId"]}
    site.one.send('[2,"1","DataTransfer",{"vendorId":"one"}]')
    site.two.send('[2,"1","DataTransfer",{"vendorId":"two"}]')
    await settled()
    assert site.one.texts[-1] == '[3,"1",{"data": "one"}]'
    assert site.two.texts[-1] == '[3,"1",{"data": "two"}]'
    assert len(set(site.wallbox.message_ids("DataTransfer"))) == 2
    await site.world.kill()


@in_virtual_time()
async def test_answers_to_the_managers_own_commands_stay_here_r7() -> None:
    site = await a_site()
    await site.wallbox.got("SetChargingProfile")
    await settled()
    assert all(json.loads(text)[0] == 2 for text in site.backend.texts)
    await site.world.kill()


@in_virtual_time()
async def test_a_stop_overtakes_what_waits_r89() -> None:
    site = await a_site(literal_wallbox(DataTransfer=lambda _: None))
    await result(site.wallbox, "StartTransaction", START)
    await asyncio.sleep(10)
    seen = len(site.wallbox.calls)
    for unique_id, action, payload in (
        ("1", "DataTransfer", {}),
        ("2", "GetConfiguration", {}),
        ("3", "RemoteStopTransaction", {"transactionId": 9001}),
    ):
        site.backend.send(json.dumps([2, unique_id, action, payload]))
    await settled()
    site.wallbox.send(f'[3,"{site.wallbox.held["DataTransfer"][0]}",{{}}]')
    await settled()
    order = [action for action, _ in site.wallbox.calls[seen:]]
    assert order[:3] == ["DataTransfer", "RemoteStopTransaction", "GetConfiguration"]
    await site.world.kill()


# Who is away


@in_virtual_time()
async def test_a_command_for_a_wallbox_that_is_away_is_refused_at_once() -> None:
    site = await a_site()
    await result(site.wallbox, "StartTransaction", START)
    site.wallbox.hang_up()
    await settled()
    began = asyncio.get_running_loop().time()
    for action, payload in (
        ("Reset", {"type": "Soft"}),
        ("RemoteStopTransaction", {"transactionId": 9001}),
        ("DataTransfer", {"vendorId": "x"}),
    ):
        assert await error(site.backend, action, payload) == "GenericError"
    assert asyncio.get_running_loop().time() == began
    await site.world.kill()


@in_virtual_time()
async def test_a_command_that_the_wallbox_does_not_answer_is_refused_in_time_r16() -> None:
    site = await a_site(literal_wallbox(Reset=lambda _: None))
    began = asyncio.get_running_loop().time()
    assert await error(site.backend, "Reset", {"type": "Soft"}) == "GenericError"
    assert round(asyncio.get_running_loop().time() - began) == 30
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_lost_on_the_way_is_said_at_once() -> None:
    site = await a_site(literal_wallbox(Reset=lambda _: None))
    asking = asyncio.gather(error(site.backend, "Reset", {"type": "Soft"}))
    await settled()
    site.wallbox.hang_up()
    (code,) = await asking
    assert code == "GenericError"
    await site.world.kill()


@in_virtual_time()
async def test_an_answer_never_reaches_a_later_connection_of_the_backend_r8_r9() -> None:
    site = await a_site(literal_wallbox(Reset=lambda _: None))
    site.backend.send('[2,"7","Reset",{"type":"Soft"}]')
    await settled()
    site.backend.hang_up()
    await site.backend.got("BootNotification", times=2)
    # The new connection counts from the start, and uses the same id for something else.
    site.wallbox.answers["GetLog"] = lambda _: None
    site.backend.send('[2,"7","GetLog",{}]')
    await settled()
    texts = len(site.backend.texts)
    site.wallbox.send(f'[3,"{site.wallbox.held["Reset"][0]}",{{"status":"Accepted"}}]')
    await settled()
    assert site.wallbox.closed_with is None
    assert [text for text in site.backend.texts[texts:] if text.startswith("[3")] == []
    site.wallbox.send(f'[3,"{site.wallbox.held["GetLog"][0]}",{{"filename":"x"}}]')
    await settled()
    assert site.backend.texts[-1] == '[3,"7",{"filename":"x"}]'
    await site.world.kill()


@in_virtual_time()
async def test_before_it_is_accepted_no_session_is_started_or_stopped_r41() -> None:
    world = World(ONE_BACKEND)
    backend = literal_backend(BootNotification=lambda _: TAKEN | {"status": "Pending"})
    world.dialer.backends["ws://backend/CP1"] = backend
    await world.start()
    wallbox = literal_wallbox()
    await world.boot("CP1", wallbox)
    await settled()
    assert await result(backend, "RemoteStartTransaction", {"idTag": "x"}) == REJECTED
    assert await result(backend, "RemoteStopTransaction", {"transactionId": 1}) == REJECTED
    assert (await result(backend, "GetConfiguration", {}))["configurationKey"] == []
    assert wallbox.all_of("RemoteStartTransaction") == []
    await world.kill()


# Bad input


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Foo", "{}", "NotImplemented"),
        ("BootNotification", "{}", "NotImplemented"),
        ("StartTransaction", "{}", "NotImplemented"),
        ("SetChargingProfile", "{}", "OccurenceConstraintViolation"),
        ("SetChargingProfile", '{"connectorId":"1"}', None),
        ("GetCompositeSchedule", '{"connectorId":1}', None),
    ],
)
@in_virtual_time()
async def test_what_cannot_be_handled_is_refused_with_the_right_code_r11(
    action: str, payload: str, code: str | None
) -> None:
    site = await a_site()
    said = await error(site.backend, action, payload)
    assert said == code or (code is None and said != "InternalError")
    assert await result(site.backend, "Reset", {"type": "Soft"}) == {}
    await site.world.kill()


@in_virtual_time()
async def test_a_store_that_fails_is_answered_r59() -> None:
    site = await a_site()
    await result(site.wallbox, "StartTransaction", START)
    site.world.store.failing = True
    stop = {"transactionId": 9001}
    assert await error(site.backend, "RemoteStopTransaction", stop) == "InternalError"
    site.world.store.failing = False
    assert await result(site.backend, "RemoteStopTransaction", stop) == DONE
    assert await result(site.wallbox, "StopTransaction", STOP) == {}
    await site.world.kill()


COMMANDS = st.sampled_from(
    [
        *("CancelReservation", "ChangeAvailability", "ChangeConfiguration", "DataTransfer", "Foo"),
        *("ClearChargingProfile", "GetCompositeSchedule", "RemoteStartTransaction", "ReserveNow"),
        *("RemoteStopTransaction", "SetChargingProfile", "TriggerMessage", "UnlockConnector"),
    ]
)
KEYS = st.sampled_from(
    [
        *("connectorId", "transactionId", "idTag", "key", "requestedMessage", "chargingProfile"),
        *("csChargingProfiles", "id", "duration", "chargingRateUnit", "stackLevel", "value"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9001) | st.floats(allow_nan=False) | st.text("aB"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=6,
)


@pytest.mark.parametrize("toml", [ONE_BACKEND, OBSERVING], ids=["active", "observe"])
@settings(max_examples=25)
@given(st.lists(st.tuples(COMMANDS, st.dictionaries(KEYS, VALUES, max_size=5)), max_size=10))
def test_every_command_is_answered_whatever_it_says_and_the_links_live_r12(
    toml: str, commands: list[tuple[str, Json]]
) -> None:
    async def scenario() -> None:
        site = await a_site(site_toml=toml)
        await site.wallbox.ask("StartTransaction", START)
        for action, payload in commands:
            frame = await site.backend.ask(action, payload)
            assert frame[0] == 3 or frame[2] != "InternalError", (action, payload, frame)
            assert (site.wallbox.closed_with, site.backend.closed_with) == (None, None)
        await site.world.kill()

    run_virtual(scenario())
