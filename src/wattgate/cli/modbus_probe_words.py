"""What a wallbox on Modbus said, in words. What it says of itself cannot steer the terminal."""

from collections.abc import Iterator
from typing import Final

import msgspec

from wattgate.cli.modbus_lists import columns
from wattgate.cli.modbus_probe import Look, Row
from wattgate.core.modbus.commands import allowed_a, can
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.wallbox_values import SetFailSafe, WallboxValues
from wattgate.core.wallbox.sensed import NO_ERROR, Pilot

UNITS: Final = {
    "energy": "Wh",
    "power": "W",
    "current_l1": "A",
    "current_l2": "A",
    "current_l3": "A",
    "limit": "A",
    "signalled": "A",
    "waking": "s",
    "fail_safe_time": "s",
    "fail_safe_current": "A",
}
"""In what the manager reckons what a register says, by its role."""

PILOTS: Final = {
    Pilot.A: "no car",
    Pilot.B: "a car that does not charge",
    Pilot.C: "a car charges, or may",
    Pilot.D: "a car charges, or may, and wants ventilation",
    Pilot.E: "no power, or a short circuit",
    Pilot.F: "a fault, or out of service",
}


def everything(where: str, definition: Definition, look: Look) -> Iterator[str]:
    """A whole look: what it is, its registers, what the manager makes of them."""
    yield f"{where}, read as {definition.name} ({definition.title})"
    yield ""
    head = ("register", "table", "address", "words", "says")
    yield from columns([head, *(_cells(row) for row in look.rows)])
    if not look.has_answers:
        return
    yield ""
    yield "What the manager would make of it:"
    facts = [(name, words) for name, words in _facts(definition, look) if words]
    yield from (f"  {line}" for line in columns(facts))


def after(passed_s: float) -> str:
    """How long somebody has been watching."""
    return f"+{passed_s:5.0f} s"


def changes(before: Look, now: Look) -> Iterator[str]:
    """The registers that say something else than before, one per line."""
    for old, new in zip(before.rows, now.rows, strict=True):
        if (old.words, old.refusal) != (new.words, new.refusal):
            yield f"{new.role}: {says(old)} -> {says(new)}"


def says(row: Row) -> str:
    """What one register says, in its unit."""
    if row.refusal:
        optional = "; the definition knows that not every firmware has it"
        return row.refusal + (optional if row.point.optional else "")
    value = "" if row.value is None else str(row.value)
    return _plain(f"{value} {UNITS.get(row.role, '')}".rstrip()) or "nothing"


def as_json(where: str, look: Look) -> str:
    """A whole look in one line of JSON."""
    registers = [
        {
            "role": row.role,
            "table": row.point.table,
            "address": row.point.address,
            "words": row.words,
            "value": row.value,
            "refusal": row.refusal,
        }
        for row in look.rows
    ]
    facts = {
        "address": where,
        "registers": registers,
        "model": look.model,
        "values": look.values,
        "unknown_state": look.unknown_state,
        "absurd": look.absurd,
    }
    return msgspec.json.encode(facts).decode()


def _cells(row: Row) -> tuple[str, ...]:
    words = " ".join(f"{word:04x}" for word in row.words[:4]) + (" …" if row.words[4:] else "")
    return row.role, row.point.table.value, str(row.point.address), words, says(row)


def _facts(definition: Definition, look: Look) -> Iterator[tuple[str, str]]:
    values, model = look.values, look.model
    parts = (model.vendor, model.model, model.firmware and f"firmware {model.firmware}")
    yield "model", _plain(" ".join(filter(None, parts)))
    yield "serial number", _plain(model.serial)
    yield "state", f"{values.pilot.value}: {PILOTS[values.pilot]}"
    yield "unknown", look.unknown_state and f"{look.unknown_state} is no state of {definition.name}"
    yield "not believed", ", ".join(look.absurd)
    yield "error", "" if values.error_code == NO_ERROR else values.error_code
    yield "draws", _drawn(values)
    yield "counter", _in("Wh", values.energy_wh)
    yield "may draw", _allowed(values)
    yield "tells the car", _in("A", values.signalled_a)
    yield "phases", "" if values.phases is None else str(values.phases)
    yield "card", _plain(values.card)
    yield "without a master", _fail_safe(definition, values)


def _drawn(values: WallboxValues) -> str:
    currents = "" if values.currents_a is None else " / ".join(f"{a:g}" for a in values.currents_a)
    parts = (currents and f"{currents} A", _in("W", values.power_w))
    return ", ".join(filter(None, parts)) or "not measured: counted with what it may draw"


def _allowed(values: WallboxValues) -> str:
    told_a = allowed_a(values)
    if told_a is None:
        return "it does not say"
    is_off = values.is_enabled is False and values.limit_a is not None
    return f"{told_a:g} A per phase" + (f" ({values.limit_a:g} A once enabled)" if is_off else "")


def _fail_safe(definition: Definition, values: WallboxValues) -> str:
    if not can(definition, SetFailSafe):
        return "goes on as it is: it has no fail-safe, and counts for its maximum while silent"
    if values.fail_safe_s is None:
        return "it does not say; the manager sets it"
    if values.fail_safe_s == 0:
        return "goes on as it is, until the manager sets its fail-safe"
    return f"{_in('A', values.fail_safe_a) or 'its own current'} after {values.fail_safe_s:g} s"


def _in(unit: str, value: float | None) -> str:
    return "" if value is None else f"{value:g} {unit}" if unit != "Wh" else f"{value:.0f} Wh"


def _plain(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
