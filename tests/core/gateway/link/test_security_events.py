from datetime import datetime, timedelta, timezone

import pytest

from wattgate.core.gateway.link.security_events import (
    EVENT_OF,
    FROM_BACKEND,
    SecurityEvent,
    notification,
    says_without,
)
from wattgate.core.gateway.policy import POLICY, Sender
from wattgate.core.ocpp.v16.actions import decode_request
from wattgate.core.security.dial_faults import TlsFault


@pytest.mark.parametrize("event", SecurityEvent)
def test_an_event_is_a_valid_notification_with_the_time_in_utc_r38(event: SecurityEvent) -> None:
    at = datetime(2026, 5, 15, 14, tzinfo=timezone(timedelta(hours=2)))
    text = notification(event, at)
    assert text == f'{{"type":"{event.value}","timestamp":"2026-05-15T12:00:00.000Z"}}'
    decode_request("SecurityEventNotification", text)


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (TlsFault.CERTIFICATE, "InvalidCentralSystemCertificate"),
        (TlsFault.VERSION, "InvalidTLSVersion"),
        (TlsFault.CIPHERS, "InvalidTLSCipherSuite"),
    ],
)
def test_every_fault_of_tls_has_its_name_in_the_specification_r38(
    fault: TlsFault, name: str
) -> None:
    assert EVENT_OF[fault].value == name


@pytest.mark.parametrize(
    ("action", "code", "final"),
    [
        ("SecurityEventNotification", "NotImplemented", True),
        ("SecurityEventNotification", "NotSupported", True),
        ("SecurityEventNotification", "InternalError", False),
        ("StopTransaction", "NotImplemented", False),
    ],
)
def test_a_backend_without_the_extension_says_so_once_and_for_all_r38(
    action: str, code: str, final: bool
) -> None:
    assert says_without(action, code) is final


def test_the_extension_is_told_by_messages_that_nobody_else_has_r38() -> None:
    assert {POLICY[action].sender for action in FROM_BACKEND} == {Sender.BACKEND}
    assert "TriggerMessage" not in FROM_BACKEND
