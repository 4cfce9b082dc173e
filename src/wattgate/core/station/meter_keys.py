"""Public keys of meters, as wallboxes announce them in a DataTransfer (R114)."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from wattgate.core.ocpp.splice import may_say, read_scalar

ANNOUNCEMENTS: Final = frozenset({("generalconfiguration", "setmeterconfiguration")})
"""Vendor and message id of an announcement, in lower case.

`generalConfiguration`/`setMeterConfiguration` is sent by KEBA KC-P30 and others, after each boot.
"""

LONGEST_CHARS: Final = 65_536
"""Of an announcement that is kept; one key has some 200."""


def is_meter_configuration(payload_text: str) -> bool:
    """Whether a DataTransfer payload announces the keys of meters."""
    if not any(may_say(payload_text, message_id) for _, message_id in ANNOUNCEMENTS):
        return False  # as nearly every message: most wallboxes that use DataTransfer use it a lot
    names = [read_scalar(payload_text, (name,)) for name in ("vendorId", "messageId")]
    spoken = tuple(str(name).casefold() for name in names)
    return spoken in ANNOUNCEMENTS and len(payload_text) <= LONGEST_CHARS


def announced_keys(payload_text: str, connector: int) -> tuple[str, ...]:
    """The key texts announced for a connector, and those that are said of none; each once.

    `data` is a JSON text, or the object itself where a wallbox does not write OCPP 1.6.
    """
    announced = _json(payload_text)
    data = announced.get("data") if isinstance(announced, dict) else None
    data = _json(data) if isinstance(data, str) else data
    keys = [key for at, key in _keys(data) if at in (None, str(connector))]
    return tuple(dict.fromkeys(keys))


def _keys(data: object) -> Iterator[tuple[str | None, str]]:
    meters = data.get("meters") if isinstance(data, Mapping) else None
    for meter in meters if isinstance(meters, list) else ():
        if isinstance(meter, Mapping) and isinstance(key := meter.get("publicKey"), str):
            at = meter.get("connectorId")
            yield (None if at is None else str(at)), key


def _json(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
