import pytest

from wattgate.core.gateway.policy import Sender
from wattgate.core.gateway.relaying import RELAY_WAIT_S, new_key, own_answer, wait_s
from wattgate.core.ocpp.frames import Call

KEY = "00112233445566778899aabbccddeeff"


def call(action: str, payload_text: str = "{}") -> Call:
    return Call("1", action, payload_text)


@pytest.mark.parametrize(
    ("sender", "action", "payload_text", "answer"),
    [
        (Sender.WALLBOX, "StartTransaction", "{}", None),
        (Sender.WALLBOX, "BootNotification", "{}", None),
        (Sender.WALLBOX, "Heartbeat", "{}", None),
        (Sender.WALLBOX, "SignCertificate", "{}", '{"status":"Rejected"}'),
        (Sender.BACKEND, "SetChargingProfile", "{}", None),
        (Sender.BACKEND, "InstallCertificate", "{}", '{"status":"Rejected"}'),
        (Sender.BACKEND, "DeleteCertificate", "{}", '{"status":"Failed"}'),
        (Sender.BACKEND, "GetInstalledCertificateIds", "{}", '{"status":"NotFound"}'),
        (
            Sender.BACKEND,
            "ChangeConfiguration",
            '{"key":"authorizationkey"}',
            '{"status":"Rejected"}',
        ),
        (
            Sender.BACKEND,
            "ChangeConfiguration",
            '{"key":"SecurityProfile"}',
            '{"status":"Rejected"}',
        ),
        (Sender.BACKEND, "ChangeConfiguration", '{"key":"HeartbeatInterval"}', None),
        (
            Sender.BACKEND,
            "ChangeConfiguration",
            '{"key":"HeartbeatInterval","key":"X"}',
            '{"status":"Rejected"}',
        ),
        (
            Sender.BACKEND,
            "ChangeConfiguration",
            '{"key":" AuthorizationKey\\u0000x"}',
            '{"status":"Rejected"}',
        ),
        (Sender.BACKEND, "ChangeConfiguration", '{"key":7}', None),
        (Sender.WALLBOX, "ChangeConfiguration", '{"key":"AuthorizationKey"}', None),
        (Sender.WALLBOX, "Vendor.Special", "{}", None),
        (Sender.BACKEND, "StartTransaction", "{}", None),
    ],
)
def test_what_re_keys_a_link_ends_here_and_all_else_passes_r13_r37(
    sender: Sender, action: str, payload_text: str, answer: str | None
) -> None:
    assert own_answer(call(action, payload_text), sender) == answer


@pytest.mark.parametrize(
    ("action", "payload_text", "key"),
    [
        ("ChangeConfiguration", f'{{"key":"AuthorizationKey","value":"{KEY}"}}', KEY),
        ("ChangeConfiguration", f'{{"key":"authorizationKEY","value":"{KEY}"}}', KEY),
        ("ChangeConfiguration", f'{{"key":" AuthorizationKey","value":"{KEY}"}}', KEY),
        ("ChangeConfiguration", f'{{"key":"CpoName","value":"{KEY}"}}', None),
        ("ChangeConfiguration", '{"key":"AuthorizationKey","value":"short"}', None),
        ("ChangeConfiguration", '{"key":"AuthorizationKey","value":7}', None),
        ("ChangeConfiguration", '{"key":"AuthorizationKey"}', None),
        ("ChangeConfiguration", f'{{"key":"AuthorizationKey","key":"X","value":"{KEY}"}}', None),
        ("DataTransfer", f'{{"key":"AuthorizationKey","value":"{KEY}"}}', None),
    ],
)
def test_only_a_sound_key_re_keys_the_backends_own_link_r37(
    action: str, payload_text: str, key: str | None
) -> None:
    assert new_key(call(action, payload_text)) == key


@pytest.mark.parametrize("action", ["DataTransfer", "Authorize", "Vendor.Special"])
def test_an_answer_is_waited_for_a_minute_at_least_r16(action: str) -> None:
    assert wait_s(call(action), Sender.WALLBOX) == RELAY_WAIT_S
