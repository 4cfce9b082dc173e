"""One wallbox, several backends: each gets its own values, and the wallbox serves all."""

import asyncio
import json

from tests.support.configured_box import (
    CLOCK,
    CLOCK_DATA,
    CURRENT,
    DATA,
    ENERGY,
    INTERVAL,
    ONE_AND_A_REPORT,
    PRE,
    PRIMARY_ONE,
    SOC,
    TWO,
    TWO_AND_A_REPORT,
    Box,
    a_site,
    change,
    read,
    served,
    taken,
)
from tests.support.frames import result, settled
from tests.support.roles import PRIMARY
from tests.support.virtual_time import in_virtual_time


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
async def test_connectors_behind_one_login_have_a_pace_each_r80() -> None:
    box = Box()
    site = await a_site(box, {"left": {"one": PRIMARY}, "right": {"one": PRIMARY}})
    await change(site["one"], INTERVAL, "900")
    assert box.told == [(INTERVAL, "900")]  # once for both
    box.values[INTERVAL] = "60"
    left, right = await site.start(1), await site.start(2)
    for minute in range(1, 31):
        for connector, number in ((1, left), (2, right)):
            await box.minute(connector, number, minute)
    await settled()
    got = [
        (values["connectorId"], values["meterValue"][0]["timestamp"][14:16])
        for values in site["one"].all_of("MeterValues")
    ]
    assert got == [(1, "01"), (2, "01"), (1, "16"), (2, "16")]
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
    await served(site, "left", PRIMARY_ONE)
    assert (box.values[INTERVAL], box.values[DATA]) == ("60", ENERGY)
    await served(site, "left")
    assert (box.values[INTERVAL], box.values[DATA]) == ("300", ENERGY)
    told = len(box.told)
    await served(site, "left", PRIMARY_ONE)
    assert box.told[told:] == [(INTERVAL, "60")]  # what it had set holds again
    await site.world.kill()


@in_virtual_time()
async def test_a_report_that_loses_its_right_keeps_its_values_but_the_wallbox_is_free_r106() -> (
    None
):
    box = Box()
    site = await a_site(box, ONE_AND_A_REPORT)
    await change(site["ear"], INTERVAL, "60")
    await change(site["ear"], DATA, f"{ENERGY},{SOC}")
    may_read = {"url": "ws://ear/", "role": "report", "commands": "read"}
    await served(site, "left", PRIMARY_ONE, may_read)
    assert (box.values[INTERVAL], box.values[DATA]) == ("300", ENERGY)
    assert await read(site["ear"], INTERVAL) == {INTERVAL: "60"}
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_goes_while_a_car_charges_gets_its_values_to_the_end_r80() -> None:
    box = Box()
    site = await a_site(box, ONE_AND_A_REPORT)
    await change(site["ear"], INTERVAL, "120")
    number = await site.start(1)
    await served(site, "left", PRIMARY_ONE)
    assert box.values[INTERVAL] == "300"
    await box.charge(1, number, 900)
    await settled()
    minutes = {"Sample.Periodic": {minute: {ENERGY} for minute in (5, 10, 15)}}
    assert taken(site["ear"]) == taken(site["one"]) == minutes
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
    box.refuses.add((INTERVAL, "60"))
    assert await change(site["two"], INTERVAL, "60") == "Rejected"
    assert site.station.own_values.values == {DATA: ENERGY}  # nothing else was changed
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
async def test_what_a_report_wants_is_told_after_everything_else_r106() -> None:
    box = Box()
    site = await a_site(box, ONE_AND_A_REPORT)
    await change(site["one"], INTERVAL, "200")  # what it has is known from here on
    box.end.answers["UnlockConnector"] = lambda _: None
    site["one"].send('[2,"u","UnlockConnector",{"connectorId":1}]')
    await settled()
    site["ear"].send(f'[2,"e","ChangeConfiguration",{{"key":"{INTERVAL}","value":"77"}}]')
    await settled()
    site["one"].send(f'[2,"c","ChangeConfiguration",{{"key":"{CLOCK}","value":"900"}}]')
    await settled()
    (unlocking,) = box.end.held["UnlockConnector"]
    box.end.send(f'[3,"{unlocking}",{{"status":"Unlocked"}}]')
    await settled()
    assert box.told[1:] == [(CLOCK, "900"), (INTERVAL, "77")]
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
