"""What each of several backends may change of a wallbox, and how it sees it."""

import asyncio

import pytest
from tests.support.configured_box import (
    CLOCK_DATA,
    INTERVAL,
    LIST,
    TWO,
    Box,
    a_site,
    change,
    read,
    served,
    taken,
)
from tests.support.frames import Refusal, result, settled
from tests.support.roles import LISTENER, PRIMARY
from tests.support.virtual_time import in_virtual_time

# Keys that a backend may not touch


@pytest.mark.parametrize("observing", [True, False])
@in_virtual_time()
async def test_no_backend_takes_the_current_out_of_load_managements_hands_r82(
    observing: bool,
) -> None:
    box = Box(**{"Station-MaxCurrent": "16"})
    site = await a_site(box, {"left": {"one": PRIMARY}}, observing=observing)
    status = await change(site["one"], "station-maxcurrent", "32")
    assert status == ("Accepted" if observing else "Rejected")
    answer = await result(site["one"], "GetConfiguration", {"key": ["Station-MaxCurrent"]})
    (entry,) = answer["configurationKey"]
    assert entry["readonly"] is not observing
    await site.world.kill()


@pytest.mark.parametrize("signed", [True, False])
@in_virtual_time()
async def test_what_a_signing_meter_adds_is_the_backends_affair_r81_r113(signed: bool) -> None:
    box = Box()
    site = await a_site(box, {"left": {"one": PRIMARY}})
    number = await site.start(1)
    sample = {"value": "OCMF|{}|{}"} if signed else {"value": "1"}
    reading = {"timestamp": "2026-05-15T12:00:00Z", "sampledValue": [sample]}
    ids = {"connectorId": 1, "transactionId": number}
    await result(box.end, "MeterValues", ids | {"meterValue": [reading]})
    assert await change(site["one"], CLOCK_DATA, "") == "Accepted"
    assert box.values[CLOCK_DATA] == ""
    values = site.evse("left").backends[0].north.configuration.values
    assert values == ({} if signed else {CLOCK_DATA: ""})
    await site.world.kill()


@in_virtual_time()
async def test_only_the_main_backend_changes_what_is_not_virtual_r103_r115() -> None:
    box = Box(SampledDataSignReadings="false", ConnectionTimeOut="60")
    site = await a_site(box, TWO)
    for key in ("SampledDataSignReadings", "ConnectionTimeOut"):
        assert await change(site["two"], key, "1") == "Rejected"
        assert await change(site["one"], key, "1") == "Accepted"
    asked = {"key": ["ConnectionTimeOut", INTERVAL]}
    for name, fixed in (("one", [False, False]), ("two", [True, False])):
        answer = await result(site[name], "GetConfiguration", asked)
        assert [each["readonly"] for each in answer["configurationKey"]] == fixed
    await site.start(2)
    assert await change(site["one"], "ConnectionTimeOut", "2") == "Rejected"
    await site.world.kill()


@in_virtual_time()
async def test_the_wallboxs_list_of_cards_is_off_while_several_authorise_there_r105() -> None:
    box = Box(LocalAuthListEnabled="true", LocalPreAuthorize="true")
    site = await a_site(box, TWO)
    await asyncio.sleep(60.0)
    assert box.told == [(LIST, "false")]
    assert await read(site["one"], LIST) == {LIST: "true"}
    assert await change(site["two"], LIST, "false") == "Accepted"
    assert await read(site["one"], LIST) == {LIST: "true"}
    assert await read(site["two"], LIST) == {LIST: "false"}
    await served(site, "right")
    assert box.told == [(LIST, "false"), (LIST, "true")]
    await site.world.kill()


# Reading


@in_virtual_time()
async def test_each_sees_its_own_connector_and_calls_it_1_r101_r115() -> None:
    rotation = "ConnectorPhaseRotation"
    box = Box(**{"MeterPublicKey1": "aa", "MeterPublicKey2": "bb", rotation: "0.RST,1.RST,2.SRT"})
    site = await a_site(box, TWO)
    keys = ("MeterPublicKey1", "MeterPublicKey2", rotation)
    one, two = await read(site["one"], *keys), await read(site["two"], *keys)
    assert one == {
        "MeterPublicKey1": "aa",
        "MeterPublicKey2": "unknown",
        rotation: "0.RST,1.RST",
    }
    assert two == {
        "MeterPublicKey1": "bb",
        "MeterPublicKey2": "unknown",
        rotation: "0.RST,1.SRT",
    }
    assert await change(site["one"], rotation, "1.RTS") == "Rejected"
    assert await change(site["one"], "MeterPublicKey2", "cc") == "Rejected"
    assert await change(site["one"], "MeterPublicKey1", "cc") == "Accepted"
    assert box.told == [("MeterPublicKey1", "cc")]
    asked = len(box.end.all_of("GetConfiguration"))
    assert await read(site["two"], "MeterPublicKey2") == {"MeterPublicKey2": "unknown"}
    assert len(box.end.all_of("GetConfiguration")) == asked  # nothing to ask it for
    await site.world.kill()


@in_virtual_time()
async def test_connectors_behind_one_login_are_seen_together_in_its_numbers_r101() -> None:
    rotation, count = "ConnectorPhaseRotation", "NumberOfConnectors"
    box = Box(**{"MeterPublicKey2": "bb", rotation: "0.RST,1.RST,2.SRT,3.TRS", count: "3"})
    site = await a_site(box, {"left": {"one": PRIMARY}, "right": {"one": PRIMARY}})
    assert await read(site["one"], "MeterPublicKey2", "MeterPublicKey3", rotation, count) == {
        "MeterPublicKey2": "bb",
        "MeterPublicKey3": "unknown",
        rotation: "0.RST,1.RST,2.SRT",
        count: "2",
    }
    assert await change(site["one"], rotation, "1.RTS,2.SRT") == "Accepted"
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_is_asked_for_no_more_keys_than_it_takes_at_once_r84() -> None:
    box = Box(GetConfigurationMaxKeys="3", A="1", B="2", C="3", D="4")
    listed = box.end.answers["GetConfiguration"]
    box.end.answers["GetConfiguration"] = lambda asked: (
        Refusal("OccurenceConstraintViolation") if len(asked.get("key", [])) > 3 else listed(asked)
    )
    site = await a_site(box, TWO, observing=False)
    await asyncio.sleep(60.0)
    assert (INTERVAL, "10") in box.told  # load management has read what it has
    keys = ("A", "B", "Foo", "C", "D", "Bar", INTERVAL)
    values = {"A": "1", "B": "2", "C": "3", "D": "4", INTERVAL: "300"}
    assert await read(site["one"], *keys) == values | {"Foo": "unknown", "Bar": "unknown"}
    box.end.answers["GetConfiguration"] = lambda asked: (
        Refusal("InternalError") if "D" in asked.get("key", []) else listed(asked)
    )
    frame = await site["one"].ask("GetConfiguration", {"key": list(keys)})
    assert frame[0] == 4
    await site.world.kill()


@pytest.mark.parametrize(("name", "features"), [
    ("one", "Core,FirmwareManagement,LocalAuthListManagement"),
    ("two", "Core,LocalAuthListManagement"),
])  # fmt: skip
@in_virtual_time()
async def test_features_are_those_that_each_backend_finds_r84_r103(
    name: str, features: str
) -> None:
    box = Box(SupportedFeatureProfiles="Core,FirmwareManagement")
    site = await a_site(box, TWO)
    assert await read(site[name], "SupportedFeatureProfiles") == {
        "SupportedFeatureProfiles": features
    }
    await site.world.kill()


@in_virtual_time()
async def test_a_report_without_the_right_sets_nothing_and_gets_what_comes_by_itself_r106() -> None:
    box = Box()
    site = await a_site(box, {"left": {"one": PRIMARY, "ear": LISTENER}})
    frame = await site["ear"].ask("ChangeConfiguration", {"key": INTERVAL, "value": "5"})
    assert frame[2] == "SecurityError"
    assert await change(site["one"], INTERVAL, "60") == "Accepted"
    number = await site.start(1)
    await box.charge(1, number, 900)
    await settled()
    assert sorted(taken(site["ear"])["Sample.Periodic"]) == [1, 6, 11]
    await site.world.kill()
