"""One wallbox, several backends: each has its own configuration and gets its own values."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from tests.support.frames import Literal, Refusal, literal_wallbox, result, settled
from tests.support.roles import LISTENER, PRIMARY, Role, Several, several
from tests.support.virtual_time import WALL_START, in_virtual_time
from tests.support.world import Json

INTERVAL, DATA = "MeterValueSampleInterval", "MeterValuesSampledData"
CLOCK, CLOCK_DATA = "ClockAlignedDataInterval", "MeterValuesAlignedData"
LIST, PRE = "LocalAuthListEnabled", "LocalPreAuthorize"
ENERGY, CURRENT, SOC = "Energy.Active.Import.Register", "Current.Import", "SoC"
SETTING: Role = ("report", '["ChangeConfiguration","GetConfiguration"]')
"""A report that may change what it gets."""

TWO_AND_A_REPORT: Mapping[str, Mapping[str, Role]] = {
    "left": {"one": PRIMARY, "ear": SETTING},
    "right": {"two": PRIMARY},
}
ONE_AND_A_REPORT: Mapping[str, Mapping[str, Role]] = {"left": {"one": PRIMARY, "ear": SETTING}}
TWO: Mapping[str, Mapping[str, Role]] = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}


class Box:
    """A wallbox that keeps its configuration, and samples as it says."""

    def __init__(self, **values: str) -> None:
        self.values = {INTERVAL: "300", DATA: ENERGY, CLOCK: "0", CLOCK_DATA: ENERGY} | values
        self.refuses: set[tuple[str, str]] = set()
        self.end: Literal = literal_wallbox(
            GetConfiguration=self._listed, ChangeConfiguration=self._changed
        )

    def _listed(self, asked: Json) -> Json:
        names = asked.get("key") or list(self.values)
        known = [
            {"key": name, "readonly": False, "value": self.values[name]}
            for name in names
            if name in self.values
        ]
        return {"configurationKey": known, "unknownKey": [n for n in names if n not in self.values]}

    def _changed(self, asked: Json) -> Json:
        if (asked["key"], asked["value"]) in self.refuses:
            return {"status": "Rejected"}
        self.values[asked["key"]] = asked["value"]
        return {"status": "Accepted"}

    @property
    def told(self) -> list[tuple[str, str]]:
        """Every ChangeConfiguration that it has got."""
        return [(each["key"], each["value"]) for each in self.end.all_of("ChangeConfiguration")]

    async def charge(self, connector: int, transaction: int, seconds: int) -> None:
        """Send what it samples in so many seconds after noon, each minute that has something."""
        for at_s in range(60, seconds + 1, 60):
            readings = [
                reading
                for every, data, context in (
                    (INTERVAL, DATA, None),
                    (CLOCK, CLOCK_DATA, "Sample.Clock"),
                )
                if int(self.values[every]) and at_s % int(self.values[every]) == 0
                and (reading := self._reading(at_s, data, context))
            ]  # fmt: skip
            if readings:
                ids = {"connectorId": connector, "transactionId": transaction}
                await result(self.end, "MeterValues", ids | {"meterValue": readings})

    def _reading(self, at_s: int, data: str, context: str | None) -> Json:
        stamp = (WALL_START + timedelta(seconds=at_s)).isoformat().replace("+00:00", "Z")
        more = {} if context is None else {"context": context}
        samples = [
            {"value": "1.10", "measurand": name} | more for name in self.values[data].split(",")
        ]
        return {"timestamp": stamp, "sampledValue": samples}


def taken(end: Literal) -> dict[str, dict[int, set[str]]]:
    """What a backend got: by context and minute, the measurands."""
    found: dict[str, dict[int, set[str]]] = {}
    for values in end.all_of("MeterValues"):
        for reading in values["meterValue"]:
            minute = int(reading["timestamp"][14:16]) + 60 * (int(reading["timestamp"][11:13]) - 12)
            for sample in reading["sampledValue"]:
                by_minute = found.setdefault(sample.get("context", "Sample.Periodic"), {})
                by_minute.setdefault(minute, set()).add(sample["measurand"])
    return found


async def change(end: Literal, key: str, value: str) -> str:
    """A backend sets a key; the answer's status."""
    answer = await result(end, "ChangeConfiguration", {"key": key, "value": value})
    return str(answer["status"])


async def read(end: Literal, *keys: str) -> dict[str, Any]:
    """What a backend reads, and the keys that it is told do not exist."""
    answer = await result(end, "GetConfiguration", {"key": list(keys)} if keys else {})
    known = {each["key"]: each.get("value") for each in answer.get("configurationKey", [])}
    return known | dict.fromkeys(answer.get("unknownKey", []), "unknown")


async def a_site(
    box: Box, evses: Mapping[str, Mapping[str, Role]], *, observing: bool = True
) -> Several:
    """The site with that wallbox; load management only observes unless said otherwise."""
    more = 'load_management = "observe"\n' if observing else ""
    return await several(evses, box.end, more)


@in_virtual_time()
async def test_each_backend_gets_exactly_what_it_asked_for_over_an_hour_r80_r106() -> None:
    box = Box()
    site = await a_site(box, TWO_AND_A_REPORT)
    for name, key, value in (
        ("one", INTERVAL, "120"),
        ("one", CLOCK, "900"),
        ("one", CLOCK_DATA, f"{ENERGY},Voltage"),
        ("two", DATA, f"{ENERGY},{SOC}"),
        ("two", CLOCK, "0"),
        ("ear", INTERVAL, "600"),
        ("ear", DATA, CURRENT),
        ("ear", CLOCK, "600"),
    ):
        assert await change(site[name], key, value) == "Accepted"
    assert box.values[INTERVAL] == "120"
    assert set(box.values[DATA].split(",")) == {ENERGY, SOC, CURRENT}
    assert box.values[CLOCK] == "300"
    assert set(box.values[CLOCK_DATA].split(",")) == {ENERGY, "Voltage"}
    told = box.told
    assert len(told) == len(set(told)) == 6  # nothing twice, and nothing for what serves already
    left, right = await site.start(1), await site.start(2)
    await box.charge(1, left, 3600)
    await box.charge(2, right, 3600)
    await settled()
    assert taken(site["one"]) == {
        "Sample.Periodic": {minute: {ENERGY} for minute in range(2, 61, 2)},
        "Sample.Clock": {minute: {ENERGY, "Voltage"} for minute in (15, 30, 45, 60)},
    }
    # It has not asked how often: as often as the wallbox did before it was told anything.
    assert taken(site["two"]) == {
        "Sample.Periodic": {minute: {ENERGY, SOC} for minute in (2, 8, 12, 18, 22, 28, 32, 38, 42,
                                                                 48, 52, 58)},
    }  # fmt: skip
    assert taken(site["ear"]) == {
        "Sample.Periodic": {minute: {CURRENT} for minute in (2, 12, 22, 32, 42, 52)},
        "Sample.Clock": {minute: {ENERGY} for minute in (10, 20, 30, 40, 50, 60)},
    }
    await asyncio.sleep(120.0)
    assert box.told == told
    await site.world.kill()


@in_virtual_time()
async def test_signed_data_and_what_is_billed_go_to_everybody_to_the_letter_r113() -> None:
    box = Box()
    site = await a_site(box, ONE_AND_A_REPORT)
    for name in ("one", "ear"):
        assert await change(site[name], INTERVAL, "0") == "Accepted"
        assert await change(site[name], DATA, SOC) == "Accepted"
    number = await site.start(1)
    signed = (
        '{"connectorId": 1,"transactionId":%d ,"meterValue":[{"timestamp":"2026-05-15T12:05:00Z",'
        '"sampledValue":[{"value":"1.10"},{"format":"SignedData","value":"OCMF|{\\"\\u00e4\\"}|{}"}'
        ']},{"timestamp":"2026-05-15T12:05:01Z","sampledValue":[{"value":"2", "context":"%s"}]}]}'
    )
    for context in ("Transaction.Begin", "Transaction.End", "Interruption.Begin", "Other"):
        await result(site.wallbox, "MeterValues", signed % (number, context))
    await result(site.wallbox, "MeterValues", json.loads(signed % (number, "Sample.Periodic")))
    await settled()
    for name in ("one", "ear"):
        texts = site[name].payload_texts("MeterValues")
        its = json.loads(texts[0])["transactionId"]
        expected = [
            signed % (its, context)
            for context in ("Transaction.Begin", "Transaction.End", "Interruption.Begin", "Other")
        ]
        assert texts[:4] == expected
        (rest,) = map(json.loads, texts[4:])
        assert len(rest["meterValue"]) == 1  # the periodic figure alone stays here
    await site.world.kill()


@in_virtual_time()
async def test_each_reads_its_own_values_and_nobody_elses_r84_r105() -> None:
    box = Box(Foo="1")
    site = await a_site(box, TWO_AND_A_REPORT)
    await change(site["one"], INTERVAL, "60")
    await change(site["one"], "MessageTimeout", "30")
    await change(site["ear"], DATA, SOC)
    keys = (INTERVAL, DATA, "MessageTimeout", "Foo", "Nothing")
    own = {INTERVAL: "300", DATA: ENERGY, "MessageTimeout": "unknown", "Foo": "1"}
    nothing = {"Nothing": "unknown"}
    assert await read(site["two"], *keys) == own | nothing
    assert await read(site["ear"], *keys) == own | nothing | {DATA: SOC}
    one = own | nothing | {INTERVAL: "60", "MessageTimeout": "30"}
    assert await read(site["one"], *keys) == one
    assert box.values[INTERVAL] == "60"
    await site.restart()
    assert await read(site["one"], *keys) == one
    assert await read(site["two"], *keys) == own | nothing
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_wants_less_or_goes_leaves_what_the_others_need_r80() -> None:
    box = Box()
    site = await a_site(box, TWO_AND_A_REPORT)
    await change(site["one"], INTERVAL, "60")
    await change(site["ear"], INTERVAL, "30")
    await change(site["ear"], DATA, f"{ENERGY},{SOC}")
    assert (box.values[INTERVAL], box.values[DATA]) == ("30", f"{ENERGY},{SOC}")
    await change(site["ear"], INTERVAL, "120")
    assert box.values[INTERVAL] == "60"
    left = site.evse("left")
    left.backends[1].retiring = True
    assert site.world.manager is not None
    await site.world.manager.patch_site({"site": {"house_load_a": 1}})
    await asyncio.sleep(60.0)
    assert (box.values[INTERVAL], box.values[DATA]) == ("60", ENERGY)
    left.backends[0].retiring = True
    await site.world.manager.patch_site({"site": {"house_load_a": 2}})
    await asyncio.sleep(60.0)
    assert (box.values[INTERVAL], box.values[DATA]) == ("300", ENERGY)
    told = len(box.told)
    await site.world.manager.patch_site({"site": {"house_load_a": 3}})
    await asyncio.sleep(60.0)
    assert len(box.told) == told
    await site.world.kill()


@in_virtual_time()
async def test_what_the_wallbox_had_is_known_over_a_restart_and_told_to_it_again_r80() -> None:
    box = Box()
    site = await a_site(box, TWO)
    await change(site["one"], INTERVAL, "60")
    await site.restart()
    assert await read(site["two"], INTERVAL) == {INTERVAL: "300"}
    assert await change(site["one"], INTERVAL, "900") == "Accepted"
    assert box.values[INTERVAL] == "300"
    await site.world.kill()


@in_virtual_time()
async def test_what_a_person_sets_at_the_wallbox_is_its_own_from_then_on_r80() -> None:
    box = Box()
    site = await a_site(box, TWO)
    await change(site["one"], INTERVAL, "60")
    box.end.hang_up()
    await settled()
    box.values[INTERVAL] = "45"
    await site.world.boot("CP1", box.end)
    await asyncio.sleep(60.0)
    assert await read(site["two"], INTERVAL) == {INTERVAL: "45"}
    assert box.values[INTERVAL] == "45"  # good enough for everybody
    await site.world.kill()


# What only one of them can have


@in_virtual_time()
async def test_clock_aligned_intervals_that_do_not_fit_are_rejected_to_who_comes_last_r80() -> None:
    box = Box()
    site = await a_site(box, TWO)
    assert await change(site["one"], CLOCK, "900") == "Accepted"
    assert await change(site["two"], CLOCK, "70") == "Rejected"
    assert await read(site["two"], CLOCK) == {CLOCK: "0"}
    assert await change(site["two"], CLOCK, "600") == "Accepted"
    assert box.values[CLOCK] == "300"
    assert [value for key, value in box.told if key == CLOCK] == ["900", "300"]
    await site.world.kill()


@in_virtual_time()
async def test_a_measurand_that_the_wallbox_refuses_is_refused_to_its_asker_alone_r83() -> None:
    box = Box()
    site = await a_site(box, TWO)
    assert await change(site["one"], DATA, f"{ENERGY},{SOC}") == "Accepted"
    box.refuses.add((DATA, f"{ENERGY},{SOC},RPM"))
    assert await change(site["two"], DATA, f"{ENERGY},RPM") == "Rejected"
    assert await read(site["one"], DATA) == {DATA: f"{ENERGY},{SOC}"}
    assert await read(site["two"], DATA) == {DATA: ENERGY}
    assert box.values[DATA] == f"{ENERGY},{SOC}"
    await site.world.kill()


@in_virtual_time()
async def test_what_a_report_wants_gives_way_to_the_backend_that_bills_r106() -> None:
    box = Box()
    site = await a_site(box, ONE_AND_A_REPORT)
    assert await change(site["ear"], DATA, "RPM") == "Accepted"
    box.refuses |= {(DATA, f"{ENERGY},{SOC},RPM"), (DATA, f"{SOC},RPM")}
    assert await change(site["one"], DATA, SOC) == "Accepted"
    assert box.values[DATA] == SOC
    assert await change(site["ear"], CLOCK, "70") == "Accepted"
    assert await change(site["one"], CLOCK, "900") == "Accepted"
    await asyncio.sleep(60.0)
    assert box.values[CLOCK] == "900"
    assert box.values[DATA] == SOC
    await site.world.kill()


@in_virtual_time()
async def test_a_report_has_no_say_in_who_may_charge_r106() -> None:
    box = Box(LocalPreAuthorize="true")
    site = await a_site(box, ONE_AND_A_REPORT)
    assert await change(site["ear"], PRE, "false") == "Accepted"
    await asyncio.sleep(60.0)
    assert box.told == []
    assert await read(site["ear"], PRE) == {PRE: "false"}
    assert await read(site["one"], PRE) == {PRE: "true"}
    await site.world.kill()


@in_virtual_time()
async def test_of_a_report_one_wish_is_under_way_at_a_time_and_few_wait_r106() -> None:
    box = Box()
    site = await a_site(box, ONE_AND_A_REPORT)
    await change(site["one"], INTERVAL, "200")
    box.end.answers["ChangeConfiguration"] = lambda _: None
    payload = {"key": INTERVAL, "value": "100"}
    for number in range(20):
        text = json.dumps(payload | {"value": str(100 - number)})
        site["ear"].send(f'[2,"e{number}","ChangeConfiguration",{text}]')
    await settled()
    assert len(box.end.held["ChangeConfiguration"]) == 1
    refused = [text for text in site["ear"].texts if '"GenericError"' in text and "busy" in text]
    assert len(refused) == 3
    await site.world.kill()


@in_virtual_time()
async def test_a_silent_answer_to_a_report_keeps_no_backend_from_its_own_wish_r106() -> None:
    box = Box()
    site = await a_site(box, ONE_AND_A_REPORT)
    changed = box.end.answers["ChangeConfiguration"]
    box.end.answers["ChangeConfiguration"] = lambda asked: (
        None if asked["value"] == "77" else changed(asked)
    )
    site["ear"].send(f'[2,"e","ChangeConfiguration",{{"key":"{INTERVAL}","value":"77"}}]')
    await settled()
    assert await change(site["one"], CLOCK, "900") == "Accepted"
    assert box.values[CLOCK] == "900"
    await site.world.kill()


@in_virtual_time()
async def test_two_wishes_at_once_are_both_served_r80() -> None:
    box = Box()
    site = await a_site(box, TWO)
    one, two = await asyncio.gather(
        change(site["one"], DATA, f"{ENERGY},{SOC}"), change(site["two"], DATA, f"{ENERGY},RPM")
    )
    assert (one, two) == ("Accepted", "Accepted")
    assert set(box.values[DATA].split(",")) == {ENERGY, SOC, "RPM"}
    await site.world.kill()


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
    site.evse("right").backends[0].retiring = True
    assert site.world.manager is not None
    await site.world.manager.patch_site({"site": {"house_load_a": 1}})
    await asyncio.sleep(60.0)
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
