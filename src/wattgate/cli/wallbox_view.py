"""The wallbox at a glance: what its terminal shows beneath the events."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wattgate.cli.evse_words import plain
from wattgate.core.wallbox.looking import ConnectorLook
from wattgate.core.wallbox.power_brain import BrainView

NOTHING: Final = "-"
BOX_COLUMNS: Final = 80
_NAME_CELLS: Final = 7

_PILOTS: Final = {
    "A": "no car",
    "B": "car, not charging",
    "C": "car asks for current",
    "D": "car asks, ventilated",
    "E": "cut or shorted",
    "F": "not available",
}
_STATUS_STYLES: Final = {
    "Charging": "green",
    "SuspendedEVSE": "yellow",
    "SuspendedEV": "yellow",
    "Faulted": "bold red",
    "Unavailable": "red",
}


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of one connector.

    Currents are A per phase; a limit of None is one that nobody sets. `decides` names whoever
    allows least. `watchdog` says how long the Modbus master may stay silent, empty where none
    is waited for.
    """

    name: str
    status: str
    pilot: str
    offered_a: float
    currents_a: tuple[float, ...]
    power_w: float
    limits_a: tuple[tuple[str, float | None], ...]
    decides: str
    relay: str
    watchdog: str
    energy_wh: float
    transaction: str
    card: str
    backend: str


def view_of(name: str, brain: BrainView, *, closed_phases: int, backend: str) -> View:
    """What is shown of a Power Brain whose contactor connects so many phases."""
    look = brain.look
    return View(
        name=name,
        status=look.status.value,
        pilot=brain.pilot.value,
        offered_a=look.offered_a,
        currents_a=look.reading.currents_a,
        power_w=look.reading.power_w,
        limits_a=(
            ("OCPP", brain.ocpp_a),
            (_modbus(brain), brain.modbus_a),
            ("hardware", look.hardware_a),
        ),
        decides=brain.decision.by.value,
        relay=_relay(brain.phases, closed_phases, brain.cut_left_s),
        watchdog="" if brain.watchdog_left_s is None else _watchdog(brain.watchdog_left_s),
        energy_wh=look.reading.energy_wh,
        transaction=_transaction(look),
        card=look.id_tag or brain.card,
        backend=backend,
    )


def _modbus(brain: BrainView) -> str:
    return "fail-safe" if brain.watchdog_left_s == 0.0 else "Modbus"


def _relay(phases: int, closed_phases: int, cut_left_s: int) -> str:
    if cut_left_s > 0:
        return f"pilot cut for {cut_left_s} s"
    name = "1 phase" if phases == 1 else f"{phases} phases"
    return f"{name}, {'closed' if closed_phases else 'open'}"


def _watchdog(left_s: float) -> str:
    return f"{left_s:.0f} s left" if left_s > 0 else "bites: the master is silent"


def _transaction(look: ConnectorLook) -> str:
    if not look.id_tag:
        return ""
    name = "" if look.transaction_id is None else f" {look.transaction_id}"
    return f"transaction{name}, {look.transaction_wh / 1000:.3f} kWh"


def picture(view: View, typed: str, width: int) -> RenderableType:
    """Draw it, at most 80 columns wide, and beneath it what is being typed."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, min_width=_NAME_CELLS)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for name, words in _rows(view):
        table.add_row(name, words)
    title = Text(f"{view.name}  ", style="bold")
    title.append(view.status, style=_STATUS_STYLES.get(view.status, ""))
    panel = Panel(
        table, title=title, title_align="left", border_style="dim", width=min(width, BOX_COLUMNS)
    )
    prompt = Text(f"> {typed}", no_wrap=True, overflow="ellipsis")
    prompt.append(" ", style="reverse")
    return Group(panel, prompt)


def _rows(view: View) -> Iterator[tuple[str, Text]]:
    pilot = _PILOTS.get(view.pilot, NOTHING)
    yield "pilot", _joined((f"{view.pilot} {pilot}",))
    drawn = "/".join(f"{current_a:.1f}" for current_a in view.currents_a)
    offered = f"offered {view.offered_a:.1f} A"
    yield "current", _joined((offered, f"drawn {drawn} A", f"{view.power_w / 1000:.2f} kW"))
    yield "limits", _joined(f"{name} {_limit(limit_a)}" for name, limit_a in view.limits_a)
    yield "decides", Text(view.decides, style="bold")
    yield "relay", _joined((view.relay, f"watchdog {view.watchdog}" if view.watchdog else ""))
    card = f"card {view.card}" if view.card else "no card"
    yield "meter", _joined((f"{view.energy_wh / 1000:.3f} kWh", view.transaction, card))
    yield "backend", _joined((view.backend,))


def _joined(parts: Iterator[str] | tuple[str, ...]) -> Text:
    return Text(plain("   ".join(part for part in parts if part)))


def _limit(limit_a: float | None) -> str:
    return NOTHING if limit_a is None else f"{limit_a:.1f} A"
