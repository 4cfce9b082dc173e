"""Configuration keys that speak of connectors, in the numbers of one backend (R101, R115).

`numbers` says what the backend calls each connector of the wallbox that it has. The others are not
there for it.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from wattgate.core.gateway.configuration.config_keys import PHASE_ROTATION
from wattgate.core.gateway.configuration.config_overlay import asked_keys, key_of, text_of
from wattgate.core.gateway.configuration.config_values import names_of
from wattgate.core.ocpp.splice import read_scalar, replace_scalar, rewrite_list

_NUMBERED: Final = re.compile(r"(meterpublickey\[?)([1-9][0-9]{0,2})(\]?)", re.IGNORECASE)
"""Public keys of meters, as the application note of the OCA names them: one for each connector."""

_PLACE: Final = re.compile(r"([0-9]{1,3})\.(.+)")
"""One connector's phases in ConnectorPhaseRotation, `1.RST` (OCPP 1.6 §9.1.8)."""


def renumbered(key: str, numbers: Mapping[int, int]) -> str | None:
    """The key with its connector's other number; None where it has none. Other keys stay."""
    found = _NUMBERED.fullmatch(key.strip())
    if found is None:
        return key
    number = numbers.get(int(found[2]))
    return None if number is None else f"{found[1]}{number}{found[3]}"


def as_asked(request_text: str, numbers: Mapping[int, int]) -> tuple[str, tuple[str, ...]]:
    """A GetConfiguration with the wallbox's numbers, and what it asks of others' connectors.

    `numbers` says here what the wallbox calls each connector of the backend.
    """
    foreign = [key for key in asked_keys(request_text) if renumbered(key, numbers) is None]

    def asked(element: str) -> str | None:
        key = text_of(element)
        if key is None:
            return element
        ours = renumbered(key, numbers)
        return element if ours == key else ours and json.dumps(ours)

    return rewrite_list(request_text, "key", asked), tuple(foreign)


def as_seen(answer_text: str, numbers: Mapping[int, int]) -> str:
    """An answer to GetConfiguration with the backend's numbers, and its connectors only."""

    def listed(element: str) -> str | None:
        key = key_of(element)
        if key is None:
            return element
        seen = renumbered(key, numbers)
        if seen is None:
            return None
        if seen != key:
            return replace_scalar(element, ("key",), json.dumps(seen))
        return _rotation_seen(element, numbers) if _is_rotation(key) else element

    def unknown(element: str) -> str | None:
        key = text_of(element)
        seen = renumbered(key, numbers) if key is not None else None
        return element if seen in (key, None) else json.dumps(seen)

    answer_text = rewrite_list(answer_text, "configurationKey", listed)
    return rewrite_list(answer_text, "unknownKey", unknown)


def _is_rotation(key: str) -> bool:
    return key.strip().casefold() == PHASE_ROTATION.casefold()


def _rotation_seen(element: str, numbers: Mapping[int, int]) -> str:
    value = read_scalar(element, ("value",))
    if not isinstance(value, str):
        return element
    seen = ",".join(text for name in names_of(value) if (text := _place_seen(name, numbers)))
    return replace_scalar(element, ("value",), json.dumps(seen))


def _place_seen(name: str, numbers: Mapping[int, int]) -> str | None:
    found = _PLACE.fullmatch(name)
    if found is None:
        return name
    number = 0 if found[1] == "0" else numbers.get(int(found[1]))
    return None if number is None else f"{number}.{found[2]}"
