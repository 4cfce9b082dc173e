"""What the software wallbox prints: an event as a JSON line, or in words."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from wattgate.core.wallbox.effects import Fact, Happened
from wattgate.core.wallbox.moment import stamp

WORDS: Final[Mapping[str, str]] = {
    "api": "programs of this machine find it at {url}",
    "authorized": "card {id_tag} at connector {connector}: {status}",
    "boot": "boot {status}, interval {interval_s} s",
    "card": "card {id_tag}",
    "certificate-requested": "asked for a certificate of {subject}, taken {taken}",
    "certificate-taken-back": "the new certificate is taken back: {reason}",
    "certificates": "{action} {status}: {what}",
    "command": "asked for {action}",
    "connected": "connected",
    "data": "vendor data of {vendor} {message_id}: {data}",
    "data-answer": "vendor data answered: {status} {data}",
    "decides": (
        "{by} decides: {current_a} A (Modbus {modbus_a}, OCPP {ocpp_a}), pilot {pilot}, "
        "{phases} phases"
    ),
    "disconnected": "disconnected {reason}",
    "given-up": "{action} given up: the central system does not take it",
    "ignored": "{action} not answered: this wallbox is not accepted",
    "limit": "connector {connector} may draw {current_a:.1f} A",
    "meter": "connector {connector}: {energy_wh} Wh, {power_w} W, {current_a} A of {offered_a} A",
    "meter-key": "its meter signs; the public key is {public_key}",
    "modbus": "Modbus slave at {place}, unit {unit}",
    "not-connected": "not connected ({step}): {reason}",
    "problem": "{what}",
    "profile": "profile {profile_id} ({purpose}) on connector {connector}",
    "reader": "{what}",
    "received": "<- {text}",
    "reset": "{type} reset",
    "restart": "starting anew",
    "secured": "the connection is {what}",
    "sent": "-> {text}",
    "started": "transaction {transaction_id} on connector {connector}, card {id_tag}: {status}",
    "starting": "transaction of {id_tag} begins on connector {connector}",
    "state": (
        "connector {connector}: {status}, plugged {plugged}, transaction {transaction_id}, "
        "{current_a} A of {offered_a} A (may {limit_a} A), {power_w} W, {energy_wh} Wh, "
        "battery {soc_percent} %, online {online}, {queued} queued, profiles {profiles}, "
        "clock {clock}"
    ),
    "status": "connector {connector} is {status} ({error_code})",
    "stopped": (
        "transaction {transaction_id} on connector {connector} ended: {reason}, {energy_wh} Wh"
    ),
    "watchdog": "the Modbus master is {master}",
}
"""Every event in words."""


def json_line(station_id: str, at: datetime, event: Happened) -> str:
    """The event as one line of JSON."""
    facts: dict[str, Fact] = {"event": event.kind, "id": station_id, "at": stamp(at)}
    return json.dumps({**facts, **event.facts}, ensure_ascii=False)


def plain_line(at: datetime, event: Happened) -> str:
    """The event in words, with the time of the place."""
    words = WORDS[event.kind].format_map(event.facts)
    if "refused" in event.facts:
        words += f", refused with {event.facts['refused']}"
    # A peer's text may hold what a terminal would obey.
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
    return f"{at.astimezone():%H:%M:%S} {safe}"
