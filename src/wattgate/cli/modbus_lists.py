"""The definitions and registers that Wattgate knows, line by line."""

from collections.abc import Iterator, Sequence

import msgspec

from wattgate.adapters.modbus.definition_files import shipped
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.power_brain_definition import POWER_BRAIN_DEFINITION
from wattgate.core.modbus.power_brain_map import POWER_BRAIN
from wattgate.core.modbus.registers import Register

_GAP = "  "


def definitions(*, as_json: bool) -> Iterator[str]:
    """Every definition: its name, what it is for, where it is from."""
    known = [POWER_BRAIN_DEFINITION, *shipped().values()]
    if as_json:
        yield msgspec.json.format(msgspec.json.encode([_facts(each) for each in known])).decode()
        return
    for each in known:
        yield f"{each.name}: {each.title}"
        yield f"  from {each.source}"
        yield f"  port {each.port}, unit {each.unit}; {_abilities(each)}"
        if each.notes:
            yield f"  {each.notes}"


def registers(*, as_json: bool) -> Iterator[str]:
    """Every register of a Power Brain."""
    if as_json:
        yield msgspec.json.format(msgspec.json.encode(POWER_BRAIN)).decode()
        return
    yield from columns([("address", "words", "name", "access", "is", "meaning"), *_rows()])
    yield ""
    yield "w*: may be written as often as one likes; any other write wears the memory"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Put rows below each other, the last column as long as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield _GAP.join(cells).rstrip()


def _rows() -> Iterator[tuple[str, ...]]:
    for each in sorted(POWER_BRAIN, key=lambda register: register.address):
        access = each.access.value + ("*" if each.is_volatile else "")
        yield str(each.address), str(each.words), each.name, access, _kind(each), each.meaning


def _kind(register: Register) -> str:
    scaled = f"{register.kind.value} of {register.scale:g} {register.unit}".rstrip()
    is_plain = register.scale == 1 and not register.unit
    ranges = " or ".join(_range(*each) for each in register.allowed)
    return ", ".join(filter(None, (register.kind.value if is_plain else scaled, ranges)))


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _facts(definition: Definition) -> dict[str, str | int]:
    return {
        "name": definition.name,
        "title": definition.title,
        "source": definition.source,
        "port": definition.port,
        "unit": definition.unit,
        "notes": definition.notes,
    }


def _abilities(definition: Definition) -> str:
    write = definition.write
    can = {
        "limit": write.limit,
        "fail-safe": write.fail_safe_time,
        "phases": write.phases,
        "waking a car": write.wake_up,
        "energy": definition.read.energy,
        "cards": definition.read.card,
    }
    return ", ".join(name for name, register in can.items() if register is not None)
