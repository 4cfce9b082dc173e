import pytest

from wattgate.core.gateway.policy import Sender
from wattgate.core.gateway.relaying import RELAY_WAIT_S, own_answer, wait_s
from wattgate.core.ocpp.frames import Call


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


@pytest.mark.parametrize("action", ["DataTransfer", "Authorize", "Vendor.Special"])
def test_an_answer_is_waited_for_a_minute_at_least_r16(action: str) -> None:
    assert wait_s(call(action), Sender.WALLBOX) == RELAY_WAIT_S
