"""What the wallboxes say and what the backend answers, the same through every subject."""

from typing import Final

SUBPROTOCOL: Final = "ocpp1.6"

BOOT: Final = '{"chargePointVendor":"Bench","chargePointModel":"Relay"}'
BOOT_ACCEPTED: Final = '{"status":"Accepted","currentTime":"2026-01-01T00:00:00Z","interval":86400}'

QUESTION: Final = '{"vendorId":"org.example.bench","messageId":"reading","data":"%s"}' % ("x" * 200)
ANSWER: Final = '{"status":"Accepted","data":"%s"}' % ("y" * 230)
"""With its envelope, each message has some 300 bytes."""


def call(unique_id: str, action: str, payload_text: str) -> str:
    """Write a CALL (OCPP-J 1.6 §4.2.1); an id with nothing to escape."""
    return f'[2,"{unique_id}","{action}",{payload_text}]'


def result(unique_id: str, payload_text: str) -> str:
    """Write a CALLRESULT (OCPP-J 1.6 §4.2.2)."""
    return f'[3,"{unique_id}",{payload_text}]'
