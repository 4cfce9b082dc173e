"""The Modbus side of an EVSE in words, a fact each."""

from collections.abc import Iterator

from wattgate.cli.evse_answers import Modbus


def modbus_facts(modbus: Modbus) -> Iterator[tuple[str, str]]:
    """What is known of a wallbox on Modbus; an empty text says nothing."""
    yield "on Modbus", f"{modbus.address}, unit {modbus.unit}, read as {modbus.definition}"
    yield "it answers", _health(modbus)
    yield "in its registers", _registers(modbus)
    yield "its fail-safe", _fail_safe(modbus)
    if modbus.raised_by_others:
        yield "raised by others", f"{modbus.raised_by_others} times"


def _health(modbus: Modbus) -> str:
    counted = f"{modbus.polls} looks answered, {modbus.failures} failed"
    if modbus.trouble is None:
        return counted
    since = modbus.trouble.since.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    state = "not always" if modbus.answers else "no"
    return f"{state}, since {since}: {modbus.trouble.reason}; {counted}"


def _registers(modbus: Modbus) -> str:
    limit = "" if modbus.limit_a is None else f"limit {modbus.limit_a:g} A"
    enabled = {None: "", True: "enabled", False: "disabled"}[modbus.is_enabled]
    phases = {None: "", 1: "1 phase"}.get(modbus.phases, f"{modbus.phases} phases")
    return ", ".join(filter(None, (limit, enabled, phases)))


def _fail_safe(modbus: Modbus) -> str:
    if modbus.fail_safe is None:
        return "none known"
    current_a = modbus.fail_safe.current_a
    current = "a current of its own" if current_a is None else f"{current_a:g} A"
    return f"{current} after {modbus.fail_safe.after_s:g} s without the manager"
