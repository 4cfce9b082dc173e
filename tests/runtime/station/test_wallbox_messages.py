"""What a wallbox's messages set in motion; the bill apart."""

import asyncio
import json
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.frames import (
    ACCEPTED,
    HOUSE,
    ONE_BACKEND,
    START,
    Literal,
    Refusal,
    Site,
    a_site,
    a_two_sided_site,
    error,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.virtual_time import in_virtual_time, run_virtual
from tests.support.world import BOOT, Json, World, a_backend, a_wallbox, status_of

ODD: Final = st.lists(
    st.sampled_from(
        [
            '"a":1E3',
            '"b" : 1.10',
            '"c":"\\/\\u00e4"',
            '"d":"ä€😀"',
            '"e":{"connectorId":2,"transactionId":1}',
            '"f":[ 1 ,\t2 ]',
            '"a":1.0e-2',
            '"":null',
            '"g":"}],{[\\""',
            '"h":123456789012345678901234567890',
            '"data":"OCMF|{\\"FV\\" : \\"1.0\\"}|{\\"SD\\":\\"30\\"}"',
            '"data":{"an":"object"}',
        ]
    ),
    max_size=8,
)
"""Members of an object that a careless relay would change; some come twice."""

SPACE: Final = st.sampled_from(["", " ", "\n", "\t ", "  "])


def an_object(members: list[str], space: str) -> str:
    return "{" + space + f"{space},{space}".join(members) + space + "}"


def answer_text(asked: Literal) -> str:
    """The payload of the newest answer, to the letter."""
    text = asked.texts[-1]
    return text[text.index(",", 3) + 1 : -1]


# To the letter


@settings(max_examples=20)
@given(ODD, ODD, SPACE)
def test_a_data_transfer_and_its_answer_pass_to_the_letter_both_ways_r17_p17_p18(
    asked: list[str], answered: list[str], space: str
) -> None:
    request, answer = an_object(asked, space), an_object(answered, space)

    async def scenario() -> None:
        wallbox = literal_wallbox(DataTransfer=lambda _: answer)
        site = await a_site(wallbox, literal_backend(DataTransfer=lambda _: answer))
        for one, other in ((site.wallbox, site.backend), (site.backend, site.wallbox)):
            await one.ask("DataTransfer", request)
            assert other.payload_texts("DataTransfer") == [request]
            assert answer_text(one) == answer
        await site.world.kill()

    run_virtual(scenario())


@settings(max_examples=20)
@given(ODD, ODD, SPACE)
def test_only_ids_are_changed_in_what_is_billed_r17_r101_p17(
    before: list[str], after: list[str], space: str
) -> None:
    def text(ids: dict[str, int]) -> str:
        named = [f'"{key}":{space}{number}' for key, number in ids.items()]
        return an_object([*before, *named, *after], space)

    stop = an_object([*before, '"transactionId":%d', '"timestamp":"x"', '"meterStop":9.0'], space)

    async def scenario() -> None:
        site = await a_two_sided_site()
        await site.wallbox.ask("StartTransaction", START | {"connectorId": 2})
        ours = {"connectorId": 2, "transactionId": 1}
        await result(site.wallbox, "MeterValues", text(ours))
        await result(site.wallbox, "StatusNotification", text({"connectorId": 2}))
        await result(site.wallbox, "StopTransaction", stop % 1)
        await site.two.got("StopTransaction")
        theirs = {"connectorId": 1, "transactionId": 2001}
        assert site.two.payload_texts("MeterValues") == [text(theirs)]
        assert site.two.payload_texts("StatusNotification")[-1] == text({"connectorId": 1})
        assert site.two.payload_texts("StopTransaction") == [stop % 2001]
        await site.world.kill()

    run_virtual(scenario())


@in_virtual_time()
async def test_a_refusal_of_the_backend_passes_with_all_it_says_r10() -> None:
    refusal = Refusal("PropertyConstraintViolation", "no such vendor", '{"n": 1.10}')
    site = await a_site(backend=literal_backend(DataTransfer=lambda _: refusal))
    frame = await site.wallbox.ask("DataTransfer", {"vendorId": "V"})
    assert frame[2:] == ["PropertyConstraintViolation", "no such vendor", {"n": 1.1}]
    assert site.wallbox.texts[-1].endswith('{"n": 1.10}]')
    await site.world.kill()


@in_virtual_time()
async def test_a_data_transfer_waits_a_minute_for_the_backend_p18_r118() -> None:
    backend = literal_backend(DataTransfer=lambda _: None)
    site = await a_site(backend=backend)
    asking = asyncio.gather(site.wallbox.ask("DataTransfer", {"vendorId": "V"}))
    await asyncio.sleep(59)
    backend.send(f'[3,"{backend.held["DataTransfer"][0]}",{{"status":"Accepted","data":"x"}}]')
    assert (await asking)[0][2] == {"status": "Accepted", "data": "x"}
    began = asyncio.get_running_loop().time()
    assert await result(site.wallbox, "DataTransfer", {"vendorId": "V"}) == {"status": "Rejected"}
    assert round(asyncio.get_running_loop().time() - began) == 60
    await site.world.kill()


# Who answers what


@pytest.mark.parametrize(
    ("action", "payload", "away", "local"),
    [
        (
            "DataTransfer",
            {"vendorId": "V"},
            {"status": "Rejected"},
            {"status": "UnknownVendorId"},
        ),
        ("DiagnosticsStatusNotification", {"status": "Idle"}, {}, {}),
        ("FirmwareStatusNotification", {"status": "Idle"}, {}, {}),
        ("LogStatusNotification", {"status": "Idle"}, {}, {}),
        ("SignedFirmwareStatusNotification", {"status": "Idle"}, {}, {}),
        ("SignCertificate", {"csr": "x"}, {"status": "Rejected"}, {"status": "Rejected"}),
        ("SecurityEventNotification", {"type": "x", "timestamp": "y"}, {}, {}),
    ],
)
@in_virtual_time()
async def test_what_is_said_without_a_backend_r91(
    action: str, payload: Json, away: Json, local: Json
) -> None:
    for toml, expected in (
        (ONE_BACKEND, away),
        (HOUSE + '[[evse]]\nid = "stall-1"\naddress = "CP1"\n', local),
    ):
        world = World(toml)
        await world.start()
        wallbox = literal_wallbox()
        await world.boot("CP1", wallbox)
        assert await result(wallbox, action, payload) == expected
        await world.kill()


@pytest.mark.parametrize(
    "action",
    ["DiagnosticsStatusNotification", "FirmwareStatusNotification", "LogStatusNotification"],
)
@in_virtual_time()
async def test_progress_goes_to_the_primary_backend_only_r102(action: str) -> None:
    site = await a_two_sided_site()
    await result(site.wallbox, action, {"status": "Uploading"})
    assert (len(site.one.all_of(action)), len(site.two.all_of(action))) == (1, 0)
    await site.world.kill()


@in_virtual_time()
async def test_a_request_to_sign_the_wallboxs_certificate_goes_no_further_r36() -> None:
    site = await a_site()
    assert await result(site.wallbox, "SignCertificate", {"csr": "x"}) == {"status": "Rejected"}
    assert site.backend.all_of("SignCertificate") == []
    await site.world.kill()


@in_virtual_time()
async def test_a_security_event_reaches_the_backend_though_it_was_away_r38() -> None:
    site = await a_site()
    event = '{"type":"StartupOfTheDevice", "timestamp":"2026-05-15T12:00:00Z"}'
    site.backend.hang_up()
    await settled()
    assert await result(site.wallbox, "SecurityEventNotification", event) == {}
    await site.backend.got("SecurityEventNotification")
    assert site.backend.payload_texts("SecurityEventNotification") == [event]
    await site.world.kill()


# Status


@in_virtual_time()
async def test_a_status_goes_to_its_backend_as_connector_1_and_0_to_all_r101_r102() -> None:
    site = await a_two_sided_site()
    await result(site.wallbox, "StatusNotification", status_of(2, "Preparing"))
    await result(site.wallbox, "StatusNotification", status_of(0, "Unavailable"))
    assert await result(site.wallbox, "StatusNotification", status_of(7, "Faulted")) == {}
    await settled()
    whole = status_of(0, "Unavailable")
    assert site.one.all_of("StatusNotification") == [status_of(1, "Available"), whole]
    assert site.two.all_of("StatusNotification") == [
        status_of(1, "Available"),
        status_of(1, "Preparing"),
        whole,
    ]
    await site.world.kill()


@in_virtual_time()
async def test_a_pause_is_told_as_the_wallbox_tells_it_r50() -> None:
    site = await a_site()
    await result(site.wallbox, "StatusNotification", status_of(1, "SuspendedEVSE"))
    await settled()
    assert site.backend.all_of("StatusNotification")[-1] == status_of(1, "SuspendedEVSE")
    await site.world.kill()


@pytest.mark.parametrize("payload", ["{}", '{"connectorId":"1"}', '{"connectorId":1,"status":7}'])
@in_virtual_time()
async def test_a_status_that_makes_no_sense_is_answered_and_changes_nothing_r13(
    payload: str,
) -> None:
    site = await a_site()
    assert await result(site.wallbox, "StatusNotification", payload) == {}
    assert site.world.manager is not None
    state = site.world.manager.evse("stall-1")
    assert state is not None
    assert state.evse.connector.status == "Available"
    await site.world.kill()


# Cards


@pytest.mark.parametrize("failure", [Refusal(), None])
@in_virtual_time()
async def test_a_backend_that_fails_to_decide_is_decided_for_r53(failure: Refusal | None) -> None:
    site = await a_site()
    assert await result(site.wallbox, "Authorize", {"idTag": "04A1"}) == ACCEPTED
    site.backend.answers["Authorize"] = lambda _: failure
    assert await result(site.wallbox, "Authorize", {"idTag": "04a1"}) == ACCEPTED
    assert await result(site.wallbox, "Authorize", {"idTag": "other"}) == {
        "idTagInfo": {"status": "Invalid"}
    }
    assert asyncio.get_running_loop().time() < 60
    await site.world.kill()


@in_virtual_time()
async def test_what_a_backend_said_about_a_card_outlives_the_manager_r52() -> None:
    site = await a_site()
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    await site.world.kill()
    site.world.dialer.backends.clear()
    await site.world.start()
    wallbox = literal_wallbox()
    await site.world.boot("CP1", wallbox)
    assert await result(wallbox, "Authorize", {"idTag": "04a1"}) == ACCEPTED
    await site.world.kill()


@in_virtual_time()
async def test_one_backends_word_about_a_card_says_nothing_at_another_r105() -> None:
    site = await a_two_sided_site()
    site.one.answers["Authorize"] = lambda _: {"idTagInfo": {"status": "Accepted"}}
    await result(site.wallbox, "Authorize", {"idTag": "04A1"})
    for url in list(site.world.dialer.backends):
        site.world.dialer.backends.pop(url)
    site.one.hang_up()
    site.two.hang_up()
    await settled()
    here = await result(site.wallbox, "StartTransaction", START)
    there = await result(site.wallbox, "StartTransaction", START | {"connectorId": 2})
    assert [each["idTagInfo"]["status"] for each in (here, there)] == ["Accepted", "Invalid"]
    await site.world.kill()


@in_virtual_time()
async def test_the_backend_of_the_connector_where_a_car_waits_is_asked_r101() -> None:
    site = await a_two_sided_site()
    await result(site.wallbox, "Authorize", {"idTag": "a"})
    await result(site.wallbox, "StatusNotification", status_of(2, "Preparing"))
    await result(site.wallbox, "Authorize", {"idTag": "b"})
    await result(site.wallbox, "StatusNotification", status_of(1, "Preparing"))
    await result(site.wallbox, "Authorize", {"idTag": "c"})
    assert site.one.all_of("Authorize") == [{"idTag": "a"}, {"idTag": "c"}]
    assert site.two.all_of("Authorize") == [{"idTag": "b"}]
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_boots_while_the_disk_is_full_gets_its_limits_again_r100a() -> None:
    site = await a_site()
    await site.wallbox.ask("StartTransaction", START)
    await site.wallbox.ask("StatusNotification", status_of(1, "Charging"))
    await asyncio.sleep(30.0)
    site.world.store.failing = True
    before = len(site.wallbox.all_of("SetChargingProfile"))
    answer = await result(site.wallbox, "BootNotification", BOOT)
    assert answer["status"] == "Accepted"
    await site.wallbox.ask("StatusNotification", status_of(1, "Charging"))
    await asyncio.sleep(30.0)
    assert len(site.wallbox.all_of("SetChargingProfile")) > before
    assert len(site.backend.all_of("BootNotification")) == 2
    await site.world.kill()


# Bad input


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("Foo", "{}", "NotImplemented"),
        ("RemoteStartTransaction", '{"idTag":"x"}', "NotImplemented"),
        ("SetChargingProfile", "{}", "NotImplemented"),
        ("bootnotification", "{}", "NotImplemented"),
        ("Authorize", "{}", "OccurenceConstraintViolation"),
        ("Authorize", '{"idTag":null}', "OccurenceConstraintViolation"),
        ("Authorize", '{"idTag":7}', "TypeConstraintViolation"),
    ],
)
@in_virtual_time()
async def test_what_cannot_be_handled_is_refused_with_the_right_code_r11(
    action: str, payload: str, code: str
) -> None:
    site = await a_site()
    assert await error(site.wallbox, action, payload) == code
    assert await result(site.wallbox, "Authorize", {"idTag": "04A1"}) == ACCEPTED
    await site.world.kill()


ACTIONS: Final = st.sampled_from(
    [
        *("Authorize", "BootNotification", "DataTransfer", "Heartbeat", "MeterValues", "Foo"),
        *("SecurityEventNotification", "StartTransaction", "StatusNotification"),
        *("StopTransaction", "SignCertificate", "FirmwareStatusNotification"),
    ]
)
VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
KEYS: Final = st.sampled_from(
    [
        *("connectorId", "transactionId", "idTag", "meterStart", "meterStop", "timestamp"),
        *("status", "errorCode", "meterValue", "reason", "vendorId", "interval", "x"),
    ]
)


async def gets_an_answer(asked: Literal, site: Site, action: str, payload: Json) -> None:
    frame = await asked.ask(action, payload)
    assert frame[0] in (3, 4)
    assert frame[0] == 3 or frame[2] != "InternalError", (action, payload, frame)
    assert site.wallbox.closed_with is None
    assert site.backend.closed_with is None


@settings(max_examples=30)
@given(st.lists(st.tuples(ACTIONS, st.dictionaries(KEYS, VALUES, max_size=5)), max_size=10))
def test_every_message_is_answered_whatever_it_says_and_the_links_live_r12(
    messages: list[tuple[str, Json]],
) -> None:
    async def scenario() -> None:
        site = await a_site()
        await site.wallbox.ask("StartTransaction", START)
        for action, payload in messages:
            await gets_an_answer(site.wallbox, site, action, json.dumps(payload))
        await site.world.kill()

    run_virtual(scenario())


@in_virtual_time()
async def test_a_card_shown_during_the_first_login_is_judged_by_the_backend_r53() -> None:
    world = World(ONE_BACKEND)
    backend = a_backend()
    world.dialer.backends["ws://backend/CP1"] = backend
    await world.start()
    wallbox = a_wallbox()
    world.plug_in("CP1", wallbox)
    await wallbox.ask("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    answer = await wallbox.ask("Authorize", {"idTag": "NEW"})
    assert answer[2] == {"idTagInfo": {"status": "Accepted"}}
    assert backend.all_of("Authorize") == [{"idTag": "NEW"}]
    await world.kill()
