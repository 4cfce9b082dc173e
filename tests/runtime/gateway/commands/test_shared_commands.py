"""What a backend commands where several EVSEs share its login."""

import asyncio
import json

import pytest
from tests.support.frames import Refusal, error, result, settled
from tests.support.shared_login import SharedLogin, a_shared_login, heard
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Answer, Json

from wattgate.runtime.gateway.commands.shared_commands import CAR_AWAITED_S

ACCEPTED = {"status": "Accepted"}
REJECTED = {"status": "Rejected"}
HASH = {"hashAlgorithm": "SHA256", "issuerNameHash": "0", "issuerKeyHash": "0", "serialNumber": "1"}


def say(site: SharedLogin, action: str, **answers: Json) -> None:
    """What each wallbox will answer, by EVSE id."""
    for name, answer in answers.items():
        script: Answer = lambda _, answer=answer: answer  # type: ignore[misc]  # noqa: E731 - default binds it
        site.sharers[name].wallbox.answers[action] = script


def profile(profile_id: int = 1, purpose: str = "TxDefaultProfile", **more: Json) -> Json:
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": more.pop("limit", 10.0)}],
    }
    return {
        "chargingProfileId": profile_id,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute" if purpose != "TxProfile" else "Relative",
        "chargingSchedule": schedule,
        **more,
    }


def caps(site: SharedLogin) -> dict[str, float]:
    """What the backend's profiles allow, by EVSE id; without those that it does not limit."""
    allowed = {name: each.evse.cap_a() for name, each in site.sharers.items()}
    return {name: cap_a for name, cap_a in allowed.items() if cap_a is not None}


# By connector


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeAvailability", {"type": "Operative"}),
        ("RemoteStartTransaction", {"idTag": "04A1"}),
        ("ReserveNow", {"expiryDate": "x", "idTag": "a", "reservationId": 1}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
        ("ExtendedTriggerMessage", {"requestedMessage": "MeterValues"}),
        ("UnlockConnector", {}),
    ],
)
@in_virtual_time()
async def test_p16_a_command_reaches_the_evse_of_its_connector_and_no_other_r101(
    action: str, payload: Json
) -> None:
    site = await a_shared_login()
    for number, name in ((2, "b"), (1, "a"), (3, "c")):
        await result(site.backend, action, payload | {"connectorId": number})
        assert heard(site.sharers.values(), action) == {name: [payload | {"connectorId": 1}]}
        site.sharers[name].wallbox.calls.clear()
    await site.stop()


@pytest.mark.parametrize("observing", [False, True])
@in_virtual_time()
async def test_r101_a_connector_that_nobody_has_is_refused_as_ever(*, observing: bool) -> None:
    site = await a_shared_login(observing=observing)
    for action in ("ChangeAvailability", "RemoteStartTransaction", "TriggerMessage"):
        assert (
            await error(site.backend, action, {"connectorId": 4}) == "PropertyConstraintViolation"
        )
    unlocked = await result(site.backend, "UnlockConnector", {"connectorId": 4})
    assert unlocked == {"status": "NotSupported"}
    asked = {"connectorId": 4, "duration": 60}
    assert await result(site.backend, "GetCompositeSchedule", asked) == REJECTED
    assert await error(site.backend, "NoSuchAction", {}) == "NotImplemented"
    assert not any(each.wallbox.calls for each in site.sharers.values())
    await site.stop()


# By transaction


@in_virtual_time()
async def test_p16_a_stop_reaches_the_evse_of_its_transaction_r74() -> None:
    site = await a_shared_login()
    ours = {name: await site.sharers[name].start() for name in "cab"}
    for name, theirs in (("a", 9002), ("b", 9003), ("c", 9001)):
        stopped = await result(site.backend, "RemoteStopTransaction", {"transactionId": theirs})
        assert stopped == ACCEPTED
        assert heard(site.sharers.values(), "RemoteStopTransaction") == {
            name: [{"transactionId": ours[name]}]
        }
        site.sharers[name].wallbox.calls.clear()
    for unknown in (9004, ours["a"], "9001", None):
        asked = {"transactionId": unknown}
        assert await result(site.backend, "RemoteStopTransaction", asked) == REJECTED
    await site.sharers["c"].stop(ours["c"])
    late = await result(site.backend, "RemoteStopTransaction", {"transactionId": 9001})
    assert late == ACCEPTED  # the wallbox knows best
    assert list(heard(site.sharers.values(), "RemoteStopTransaction")) == ["c"]
    await site.stop()


@in_virtual_time()
async def test_r74_where_a_backend_gives_an_id_twice_the_transaction_that_runs_is_meant() -> None:
    site = await a_shared_login("a", "b")
    same = {"idTagInfo": ACCEPTED, "transactionId": 1}
    site.backend.answers["StartTransaction"] = lambda _: same
    ours = {name: await site.sharers[name].start() for name in "ab"}
    await site.sharers["b"].stop(ours["b"])
    assert await result(site.backend, "RemoteStopTransaction", {"transactionId": True}) == REJECTED
    assert await result(site.backend, "RemoteStopTransaction", {"transactionId": 1}) == ACCEPTED
    assert heard(site.sharers.values(), "RemoteStopTransaction") == {
        "a": [{"transactionId": ours["a"]}]
    }
    await site.stop()


def costs(transaction: int) -> Json:
    """What a session costs, for the display."""
    data = json.dumps({"transactionId": transaction, "cost": 1.5})
    return {"vendorId": "org.openchargealliance.costmsg", "messageId": "RunningCost", "data": data}


@in_virtual_time()
async def test_r118_costs_that_are_not_mapped_pass_to_one_as_they_are() -> None:
    site = await a_shared_login()
    await site.sharers["c"].start()
    for name in "ab":
        await result(site.backend, "DataTransfer", costs(9001))
        assert heard(site.sharers.values(), "DataTransfer") == {name: [costs(9001)]}
        site.sharers[name].wallbox.calls.clear()
        site.sharers[name].wallbox.hang_up()
        await settled()
    await site.stop()


@in_virtual_time()
async def test_r118_costs_are_shown_where_the_car_is() -> None:
    site = await a_shared_login()
    for each in site.sharers.values():
        (gateway,) = each.evse.settings.gateways
        object.__setattr__(gateway, "map_cost_messages", True)
    await site.sharers["a"].start()
    ours = await site.sharers["b"].start()

    await result(site.backend, "DataTransfer", costs(9002))
    ((name, (told,)),) = heard(site.sharers.values(), "DataTransfer").items()
    assert (name, json.loads(told["data"])["transactionId"]) == ("b", ours)  # type: ignore[index]  # JSON
    assert await result(site.backend, "DataTransfer", costs(9009)) == REJECTED
    site.sharers["b"].wallbox.calls.clear()
    await result(site.backend, "DataTransfer", {"vendorId": "v"})
    assert list(heard(site.sharers.values(), "DataTransfer")) == ["a"]
    await site.stop()


# To all


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("Reset", {"type": "Soft"}, "Rejected"),
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, "Scheduled"),
        ("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "60"}, "NotSupported"),
        ("ClearCache", {}, "Rejected"),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}, "VersionMismatch"),
    ],
)
@in_virtual_time()
async def test_p16_what_is_for_all_is_done_where_all_have_done_it(
    action: str, payload: Json, answer: str
) -> None:
    site = await a_shared_login()
    say(site, action, a=ACCEPTED, b={"status": answer}, c=ACCEPTED)
    assert await result(site.backend, action, payload) == {"status": answer}
    assert heard(site.sharers.values(), action) == {name: [payload] for name in "abc"}
    say(site, action, b=ACCEPTED)
    assert await result(site.backend, action, payload) == ACCEPTED
    say(site, action, c=Refusal("InternalError", "no"))
    assert await error(site.backend, action, payload) == "InternalError"
    await site.stop()


@in_virtual_time()
async def test_p16_a_reservation_is_cancelled_where_it_is() -> None:
    site = await a_shared_login()
    say(site, "CancelReservation", a=REJECTED, b=ACCEPTED, c=Refusal())
    assert await result(site.backend, "CancelReservation", {"reservationId": 4}) == ACCEPTED
    say(site, "CancelReservation", b=REJECTED)
    assert await result(site.backend, "CancelReservation", {"reservationId": 4}) == REJECTED
    await site.stop()


@in_virtual_time()
async def test_r55_the_list_has_the_version_that_all_have() -> None:
    site = await a_shared_login()
    for versions, common in (((3, 3, 3), 3), ((3, 2, 3), 0)):
        told = ({"listVersion": version} for version in versions)
        say(site, "GetLocalListVersion", **dict(zip("abc", told, strict=True)))
        assert await result(site.backend, "GetLocalListVersion", {}) == {"listVersion": common}
    await site.stop()


@in_virtual_time()
async def test_r37_a_key_of_the_login_is_changed_once_and_no_wallbox_hears_of_it() -> None:
    site = await a_shared_login()
    change = {"key": "AuthorizationKey", "value": "0123456789ABCDEF0123456789ABCDEF"}
    assert (await result(site.backend, "ChangeConfiguration", change))["status"] == "Accepted"
    await site.backend.got("BootNotification")
    assert heard(site.sharers.values(), "ChangeConfiguration") == {}
    await site.stop()


@in_virtual_time()
async def test_r80_what_is_kept_for_the_backend_is_the_same_for_all_and_told_where_it_matters() -> (
    None
):
    site = await a_shared_login("a", "b")
    say(site, "ChangeConfiguration", a=ACCEPTED, b=ACCEPTED)
    change = {"key": "MeterValueSampleInterval", "value": "77"}
    assert await result(site.backend, "ChangeConfiguration", change) == ACCEPTED
    asked = {"key": ["MeterValueSampleInterval"]}
    say(site, "GetConfiguration", a={"configurationKey": [], "unknownKey": asked["key"]})
    told = await result(site.backend, "GetConfiguration", asked)
    assert [each["value"] for each in told["configurationKey"]] == ["77"]
    norths = {each.evse.north for each in site.sharers.values()}
    assert len(norths) == 1
    await site.stop()


@in_virtual_time()
async def test_r84_the_configuration_is_read_from_one_and_says_how_many_connectors_there_are() -> (
    None
):
    site = await a_shared_login()
    own = [
        {"key": "NumberOfConnectors", "value": "1", "readonly": True},
        {"key": "Other", "value": "x", "readonly": False},
    ]
    say(site, "GetConfiguration", a={"configurationKey": own})
    told = await result(site.backend, "GetConfiguration", {"key": ["NumberOfConnectors", "Other"]})
    assert told["configurationKey"] == [own[0] | {"value": "3"}, own[1]]
    assert list(heard(site.sharers.values(), "GetConfiguration")) == ["a"]
    await site.stop()


@pytest.mark.parametrize(
    ("payload", "who"),
    [
        ({"requestedMessage": "StatusNotification"}, "abc"),
        ({"requestedMessage": "MeterValues"}, "abc"),
        ({"requestedMessage": "StatusNotification", "connectorId": 0}, "a"),
        ({"requestedMessage": "FirmwareStatusNotification"}, "a"),
        ({"requestedMessage": "Heartbeat"}, ""),
        ({"requestedMessage": "BootNotification"}, ""),
    ],
)
@in_virtual_time()
async def test_r88_what_is_triggered_comes_from_whoever_knows_it(payload: Json, who: str) -> None:
    site = await a_shared_login()
    await result(site.backend, "TriggerMessage", payload)
    assert heard(site.sharers.values(), "TriggerMessage") == {name: [payload] for name in who}
    await settled()
    assert len(site.backend.all_of("Heartbeat")) == (payload["requestedMessage"] == "Heartbeat")
    await site.stop()


@pytest.mark.parametrize("action", ["GetInstalledCertificateIds", "DeleteCertificate"])
@in_virtual_time()
async def test_r37_certificates_are_those_of_the_login(action: str) -> None:
    site = await a_shared_login()
    asked = {
        "certificateType": "CentralSystemRootCertificate",
        "certificateHashData": HASH,
    }
    assert (await result(site.backend, action, asked))["status"] == "NotFound"
    assert not any(each.wallbox.calls for each in site.sharers.values())
    await site.stop()


@in_virtual_time()
async def test_p16_a_wallbox_that_is_away_keeps_nobody_from_asking_the_others() -> None:
    site = await a_shared_login()
    site.sharers["a"].wallbox.hang_up()
    await settled()
    say(site, "GetConfiguration", b={"configurationKey": []})
    assert "configurationKey" in await result(site.backend, "GetConfiguration", {})
    await result(site.backend, "DataTransfer", {"vendorId": "v"})
    assert list(heard(site.sharers.values(), "DataTransfer")) == ["b"]
    for action in ("Reset", "ClearCache"):
        say(site, action, b=ACCEPTED, c=ACCEPTED)
        assert await result(site.backend, action, {"type": "Soft"}) == ACCEPTED
    say(site, "ChangeAvailability", b=ACCEPTED, c=ACCEPTED)
    off = {"connectorId": 0, "type": "Inoperative"}
    assert await error(site.backend, "ChangeAvailability", off) == "GenericError"
    for name in "bc":
        site.sharers[name].wallbox.hang_up()
    await settled()
    for action in ("Reset", "GetConfiguration"):
        assert await error(site.backend, action, {}) == "GenericError"
    await site.stop()


# A start that names no connector


@in_virtual_time()
async def test_p16_a_start_without_a_connector_is_for_a_free_one_rather_with_a_car_r101() -> None:
    site = await a_shared_login()
    expected = {"idTag": "04A1", "connectorId": 1}

    async def start() -> str | None:
        answer = await result(site.backend, "RemoteStartTransaction", {"idTag": "04A1"})
        told = heard(site.sharers.values(), "RemoteStartTransaction")
        for each in site.sharers.values():
            each.wallbox.calls.clear()
        if answer == REJECTED:
            assert told == {}
            return None
        ((name, payloads),) = told.items()
        assert payloads == [expected]
        return name

    await site.sharers["c"].report("Preparing")
    assert await start() == "c"
    assert await start() == "a"  # the one before is taken, its start is only late
    await site.sharers["a"].start()
    await site.sharers["a"].report("Charging")
    assert await start() == "b"
    await site.sharers["b"].report("Faulted")
    assert await start() == "c"
    await site.sharers["c"].report("Unavailable")
    assert await start() is None
    await site.sharers["b"].report("Available")
    site.sharers["b"].wallbox.hang_up()
    await settled()
    assert await start() is None
    await site.stop()


@in_virtual_time()
async def test_p16_where_no_car_came_in_time_the_next_start_may_be() -> None:
    site = await a_shared_login("a", "b")
    await site.sharers["a"].report("Preparing")
    for _ in range(2):
        await result(site.backend, "RemoteStartTransaction", {"idTag": "04A1"})
        await asyncio.sleep(CAR_AWAITED_S)
    assert list(heard(site.sharers.values(), "RemoteStartTransaction")) == ["a"]
    await site.stop()


@in_virtual_time()
async def test_p16_where_a_transaction_has_begun_nothing_else_is_started() -> None:
    site = await a_shared_login("a", "b")
    await site.sharers["a"].report("Preparing")
    await site.sharers["a"].start()
    await site.sharers["b"].report("Faulted")
    answer = await result(site.backend, "RemoteStartTransaction", {"idTag": "04A1"})
    assert (answer, heard(site.sharers.values(), "RemoteStartTransaction")) == (REJECTED, {})
    await site.stop()


@in_virtual_time()
async def test_p16_a_reservation_of_any_connector_is_for_a_free_one() -> None:
    site = await a_shared_login()
    await site.sharers["a"].report("Faulted")
    asked = {"connectorId": 0, "expiryDate": "x", "idTag": "a", "reservationId": 1}
    say(site, "ReserveNow", b=ACCEPTED)
    assert await result(site.backend, "ReserveNow", asked) == ACCEPTED
    told = asked | {"connectorId": 1}  # it is the gateway that chooses (R102)
    assert heard(site.sharers.values(), "ReserveNow") == {"b": [told]}
    await site.stop()


# Profiles


@pytest.mark.parametrize("observing", [False, True])
@in_virtual_time()
async def test_p16_a_profile_limits_the_evses_that_it_is_for_r97(*, observing: bool) -> None:
    site = await a_shared_login(observing=observing)

    async def set_profile(connector: int, settings: Json) -> Json:
        payload = {"connectorId": connector, "csChargingProfiles": settings}
        answer = (await result(site.backend, "SetChargingProfile", payload))["status"]
        await settled()
        return answer

    assert await set_profile(2, profile(1, limit=8.0)) == "Accepted"
    assert caps(site) == {"b": 8.0}
    assert await set_profile(0, profile(2, limit=12.0, stackLevel=1)) == "Accepted"
    assert caps(site) == {"a": 12.0, "b": 8.0, "c": 12.0}  # its own counts (16 §3.13.1)
    assert await set_profile(0, profile(9, "ChargePointMaxProfile")) == "Rejected"
    if not observing:
        assert await set_profile(0, profile(9, "TxProfile")) == "Rejected"
    assert await set_profile(3, profile(2, limit=9.0, stackLevel=1)) == "Accepted"
    assert caps(site) == {"b": 8.0, "c": 9.0}  # the id has gone over to connector 3
    told = heard(site.sharers.values(), "SetChargingProfile")
    assert (sorted(told) == ["a", "b", "c"]) is observing
    cleared = await result(site.backend, "ClearChargingProfile", {"connectorId": 3})
    assert (cleared, caps(site)) == (ACCEPTED, {"b": 8.0})
    if not observing:
        again = await result(site.backend, "ClearChargingProfile", {"id": 2, "connectorId": 9})
        assert again == {"status": "Unknown"}
    cleared = await result(site.backend, "ClearChargingProfile", {})
    assert (cleared, caps(site)) == (ACCEPTED, {})
    await site.stop()


@pytest.mark.parametrize("observing", [False, True])
@in_virtual_time()
async def test_p16_a_profile_of_a_transaction_is_for_its_evse_alone_r92(*, observing: bool) -> None:
    site = await a_shared_login(observing=observing)
    ours = {name: await site.sharers[name].start() for name in "ab"}
    settings = profile(1, "TxProfile", transactionId=9002, limit=7.0)
    for connector, answer in ((1, "Rejected"), (3, "Rejected"), (2, "Accepted")):
        payload = {"connectorId": connector, "csChargingProfiles": settings}
        told = await result(site.backend, "SetChargingProfile", payload)
        assert told["status"] == answer
    await settled()
    assert caps(site) == {"b": 7.0}
    if observing:
        (sent,) = heard(site.sharers.values(), "SetChargingProfile").pop("b")
        assert sent["csChargingProfiles"]["transactionId"] == ours["b"]  # type: ignore[index]  # JSON
    await site.stop()


@in_virtual_time()
async def test_r99_connector_0_may_draw_what_all_may_together() -> None:
    site = await a_shared_login()
    payload = {"connectorId": 2, "csChargingProfiles": profile(1, limit=8.0)}
    await result(site.backend, "SetChargingProfile", payload)
    limits = {}
    for connector in (0, 1, 2):
        asked = {"connectorId": connector, "duration": 60}
        answer = await result(site.backend, "GetCompositeSchedule", asked)
        assert answer["connectorId"] == connector
        ((period),) = answer["chargingSchedule"]["chargingSchedulePeriod"]
        limits[connector] = period["limit"]
    assert limits == {0: 40.0, 1: 16.0, 2: 8.0}
    await site.stop()


@in_virtual_time()
async def test_r98_what_could_not_be_cleared_everywhere_was_not_cleared() -> None:
    site = await a_shared_login(observing=True)
    say(site, "ClearChargingProfile", a={"status": "Unknown"}, b=Refusal(), c=ACCEPTED)
    assert await error(site.backend, "ClearChargingProfile", {}) == "InternalError"
    await site.stop()


@in_virtual_time()
async def test_r93_only_a_profile_that_is_taken_has_the_place_of_another_elsewhere() -> None:
    site = await a_shared_login(observing=True)

    async def set_profile(connector: int, profile_id: int) -> None:
        payload = {"connectorId": connector, "csChargingProfiles": profile(profile_id)}
        await result(site.backend, "SetChargingProfile", payload)
        await settled()

    await set_profile(1, 1)
    say(site, "SetChargingProfile", b=REJECTED)
    await set_profile(2, 1)
    await set_profile(3, 2)
    assert (caps(site), heard(site.sharers.values(), "ClearChargingProfile")) == (
        {"a": 10.0, "c": 10.0},
        {},
    )
    say(site, "SetChargingProfile", b=ACCEPTED)
    await set_profile(2, 1)
    assert heard(site.sharers.values(), "ClearChargingProfile") == {"a": [{"id": 1}]}
    assert caps(site) == {"b": 10.0, "c": 10.0}
    await site.stop()


# One alone


@in_virtual_time()
async def test_p16_an_evse_that_shares_with_nobody_yet_is_all_that_there_is() -> None:
    site = await a_shared_login("a")
    payload = {"connectorId": 0, "csChargingProfiles": profile(9, "ChargePointMaxProfile")}
    assert await result(site.backend, "SetChargingProfile", payload) == ACCEPTED
    assert caps(site) == {"a": 10.0}
    say(site, "GetConfiguration", a={"configurationKey": []})
    told = await result(site.backend, "GetConfiguration", {"key": ["NumberOfConnectors"]})
    assert told["configurationKey"][0]["value"] == "1"
    await site.stop()
