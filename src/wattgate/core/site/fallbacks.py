"""What EVSEs may draw without a manager must fit beside the house (docs/adr/0011)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, assert_never

from wattgate.core.load.circuits import TOLERANCE_A
from wattgate.core.load.phases import phases_used
from wattgate.core.site.findings import Findings, Path, entry
from wattgate.core.site.model import EvseSettings, LoadManagement, OnDeactivation, Site
from wattgate.core.site.settings import TableField, definitions
from wattgate.core.units import PHASES

_TABLES: Final = {
    each.about.key: each.about for each in definitions(Site) if isinstance(each, TableField)
}
_SITE_READS: Final = ("load_management", "max_current_a", "house_load_a", "on_deactivation")
_EVSE_READS: Final = (
    "id",
    "device_type",
    "address",
    "connector",
    "enabled",
    "min_current_a",
    "max_current_a",
    "fallback_current_a",
    "phases",
    "phase_rotation",
)
_WALLBOX_READS: Final = ("id", "max_current_a")


@dataclass(frozen=True, slots=True)
class Fallback:
    """What one EVSE may draw without a manager, A on each of the site's `phases`.

    `word` is what the current is, `at` the setting that it comes from.
    """

    current_a: float
    phases: frozenset[int]
    word: str
    at: Path


@dataclass(frozen=True, slots=True)
class _Circuit:
    """A fuse, in words; `house_a` flows through it beside the EVSEs."""

    name: str
    limit_a: float
    house_a: float
    fallbacks: Sequence[Fallback]


def report_fallbacks(site: Site, to: Findings) -> None:
    """Report each circuit that does not carry its fallbacks, with the figures.

    Only what the EVSEs add is judged: that the house alone is over is no fault of theirs.
    """
    if site.site.load_management is not LoadManagement.ACTIVE or not to.sound(_reads(site)):
        return
    for circuit in _circuits(site):
        broken = _broken(circuit)
        if broken is not None:
            to.add(*broken)


def fallback(evse: EvseSettings, site: Site) -> Fallback:
    """What one of the site's EVSEs may draw without a manager; a deactivated one by P15."""
    phases = phases_used(evse.phases, evse.phase_rotation)
    if evse.enabled:
        at: Path = (_called("evse", site.evses.index(evse), evse.id), "fallback_current_a")
        return Fallback(evse.fallback_current_a, phases, "fallback", at)
    at = ("site", "on_deactivation")
    match site.site.on_deactivation:
        case OnDeactivation.STOP:
            return Fallback(0.0, phases, "stopped", at)
        case OnDeactivation.MINIMUM:
            return Fallback(evse.min_current_a, phases, "minimum", at)
        case OnDeactivation.RELEASE:
            feeder_a = site.wallbox(evse.station_id).max_current_a or evse.max_current_a
            return Fallback(min(evse.max_current_a, feeder_a), phases, "released", at)
        case _:
            assert_never(site.site.on_deactivation)


def _reads(site: Site) -> Iterator[Path]:
    yield from (("site", key) for key in _SITE_READS)
    for place, evse in enumerate(site.evses):
        yield from ((_called("evse", place, evse.id), key) for key in _EVSE_READS)
    for place, wallbox in enumerate(site.wallboxes):
        name = _called("wallbox", place, wallbox.id)
        yield from ((name, key) for key in _WALLBOX_READS)


def _called(table: str, place: int, name: str) -> str:
    return entry(_TABLES[table], place + 1, name)


def _circuits(site: Site) -> Iterator[_Circuit]:
    # Deactivated ones first: what they draw is settled before anybody gets a fallback.
    evses = sorted(site.served_evses(), key=lambda evse: evse.enabled)
    of_all = [fallback(evse, site) for evse in evses]
    house = site.site
    yield _Circuit("the house connection", house.max_current_a, house.house_load_a or 0.0, of_all)
    for wallbox in site.wallboxes:
        if wallbox.max_current_a is not None:
            name = f'the feeder of wallbox "{wallbox.id}"'
            its_own = [
                each
                for evse, each in zip(evses, of_all, strict=True)
                if evse.station_id == wallbox.id
            ]
            yield _Circuit(name, wallbox.max_current_a, 0.0, its_own)


def _broken(circuit: _Circuit) -> tuple[Path, str] | None:
    """Where to mend the circuit, and its figures on the fullest phase; None if it holds."""
    by_phase = [
        [each for each in circuit.fallbacks if phase in each.phases and each.current_a]
        for phase in PHASES
    ]
    sums_a = [circuit.house_a + sum(each.current_a for each in on_phase) for on_phase in by_phase]
    worst = max(PHASES, key=lambda phase: sums_a[phase])
    if not by_phase[worst] or sums_a[worst] <= circuit.limit_a + TOLERANCE_A:
        return None
    names = ", ".join(f"L{phase + 1}" for phase in PHASES if by_phase[phase] == by_phase[worst])
    message = (
        f"{names}: {_sum_in_words(by_phase[worst], circuit.house_a)} = {sums_a[worst]:g} A, "
        f"{circuit.name} carries {circuit.limit_a:g} A"
    )
    return _straw(by_phase[worst], circuit), message


def _straw(on_phase: Sequence[Fallback], circuit: _Circuit) -> Path:
    """The setting of the first EVSE with which the phase is over."""
    left_a = circuit.limit_a + TOLERANCE_A - circuit.house_a
    sums_a = accumulate(each.current_a for each in on_phase)
    over = (each for each, sum_a in zip(on_phase, sums_a, strict=True) if sum_a > left_a)
    return next(over, on_phase[-1]).at


def _sum_in_words(on_phase: Sequence[Fallback], house_a: float) -> str:
    counted = Counter((each.current_a, each.word) for each in on_phase)
    words = [
        f"{number} × {current_a:g} A {word}"  # noqa: RUF001 - a multiplication sign is meant
        for (current_a, word), number in counted.items()
    ]
    return " + ".join([*words, f"{house_a:g} A house"] if house_a else words)
