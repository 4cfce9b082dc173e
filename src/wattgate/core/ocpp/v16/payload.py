"""What all payloads of OCPP 1.6 share."""

import msgspec


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """An object of a payload; None is a field that is absent.

    A null that arrives counts as absent, unknown fields are ignored (R14); neither is written.
    """


def payload_text(payload: Payload) -> str:
    """Write a payload as JSON, with the field names of the schemas."""
    return msgspec.json.encode(payload).decode()
