import pytest

from wattgate.core.gateway.configuration.config_keys import rule_of
from wattgate.core.gateway.link.link_messages import LinkKeyChange
from wattgate.core.gateway.policy import POLICY, Decision, Sender
from wattgate.core.gateway.relaying import RELAY_WAIT_S, Ending, ending, wait_s
from wattgate.core.ocpp.frames import Call

KEY = "00112233445566778899aabbccddeeff"


def call(action: str, payload_text: str = "{}") -> Call:
    return Call("1", action, payload_text)


@pytest.mark.parametrize(
    ("sender", "action", "payload_text", "why"),
    [
        (Sender.WALLBOX, "StartTransaction", "{}", None),
        (Sender.WALLBOX, "BootNotification", "{}", None),
        (Sender.WALLBOX, "Heartbeat", "{}", None),
        (Sender.WALLBOX, "SignCertificate", "{}", Ending.SIGNING),
        (Sender.WALLBOX, "ChangeConfiguration", '{"key":"AuthorizationKey"}', None),
        (Sender.WALLBOX, "InstallCertificate", "{}", None),
        (Sender.WALLBOX, "Vendor.Special", "{}", None),
        (Sender.BACKEND, "SetChargingProfile", "{}", None),
        (Sender.BACKEND, "InstallCertificate", "{}", Ending.LINK_CERTIFICATE),
        (Sender.BACKEND, "DeleteCertificate", "{}", Ending.LINK_CERTIFICATE),
        (Sender.BACKEND, "CertificateSigned", "{}", Ending.LINK_CERTIFICATE),
        (
            Sender.BACKEND,
            "InstallCertificate",
            '{"certificateType":"ManufacturerRootCertificate"}',
            None,
        ),
        (
            Sender.BACKEND,
            "ExtendedTriggerMessage",
            '{"requestedMessage":"SignChargePointCertificate"}',
            Ending.LINK_CERTIFICATE,
        ),
        (Sender.BACKEND, "ExtendedTriggerMessage", '{"requestedMessage":"Heartbeat"}', None),
        (Sender.BACKEND, "ChangeConfiguration", '{"key":"HeartbeatInterval"}', None),
        (
            Sender.BACKEND,
            "ChangeConfiguration",
            '{"key":"HeartbeatInterval","key":"X"}',
            Ending.SEVERAL_KEYS,
        ),
        (Sender.BACKEND, "ChangeConfiguration", '{"key":7}', None),
        (Sender.BACKEND, "StartTransaction", "{}", None),
    ],
)
def test_what_re_keys_a_link_ends_here_and_all_else_passes_r13_r36_r37(
    sender: Sender, action: str, payload_text: str, why: Ending | None
) -> None:
    assert ending(call(action, payload_text), sender) is why


def test_a_key_of_the_link_ends_here_with_what_it_is_to_be_r37() -> None:
    text = f'{{"key":"authorizationKEY","value":"{KEY}"}}'
    change = LinkKeyChange(rule_of("AuthorizationKey"), KEY)
    assert ending(call("ChangeConfiguration", text), Sender.BACKEND) == change


def test_the_table_says_of_the_same_messages_that_they_do_not_pass_r36() -> None:
    kept = {action for action, rule in POLICY.items() if rule.relayed is not Decision.FORWARD}
    by_name = {
        action
        for action, rule in POLICY.items()
        for sender in (Sender.WALLBOX, Sender.BACKEND)
        if rule.sender is sender and ending(call(action), sender) is not None
    }
    assert kept == by_name


@pytest.mark.parametrize("action", ["DataTransfer", "Authorize", "Vendor.Special"])
def test_an_answer_is_waited_for_a_minute_at_least_r16(action: str) -> None:
    assert wait_s(call(action), Sender.WALLBOX) == RELAY_WAIT_S
