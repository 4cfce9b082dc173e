"""What a backend sets and reads of its charge point's configuration (R37, R80-R84)."""

import asyncio

import pytest
from tests.support.frames import (
    ONE_BACKEND,
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
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.runtime.supervisor import Supervisor

OBSERVING = ONE_BACKEND.replace("[site]", '[site]\nload_management = "observe"')
INTERVAL, DATA = "MeterValueSampleInterval", "MeterValuesSampledData"
ENERGY, CURRENT, SOC = "Energy.Active.Import.Register", "Current.Import", "SoC"


def a_configured_wallbox(**values: str) -> Literal:
    """A wallbox that lists these values, and takes every new one."""

    def listing(asked: Json) -> Json:
        keys = asked.get("key") or list(values)
        known = [{"key": k, "readonly": False, "value": values[k]} for k in keys if k in values]
        return {"configurationKey": known, "unknownKey": [k for k in keys if k not in values]}

    def change(asked: Json) -> Json:
        values[asked["key"]] = asked["value"]
        return {"status": "Accepted"}

    return literal_wallbox(GetConfiguration=listing, ChangeConfiguration=change)


async def change(site: Site, key: str, value: str) -> Json:
    """The backend sets a key; the answer's status."""
    answer = await result(site.backend, "ChangeConfiguration", {"key": key, "value": value})
    return answer["status"]


async def read(site: Site, *keys: str) -> dict[str, str | None]:
    """What the backend reads."""
    answer = await result(site.backend, "GetConfiguration", {"key": list(keys)} if keys else {})
    return {each["key"]: each.get("value") for each in answer.get("configurationKey", [])}


def told(wallbox: Literal) -> list[tuple[str, str]]:
    """Every ChangeConfiguration that the wallbox has got."""
    return [(each["key"], each["value"]) for each in wallbox.all_of("ChangeConfiguration")]


@in_virtual_time()
async def test_a_virtual_key_is_accepted_read_back_and_kept_over_a_restart_r80_r84() -> None:
    wallbox = a_configured_wallbox(MeterValueSampleInterval="10", Foo="ä")
    site = await a_site(wallbox)
    assert await change(site, "METERVALUESAMPLEINTERVAL", "900") == "Accepted"
    assert await change(site, "MessageTimeout", "60") == "Accepted"
    assert told(wallbox) == []
    assert await read(site, INTERVAL, "Nothing") == {INTERVAL: "900"}
    everything = {INTERVAL: "900", "Foo": "ä", "MessageTimeout": "60"}
    assert await read(site) == everything
    await site.world.kill()
    await site.world.start()
    await site.world.boot("CP1", wallbox)
    await site.backend.got("BootNotification", times=2)
    await settled()
    assert await read(site) == everything
    await site.world.kill()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (INTERVAL, "-1"),
        (INTERVAL, "soon"),
        ("HeartbeatInterval", "0"),
        ("LocalPreAuthorize", "maybe"),
        (DATA, "Energy.Active.Import.Register,Wishes"),
        ("SecurityProfile", "0"),
        ("SecurityProfile", "3"),
        ("CpoName", ""),
        ("BackOffice-URL-wired", "ws://elsewhere/"),
        ("NewBackendURL", "ws://elsewhere/"),
    ],
)
@in_virtual_time()
async def test_what_cannot_be_set_is_rejected_and_changes_nothing_r80_r82_r83(
    key: str, value: str
) -> None:
    wallbox = a_configured_wallbox()
    site = await a_site(wallbox, site_toml=OBSERVING)
    before = await read(site, key)
    assert await change(site, key, value) == "Rejected"
    await asyncio.sleep(60.0)
    assert told(wallbox) == []
    assert await read(site, key) == before
    await site.world.kill()


@pytest.mark.parametrize("key", [INTERVAL, "AuthorizationKey", "NewBackendURL"])
@pytest.mark.parametrize("value", ["null", "900", "{}"])
@in_virtual_time()
async def test_a_value_that_is_no_text_is_rejected(key: str, value: str) -> None:
    site = await a_site()
    text = f'{{"key":"{key}","value":{value}}}'
    assert await result(site.backend, "ChangeConfiguration", text) == {"status": "Rejected"}
    assert told(site.wallbox) == []
    await site.world.kill()


@pytest.mark.parametrize("keys", [("AuthorizationKey", "Foo"), ("Foo", "AuthorizationKey")])
@in_virtual_time()
async def test_no_key_is_smuggled_past_by_naming_two_r36(keys: tuple[str, str]) -> None:
    site = await a_site()
    value = "00112233445566778899aabbccddeeff"
    text = f'{{"key":"{keys[0]}","k\\u0065y":"{keys[1]}","value":"{value}"}}'
    assert await result(site.backend, "ChangeConfiguration", text) == {"status": "Rejected"}
    assert site.wallbox.all_of("ChangeConfiguration") == []
    await site.world.kill()


@pytest.mark.parametrize("text", ["{}", '{"key":1}', '{ "key" : "StopTxnSampledData","value":"" }'])
@pytest.mark.parametrize("status", ["RebootRequired", "NotSupported", "Accepted"])
@in_virtual_time()
async def test_what_is_none_of_our_business_is_relayed_to_the_letter_r81_r83(
    text: str, status: str
) -> None:
    answer = f'{{"status" : "{status}"}}'
    site = await a_site(literal_wallbox(ChangeConfiguration=lambda _: answer))
    await site.backend.ask("ChangeConfiguration", text)
    assert site.wallbox.payload_texts("ChangeConfiguration") == [text]
    assert site.backend.texts[-1].endswith(f",{answer}]")
    await site.world.kill()


# What the wallbox is told


@in_virtual_time()
async def test_load_management_wants_to_see_samples_and_cards_r56_r80() -> None:
    wallbox = a_configured_wallbox(MeterValueSampleInterval="60", LocalPreAuthorize="true")
    site = await a_site(wallbox)
    await asyncio.sleep(60.0)
    assert told(wallbox) == [(INTERVAL, "10"), ("LocalPreAuthorize", "false")]
    asked = [each for each in wallbox.all_of("GetConfiguration") if INTERVAL in each["key"]]
    assert len(asked) == 1
    wallbox.hang_up()
    await settled()
    await site.world.boot("CP1", wallbox)
    await asyncio.sleep(60.0)
    assert len(told(wallbox)) == 2  # it has kept them
    await site.world.kill()


@in_virtual_time()
async def test_while_observing_a_wallbox_gets_what_its_backend_asked_for_and_no_more_r80() -> None:
    wallbox = a_configured_wallbox(MeterValueSampleInterval="60", LocalPreAuthorize="true")
    site = await a_site(wallbox, site_toml=OBSERVING)
    await asyncio.sleep(60.0)
    assert told(wallbox) == []
    assert wallbox.all_of("GetConfiguration") == []
    assert await change(site, INTERVAL, "900") == "Accepted"
    assert told(wallbox) == [(INTERVAL, "900")]
    await site.world.kill()


@in_virtual_time()
async def test_a_change_of_the_mode_is_a_change_of_what_is_needed_r56_r80() -> None:
    wallbox = a_configured_wallbox(MeterValueSampleInterval="60", LocalPreAuthorize="true")
    site = await a_site(wallbox, site_toml=OBSERVING)
    await change(site, INTERVAL, "900")
    await change(site, "LocalPreAuthorize", "true")
    assert site.world.manager is not None
    await site.world.manager.patch_site({"site": {"load_management": "active"}})
    await asyncio.sleep(60.0)
    active = [(INTERVAL, "10"), ("LocalPreAuthorize", "false")]
    assert told(wallbox) == [(INTERVAL, "900"), *active]
    await site.world.manager.patch_site({"site": {"load_management": "observe"}})
    await asyncio.sleep(60.0)
    observing = [(INTERVAL, "900"), ("LocalPreAuthorize", "true")]
    assert told(wallbox) == [(INTERVAL, "900"), *active, *observing]
    await site.world.kill()


@in_virtual_time()
async def test_what_load_management_changed_is_set_back_once_it_only_observes_r80() -> None:
    wallbox = a_configured_wallbox(MeterValueSampleInterval="60", LocalPreAuthorize="true")
    site = await a_site(wallbox)
    await asyncio.sleep(60.0)
    ours = [(INTERVAL, "10"), ("LocalPreAuthorize", "false")]
    assert told(wallbox) == ours
    own = {INTERVAL: "60", "LocalPreAuthorize": "true"}
    assert await read(site, *own) == own  # as it would be for this backend without us
    assert site.world.manager is not None
    await site.world.manager.patch_site({"site": {"load_management": "observe"}})
    await asyncio.sleep(60.0)
    assert told(wallbox) == [*ours, *own.items()]
    await site.world.kill()


@in_virtual_time()
async def test_measurands_are_only_written_if_a_backend_wants_some_r80() -> None:
    wallbox = a_configured_wallbox(MeterValuesSampledData=f"{ENERGY},{CURRENT},Voltage")
    site = await a_site(wallbox)
    await asyncio.sleep(60.0)
    assert told(wallbox) == []
    assert await change(site, DATA, SOC) == "Accepted"
    assert told(wallbox) == [(DATA, f"{SOC},{ENERGY},{CURRENT}")]
    assert await read(site, DATA) == {DATA: SOC}
    await asyncio.sleep(60.0)
    assert len(told(wallbox)) == 1
    await site.world.kill()


@pytest.mark.parametrize("status", ["Rejected", "NotSupported"])
@in_virtual_time()
async def test_a_measurand_that_the_wallbox_does_not_have_changes_nothing_r83(status: str) -> None:
    wallbox = a_configured_wallbox(MeterValuesSampledData=ENERGY)
    wallbox.answers["ChangeConfiguration"] = lambda _: f'{{ "status":"{status}" }}'
    site = await a_site(wallbox)
    assert await change(site, DATA, f"{ENERGY},{SOC}") == status
    assert await read(site, DATA) == {DATA: ENERGY}
    await asyncio.sleep(60.0)
    assert len(told(wallbox)) == 1
    await site.world.kill()


@pytest.mark.parametrize(("wish", "status"), [("900", "Accepted"), ("0", "Accepted"), ("30", "no")])
@in_virtual_time()
async def test_a_fixed_interval_serves_whoever_wants_no_more_r80(wish: str, status: str) -> None:
    fixed = {"key": INTERVAL, "readonly": True, "value": "60"}
    wallbox = literal_wallbox(
        GetConfiguration=lambda _: {"configurationKey": [fixed]},
        ChangeConfiguration=lambda _: {"status": "no"},
    )
    site = await a_site(wallbox)
    assert await change(site, INTERVAL, wish) == status
    assert await read(site) == {INTERVAL: wish if status == "Accepted" else "60"}
    await site.world.kill()


@in_virtual_time()
async def test_that_a_wallbox_must_reboot_for_it_is_relayed_and_counts_r83() -> None:
    wallbox = a_configured_wallbox(ClockAlignedDataInterval="0")
    wallbox.answers["ChangeConfiguration"] = lambda _: {"status": "RebootRequired"}
    site = await a_site(wallbox)
    assert await change(site, "ClockAlignedDataInterval", "900") == "RebootRequired"
    await asyncio.sleep(60.0)
    assert told(wallbox) == [("ClockAlignedDataInterval", "900")]
    assert await read(site, "ClockAlignedDataInterval") == {"ClockAlignedDataInterval": "900"}
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_refuses_or_stays_silent_is_not_pressed_r80() -> None:
    wallbox = a_configured_wallbox(MeterValueSampleInterval="60", LocalPreAuthorize="true")
    wallbox.answers["ChangeConfiguration"] = lambda asked: (
        Refusal("NotSupported") if asked["key"] == INTERVAL else None
    )
    site = await a_site(wallbox)
    await asyncio.sleep(120.0)
    once = [(INTERVAL, "10"), ("LocalPreAuthorize", "false")]
    assert site.world.manager is not None
    await site.world.manager.patch_site({"site": {"house_load_a": 1}})
    await asyncio.sleep(120.0)
    assert told(wallbox) == once
    assert (
        await error(site.backend, "ChangeConfiguration", {"key": INTERVAL, "value": "5"})
        == "NotSupported"
    )
    assert INTERVAL in await read(site, INTERVAL)
    wallbox.hang_up()
    await settled()
    await site.world.boot("CP1", wallbox)
    await asyncio.sleep(120.0)
    assert told(wallbox) == [*once, (INTERVAL, "5"), *once]
    await site.world.kill()


@in_virtual_time()
async def test_a_wallbox_that_answers_nothing_leaves_the_backends_value_as_it_was() -> None:
    wallbox = a_configured_wallbox(ClockAlignedDataInterval="0")
    wallbox.answers["ChangeConfiguration"] = lambda _: None
    site = await a_site(wallbox)
    payload = {"key": "ClockAlignedDataInterval", "value": "900"}
    assert await error(site.backend, "ChangeConfiguration", payload) == "GenericError"
    assert await read(site, "ClockAlignedDataInterval") == {"ClockAlignedDataInterval": "0"}
    await site.world.kill()


@pytest.mark.parametrize("answer", [Refusal("NotSupported"), None, "{}"])
@in_virtual_time()
async def test_a_wallbox_that_does_not_say_what_it_has_is_told_what_a_backend_wants_only_r80(
    answer: Json,
) -> None:
    wallbox = a_configured_wallbox()
    wallbox.answers["GetConfiguration"] = lambda _: answer
    site = await a_site(wallbox)
    await asyncio.sleep(120.0)
    assert told(wallbox) == []
    assert await change(site, INTERVAL, "900") == "Accepted"
    assert told(wallbox) == [(INTERVAL, "10")]
    await site.world.kill()


@in_virtual_time()
async def test_a_wish_for_a_wallbox_that_is_away_is_told_when_it_is_back_r80() -> None:
    wallbox = a_configured_wallbox(ClockAlignedDataInterval="0")
    site = await a_site(wallbox)
    wallbox.hang_up()
    await settled()
    assert await change(site, "ClockAlignedDataInterval", "900") == "Accepted"
    await site.world.boot("CP1", wallbox)
    await asyncio.sleep(60.0)
    assert told(wallbox) == [("ClockAlignedDataInterval", "900")]
    await site.world.kill()


@in_virtual_time()
async def test_a_value_that_cannot_be_stored_is_not_accepted() -> None:
    site = await a_site()
    site.world.store.failing = True
    payload = {"key": "MessageTimeout", "value": "60"}
    assert await error(site.backend, "ChangeConfiguration", payload) == "InternalError"
    site.world.store.failing = False
    assert await read(site, "MessageTimeout") == {}
    await site.world.kill()


@in_virtual_time()
async def test_a_command_of_the_backend_waits_for_one_call_of_ours_at_most_r90() -> None:
    wallbox = a_configured_wallbox(MeterValueSampleInterval="60", LocalPreAuthorize="true")
    wallbox.answers["ChangeConfiguration"] = lambda _: None
    site = await a_site(wallbox)
    await wallbox.got("ChangeConfiguration")
    async with Supervisor() as tasks:
        asked = site.backend.ask("UnlockConnector", {"connectorId": 1})
        unlocking = tasks.start(asked, name="unlocking")
        await settled()
        (unique_id,) = wallbox.held["ChangeConfiguration"]
        wallbox.send(f'[3,"{unique_id}",{{"status":"Rejected"}}]')
        await unlocking
    calls = [
        name for name, _ in wallbox.calls if name in ("ChangeConfiguration", "UnlockConnector")
    ]
    assert calls[:2] == ["ChangeConfiguration", "UnlockConnector"]
    await site.world.kill()


# What follows for the link


@in_virtual_time()
async def test_the_heartbeat_goes_at_the_pace_that_the_backend_set_until_the_next_boot_r46() -> (
    None
):
    site = await a_site()
    assert await read(site, "HeartbeatInterval") == {"HeartbeatInterval": "300"}
    assert await change(site, "HeartbeatInterval", "60") == "Accepted"
    beats = len(site.backend.all_of("Heartbeat"))
    await asyncio.sleep(305.0)
    assert len(site.backend.all_of("Heartbeat")) - beats == 5
    assert await read(site, "HeartbeatInterval") == {"HeartbeatInterval": "60"}
    await site.wallbox.ask("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
    await site.backend.got("BootNotification", times=2)
    await settled()
    assert await read(site, "HeartbeatInterval") == {"HeartbeatInterval": "300"}
    await site.world.kill()


@in_virtual_time()
async def test_the_queue_tries_as_often_as_the_backend_asked_for_r66() -> None:
    site = await a_site(backend=literal_backend(SecurityEventNotification=lambda _: Refusal()))
    assert await change(site, "TransactionMessageAttempts", "2") == "Accepted"
    assert await change(site, "TransactionMessageRetryInterval", "5") == "Accepted"
    event = {"type": "x", "timestamp": "2026-05-15T12:00:00Z"}
    await result(site.wallbox, "SecurityEventNotification", event)
    await asyncio.sleep(60.0)
    assert len(site.backend.all_of("SecurityEventNotification")) == 2
    assert len(await site.world.store.dead_letters()) == 1
    await site.world.kill()
    await site.world.start()
    await site.world.boot("CP1", literal_wallbox())
    await site.backend.got("BootNotification", times=2)
    await settled()
    keys = ("TransactionMessageAttempts", "TransactionMessageRetryInterval")
    assert await read(site, *keys) == dict(zip(keys, ("2", "5"), strict=True))
    await site.world.kill()


@in_virtual_time()
async def test_the_keys_of_the_link_speak_of_the_link_and_not_of_the_wallbox_r37() -> None:
    wallbox = a_configured_wallbox(SecurityProfile="3", CpoName="of the wallbox", Foo="1")
    site = await a_site(wallbox)
    keys = ("SecurityProfile", "CpoName", "AuthorizationKey")
    assert await read(site, *keys) == {
        "SecurityProfile": "0",
        "CpoName": "",
        "AuthorizationKey": None,
    }
    assert await change(site, "CpoName", "Example Power") == "Accepted"
    assert await read(site) == {"SecurityProfile": "0", "CpoName": "Example Power", "Foo": "1"}
    assert told(wallbox) == []
    await site.world.kill()


@pytest.mark.parametrize(
    ("site_toml", "said", "seen"),
    [
        (ONE_BACKEND, "Core", "Core,SmartCharging"),
        (ONE_BACKEND, "Core, SmartCharging", "Core, SmartCharging"),
        (OBSERVING, "Core", "Core"),
    ],
)
@in_virtual_time()
async def test_smart_charging_is_a_feature_where_the_gateway_has_it_r84(
    site_toml: str, said: str, seen: str
) -> None:
    site = await a_site(a_configured_wallbox(SupportedFeatureProfiles=said), site_toml=site_toml)
    assert (await read(site))["SupportedFeatureProfiles"] == seen
    await site.world.kill()


@in_virtual_time()
async def test_each_backend_of_a_wallbox_has_its_own_values_and_one_connector_r84_r105() -> None:
    site = await a_two_sided_site()
    site.wallbox.answers["GetConfiguration"] = lambda _: {
        "configurationKey": [{"key": "NumberOfConnectors", "readonly": True, "value": "2"}]
    }
    payload = {"key": "MessageTimeout", "value": "60"}
    await result(site.one, "ChangeConfiguration", payload)
    one, two = (
        {each["key"]: each["value"] for each in answer["configurationKey"]}
        for answer in [await result(end, "GetConfiguration", {}) for end in (site.one, site.two)]
    )
    lists = {"LocalAuthListMaxLength": "20000", "SendLocalListMaxLength": "5000"}
    usual = {"NumberOfConnectors": "1", "LocalAuthListEnabled": "true"} | lists  # kept here
    assert one == usual | {"MessageTimeout": "60"}
    assert two == usual
    await site.world.kill()


@in_virtual_time()
async def test_two_backends_share_what_the_wallbox_measures_r80() -> None:
    site = await a_two_sided_site()
    assert site.world.manager is not None
    await site.world.manager.patch_site({"site": {"load_management": "observe"}})
    wallbox = a_configured_wallbox(MeterValueSampleInterval="300")
    site.wallbox.answers |= wallbox.answers
    for end, value in ((site.one, "60"), (site.two, "900"), (site.one, "1800")):
        payload = {"key": INTERVAL, "value": value}
        assert await result(end, "ChangeConfiguration", payload) == {"status": "Accepted"}
    assert told(site.wallbox) == [(INTERVAL, "60"), (INTERVAL, "900")]
    await site.world.kill()


@in_virtual_time()
async def test_a_refusal_to_read_comes_back_as_it_is_r84() -> None:
    site = await a_site(literal_wallbox(GetConfiguration=lambda _: Refusal("NotSupported", "no")))
    assert await error(site.backend, "GetConfiguration", {}) == "NotSupported"
    await site.world.kill()
