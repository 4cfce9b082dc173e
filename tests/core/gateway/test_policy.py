import json

import pytest
from scripts.generate_ocpp16 import read_schemas

from wattgate.core.errors import PeerError
from wattgate.core.gateway.policy import (
    COMPUTED,
    POLICY,
    Decision,
    Path,
    Rule,
    Sender,
    rule_for,
)
from wattgate.core.ocpp.v16 import actions
from wattgate.core.ocpp.v16.actions import ACTIONS, decode_response

SCHEMAS = read_schemas()
SENDERS = {
    actions.Sender.CHARGE_POINT: Sender.WALLBOX,
    actions.Sender.CENTRAL_SYSTEM: Sender.BACKEND,
    actions.Sender.BOTH: Sender.BOTH,
}
CANNED = [
    (rule.action, text)
    for rule in POLICY.values()
    if rule.action not in COMPUTED
    for text in (rule.away_answer, rule.local_answer)
    if rule.sender is not Sender.BACKEND
]

UP_ROWS = {
    "Authorize": "F F F A A",
    "BootNotification": "A A F A A",
    "DataTransfer": "F F F A A",
    "DiagnosticsStatusNotification": "F F F A A",
    "FirmwareStatusNotification": "F F F A A",
    "Heartbeat": "A A F A A",
    "LogStatusNotification": "F F F A A",
    "MeterValues": "S S F S A",
    "SecurityEventNotification": "S S F S A",
    "SignCertificate": "A A A A A",
    "SignedFirmwareStatusNotification": "F F F A A",
    "StartTransaction": "S S F S S",
    "StatusNotification": "A A F A A",
    "StopTransaction": "S S F S S",
}
"""Online, observing, relayed, away, without backend."""

DOWN_ROWS = {
    "SetChargingProfile": "V F F",
    "ClearChargingProfile": "V F F",
    "GetCompositeSchedule": "V F F",
    "CertificateSigned": "V V V",
    "DeleteCertificate": "V V V",
    "GetInstalledCertificateIds": "V V V",
    "InstallCertificate": "V V V",
}
"""Online, observing, relayed; a backend's other messages are always passed on."""


def row_of(rule: Rule) -> str:
    decisions = [rule.decide(observing=False), rule.decide(observing=True), rule.relayed]
    if rule.sender is not Sender.BACKEND:
        decisions += [rule.away, rule.local]
    return " ".join(decision.value[0].upper() for decision in decisions)


def ids_of(rule: Rule) -> set[Path]:
    return {path for path in (rule.connector, rule.transaction) if path is not None}


def test_the_table_has_a_row_for_each_of_the_39_messages_and_no_other() -> None:
    schemas = {name.removesuffix("Request") for name in SCHEMAS if name.endswith("Request")}
    assert set(POLICY) == set(ACTIONS) == schemas
    assert len(POLICY) == 39
    assert all(action == rule.action for action, rule in POLICY.items())


def test_each_message_has_its_decision_in_each_of_the_five_situations_r79() -> None:
    down = [rule for rule in POLICY.values() if rule.sender is Sender.BACKEND]
    assert {rule.action: row_of(rule) for rule in POLICY.values() if rule not in down} == UP_ROWS
    assert {rule.action: row_of(rule) for rule in down if row_of(rule) != "F F F"} == DOWN_ROWS


@pytest.mark.parametrize("action", POLICY)
def test_a_row_has_the_sender_that_the_specification_names(action: str) -> None:
    assert POLICY[action].sender is SENDERS[ACTIONS[action].sender]


@pytest.mark.parametrize("action", ["SetChargingProfile", "ClearChargingProfile"])
def test_no_profile_of_a_backend_reaches_the_wallbox_while_we_decide_r97_r98(action: str) -> None:
    rule = POLICY[action]
    assert rule.decide(observing=False) is Decision.VIRTUALISE
    assert Decision.FORWARD not in {rule.online, rule.away, rule.local}
    assert rule.decide(observing=True) is Decision.FORWARD


def test_the_composite_schedule_is_ours_to_tell_while_we_decide_r99() -> None:
    rule = POLICY["GetCompositeSchedule"]
    assert rule.decide(observing=False) is Decision.VIRTUALISE
    assert Decision.FORWARD not in {rule.online, rule.away, rule.local}
    assert rule.decide(observing=True) is Decision.FORWARD


def test_only_the_messages_of_smart_charging_differ_while_observing() -> None:
    differing = {action for action, rule in POLICY.items() if rule.observing is not None}
    assert differing == {"SetChargingProfile", "ClearChargingProfile", "GetCompositeSchedule"}
    rule = POLICY["Reset"]
    assert rule.decide(observing=True) is rule.decide(observing=False) is Decision.FORWARD


def test_a_backend_that_is_only_relayed_answers_all_but_what_would_re_key_the_wallbox_r36() -> None:
    kept = {action for action, rule in POLICY.items() if rule.relayed is not Decision.FORWARD}
    assert kept == {
        "CertificateSigned",
        "DeleteCertificate",
        "GetInstalledCertificateIds",
        "InstallCertificate",
        "SignCertificate",
    }


@pytest.mark.parametrize("action", ["StartTransaction", "StopTransaction", "MeterValues"])
def test_a_transaction_message_is_stored_whether_or_not_the_backend_is_there_r58_r71(
    action: str,
) -> None:
    rule = POLICY[action]
    assert (rule.online, rule.away) == (Decision.STORE, Decision.STORE)
    assert rule.local in {Decision.STORE, Decision.ANSWER}


@pytest.mark.parametrize(
    "action", [rule.action for rule in POLICY.values() if rule.sender is not Sender.BACKEND]
)
def test_a_wallbox_is_never_refused_and_never_waits_for_a_backend_that_is_away(action: str) -> None:
    rule = POLICY[action]
    assert {rule.away, rule.local} <= {Decision.ANSWER, Decision.STORE}


@pytest.mark.parametrize(("action", "text"), CANNED)
def test_a_canned_answer_is_one_that_the_specification_allows(action: str, text: str) -> None:
    assert json.loads(text) is not None
    decode_response(action, text)


@pytest.mark.parametrize("action", sorted(COMPUTED))
def test_no_empty_answer_would_do_where_the_answer_is_computed(action: str) -> None:
    with pytest.raises(PeerError):
        decode_response(action, "{}")


@pytest.mark.parametrize("rule", POLICY.values(), ids=POLICY)
def test_the_mapped_ids_are_those_that_the_message_has_r60_r101(rule: Rule) -> None:
    properties = SCHEMAS[f"{rule.action}Request"].get("properties", {})
    profile = properties.get("csChargingProfiles", {}).get("properties", {})
    assert {path[0] for path in ids_of(rule) if len(path) == 1} == {
        key for key in ("connectorId", "transactionId") if key in properties
    }
    assert (("csChargingProfiles", "transactionId") in ids_of(rule)) is ("transactionId" in profile)
    answer = SCHEMAS[f"{rule.action}Response"].get("properties", {})
    assert (rule.answer_connector is not None) is ("connectorId" in answer)


def test_every_wait_is_bounded_and_that_for_a_card_shorter_than_a_wallboxs_patience_r16() -> None:
    assert POLICY["Authorize"].timeout_s == 20.0
    assert POLICY["DataTransfer"].timeout_s == 60.0  # a person may be asked for a card (R118)
    assert all(0.0 < rule.timeout_s <= 60.0 for rule in POLICY.values())


@pytest.mark.parametrize("action", ["CertificateSigned", "DeleteCertificate", "InstallCertificate"])
def test_a_backend_does_not_re_key_the_wallboxs_link_r36_r37(action: str) -> None:
    rule = POLICY[action]
    decisions = {rule.decide(observing=True), rule.decide(observing=False), rule.relayed}
    assert decisions == {Decision.VIRTUALISE}


def test_of_a_report_of_progress_the_last_one_is_kept_for_a_backend_that_is_away() -> None:
    kept = {action for action, rule in POLICY.items() if rule.keeps_last}
    assert kept == {
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "LogStatusNotification",
        "SignedFirmwareStatusNotification",
    }
    assert all(POLICY[action].away is Decision.ANSWER for action in kept)


@pytest.mark.parametrize(
    ("action", "sender", "known"),
    [
        ("Heartbeat", Sender.WALLBOX, True),
        ("Heartbeat", Sender.BACKEND, False),
        ("Reset", Sender.BACKEND, True),
        ("Reset", Sender.WALLBOX, False),
        ("DataTransfer", Sender.WALLBOX, True),
        ("DataTransfer", Sender.BACKEND, True),
        ("Foo", Sender.WALLBOX, False),
        ("heartbeat", Sender.WALLBOX, False),
        ("", Sender.BACKEND, False),
    ],
)
def test_a_message_has_a_row_only_from_the_side_that_may_send_it_r11(
    action: str, sender: Sender, known: bool
) -> None:
    rule = rule_for(action, sender)
    assert (rule is not None) is known
    assert rule is None or rule.action == action
