"""A snapshot for the eye: tables and bars on a terminal, plain lines elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from rich.box import HEAVY_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from wattgate.cli.demo_snapshot import Evse, Snapshot
from wattgate.core.units import PHASES, PhaseTriple

BAR_CELLS: Final = 36
WIDE: Final = 116
"""Columns of a terminal from which all is shown."""

NOTHING: Final = "-"

_STATE_STYLES: Final = {
    "Charging": "green",
    "SuspendedEVSE": "yellow",
    "SuspendedEV": "yellow",
    "Faulted": "bold red",
    "Unavailable": "red",
}
_BACKEND_STYLES: Final = {"online": "green", "waiting": "red", "idle": "dim"}


def picture(snapshot: Snapshot, events: Sequence[str], width: int) -> RenderableType:
    """Draw the whole screen, `width` columns wide: house, phases, EVSEs, the last events."""
    happened = Text("\n".join(events), no_wrap=True, overflow="ellipsis")
    return Group(
        _headline(snapshot),
        _phases(snapshot),
        _evses(snapshot, width),
        Panel(happened, title="what happened", title_align="left", border_style="dim"),
    )


def lines(snapshot: Snapshot) -> Iterator[str]:
    """The same as text: one line for the house, one for each EVSE."""
    offered = _triple(snapshot.offered_to_all_a())
    drawn = _triple(snapshot.drawn_by_all_a())
    yield f"house  offered {offered} A, drawn {drawn} A of {snapshot.place.room_a:.1f} A"
    for evse in snapshot.evses:
        parts = (
            evse.state,
            f"offered {evse.offered_a:.1f} A",
            f"drawn {_triple(snapshot.drawn_a(evse))} A",
            f"{_kilowatts(evse)} kW",
            f"{_energy(evse)} kWh",
            f"backend {_backend(evse)}",
            f"limited by {snapshot.limited_by(evse) or NOTHING}",
        )
        yield f"{evse.name or evse.id}: {', '.join(parts)}"


def _headline(snapshot: Snapshot) -> Text:
    place = snapshot.place
    house_a = place.house_load_a or 0.0
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(place.title, style="bold")
    text.append(
        f"   {place.max_current_a:g} A per phase - house {house_a:g} A"
        f" - reserve {place.reserve_a:g} A = "
    )
    text.append(f"{place.room_a:g} A for cars", style="bold")
    return text


def _phases(snapshot: Snapshot) -> Table:
    table = Table.grid(padding=(0, 1))
    offered_a, drawn_a = snapshot.offered_to_all_a(), snapshot.drawn_by_all_a()
    room_a = snapshot.place.room_a
    for phase in PHASES:
        words = f"{drawn_a[phase]:5.1f} A drawn, {offered_a[phase]:5.1f} A offered"
        table.add_row(f"L{phase + 1}", bar(drawn_a[phase], offered_a[phase], room_a), words)
    return table


def bar(drawn_a: float, offered_a: float, room_a: float, cells: int = BAR_CELLS) -> Text:
    """Draw `room_a` as a bar: what is drawn, what is offered beyond it, what is left.

    Offering more than there is room for turns it red.
    """
    share = cells / room_a if room_a > 0 else 0.0
    drawn = min(cells, round(drawn_a * share))
    offered = max(drawn, min(cells, round(offered_a * share)))
    style = "red" if offered_a > room_a + 0.05 else "green"
    text = Text()
    text.append("█" * drawn, style=style)
    text.append("▒" * (offered - drawn), style=style)
    text.append("·" * (cells - offered), style="dim")
    return text


def _evses(snapshot: Snapshot, width: int) -> Table:
    is_wide = width >= WIDE
    table = Table(box=HEAVY_HEAD if is_wide else None, border_style="dim", header_style="bold")
    columns = [column for column in _COLUMNS if is_wide or not column.wide_only]
    for column in columns:
        table.add_column(
            column.heading, justify=column.justify, no_wrap=True, min_width=column.least_cells
        )
    for evse in snapshot.evses:
        table.add_row(*(column.cell(snapshot, evse) for column in columns))
    return table


def _name(_snapshot: Snapshot, evse: Evse) -> Text:
    return Text(evse.name or evse.id)


def _state(_snapshot: Snapshot, evse: Evse) -> Text:
    return Text(evse.state, style=_STATE_STYLES.get(evse.status, "") if evse.connected else "red")


def _card(_snapshot: Snapshot, evse: Evse) -> Text:
    return Text(evse.transaction.id_tag if evse.transaction else NOTHING)


def _offered(_snapshot: Snapshot, evse: Evse) -> Text:
    return Text(f"{evse.offered_a:.1f}", style="bold")


def _drawn(phase: int, snapshot: Snapshot, evse: Evse) -> Text:
    current_a = snapshot.drawn_a(evse)[phase]
    return Text(f"{current_a:.1f}", style="" if current_a else "dim")


def _limit(snapshot: Snapshot, evse: Evse) -> Text:
    return Text(snapshot.limited_by(evse) or NOTHING)


def _link(_snapshot: Snapshot, evse: Evse) -> Text:
    return Text(_backend(evse), style=_BACKEND_STYLES.get(_backend(evse), "yellow"))


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    cell: Callable[[Snapshot, Evse], Text]
    least_cells: int = 4
    justify: Literal["left", "right"] = "right"
    wide_only: bool = False


_COLUMNS: Final = (
    _Column("EVSE", _name, 6, "left"),
    _Column("state", _state, 14, "left"),
    _Column("card", _card, 5, "left", wide_only=True),
    _Column("offer A", _offered),
    *(_Column(f"L{phase + 1} A", partial(_drawn, phase)) for phase in PHASES),
    _Column("kW", lambda _snapshot, evse: Text(_kilowatts(evse)), wide_only=True),
    _Column("kWh", lambda _snapshot, evse: Text(_energy(evse))),
    _Column("limited by", _limit, 11, "left"),
    _Column("backend", _link, 7, "left"),
)


def _kilowatts(evse: Evse) -> str:
    return NOTHING if evse.power_w is None else f"{evse.power_w / 1000:.1f}"


def _energy(evse: Evse) -> str:
    return NOTHING if evse.energy_kwh is None else f"{evse.energy_kwh:.2f}"


def _backend(evse: Evse) -> str:
    return evse.backend.phase if evse.backend else "none"


def _triple(currents_a: PhaseTriple) -> str:
    return "/".join(f"{current_a:.1f}" for current_a in currents_a)
