"""`/metrics`: figures for Prometheus, read from the manager when they are asked for."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Final

from litestar import Response, get
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from wattgate import __version__
from wattgate.adapters.web.backend_metrics import backend_figures
from wattgate.adapters.web.modbus_words import modbus_of
from wattgate.adapters.web.presenting import measured_now
from wattgate.adapters.web.services import GivenServices
from wattgate.core.charging.obedience import Verdict
from wattgate.core.security.endings import Ending
from wattgate.ports.store import StoreCondition
from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.manager import Manager

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""The charset is added to every text."""

COUNTED: Final = 10_000
"""Undelivered messages that are counted at most."""

_PHASE_NAMES: Final = ("L1", "L2", "L3")


@get(
    "/metrics",
    operation_id="metrics",
    summary="Figures for Prometheus",
    tags=["operation"],
    media_type=MEDIA_TYPE,
)
async def metrics(services: GivenServices) -> Response[bytes]:
    """Figures in the text format of Prometheus."""
    given_up = len(await services.store.dead_letters(limit=COUNTED))
    now = services.tools.clock.monotonic()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SiteCollector(services.manager, given_up, now))
    registry.register(StoreCollector(services.store.condition))
    registry.register(CertificateCollector(services.office.endings(), services.tools.clock.wall()))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=MEDIA_TYPE)


class SiteCollector(Collector):
    """The figures of one site at `now` (monotonic, s)."""

    def __init__(self, manager: Manager, given_up: int, now: float) -> None:
        self._manager = manager
        self._given_up = given_up
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Every family, with a sample per EVSE where it is about EVSEs."""
        yield InfoMetricFamily("wattgate", "This Wattgate.", {"version": __version__})
        yield from self._whole_site()
        yield self._clocks()
        yield from self._currents_of_the_site()
        states = self._manager.evses()
        for name, meaning, read in _PER_EVSE:
            yield _per_evse(GaugeMetricFamily(name, meaning, labels=["evse"]), states, read)
        yield _drawn(states)
        yield from backend_figures(states)
        writes = CounterMetricFamily(
            "wattgate_evse_profile_writes",
            "SetChargingProfile, or registers that are stored: each wears the wallbox's memory.",
            labels=["evse"],
        )
        yield _per_evse(writes, states, lambda state: state.evse.profile_writes)
        for name, meaning, count in _ON_MODBUS:
            yield _per_evse(CounterMetricFamily(name, meaning, labels=["evse"]), states, count)

    def _whole_site(self) -> Iterator[Metric]:
        stations = self._manager.stations
        connected = sum(
            any(evse.is_connected for evse in station.evses) for station in stations.by_id.values()
        )
        yield GaugeMetricFamily("wattgate_wallboxes", "Wallboxes of the site.", len(stations.by_id))
        yield GaugeMetricFamily(
            "wattgate_wallboxes_connected", "Wallboxes with a connection.", connected
        )
        yield GaugeMetricFamily(
            "wattgate_dead_letters",
            f"Messages that a backend finally did not take, at most {COUNTED}.",
            self._given_up,
        )
        yield CounterMetricFamily(
            "wattgate_refused_connections",
            "Connections to the OCPP port that were not let in.",
            stations.refused.count,
        )

    def _clocks(self) -> Metric:
        offsets = GaugeMetricFamily(
            "wattgate_wallbox_clock_offset_seconds",
            "How far the wallbox's clock is ahead; absent while it has not said.",
            labels=["wallbox"],
        )
        for station_id, station in self._manager.stations.by_id.items():
            offset_s = station.presence.clock_offset_s
            if offset_s is not None:
                offsets.add_metric([station_id], offset_s)
        return offsets

    def _currents_of_the_site(self) -> Iterator[Metric]:
        excess = GaugeMetricFamily(
            "wattgate_circuit_excess_amperes",
            "By how much a circuit is over if every EVSE draws what it counts for; absent: not.",
            labels=["circuit"],
        )
        for circuit, excess_a in self._manager.excess_a.items():
            excess.add_metric([circuit], excess_a)
        yield excess
        age_s = self._manager.grid_meter.state(self._now).age_s
        if age_s is not None:
            yield GaugeMetricFamily(
                "wattgate_grid_meter_age_seconds",
                "Since the last reading of the meter at the house connection.",
                age_s,
            )


class StoreCollector(Collector):
    """The figures of the store."""

    def __init__(self, condition: StoreCondition) -> None:
        self._condition = condition

    def collect(self) -> Iterable[Metric]:
        """Whether it stores, and has a reserve."""
        yield GaugeMetricFamily(
            "wattgate_store_failing",
            "1 while nothing can be stored.",
            float(self._condition.failing is not None),
        )
        yield GaugeMetricFamily(
            "wattgate_store_reserve_missing",
            "1 while the disk has no room for the space that is to be kept aside.",
            float(not self._condition.has_reserve),
        )


class CertificateCollector(Collector):
    """When certificates end, seen from `now`."""

    def __init__(self, endings: Iterable[Ending], now: datetime) -> None:
        self._endings = endings
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """One sample per certificate that somebody has to look after."""
        family = GaugeMetricFamily(
            "wattgate_certificate_expires_seconds",
            "Until the certificate expires; negative: it has. Label kind: own, chain, authority, "
            "or what an issued one is for.",
            labels=["set", "kind", "common_name", "id"],
        )
        for each in self._endings:
            labels = [each.place, each.kind, each.facts.common_name, each.facts.id]
            left = each.facts.not_after - self._now
            family.add_metric(labels, left.total_seconds())
        yield family


Reader = Callable[[EvseState], float | None]
"""A figure of an EVSE; None where there is none to tell."""


def _modbus_polls(state: EvseState) -> float | None:
    modbus = modbus_of(state.evse)
    return None if modbus is None else modbus.polls


def _modbus_failures(state: EvseState) -> float | None:
    modbus = modbus_of(state.evse)
    return None if modbus is None else modbus.failures


def _obeys(state: EvseState) -> float | None:
    verdict = state.safety.obedience.verdict
    return None if verdict is Verdict.UNVERIFIED else verdict is Verdict.OBEYS


_PER_EVSE: Final[tuple[tuple[str, str, Reader], ...]] = (
    (
        "wattgate_evse_connected",
        "1 while the wallbox of the EVSE is connected.",
        lambda state: state.evse.is_connected,
    ),
    (
        "wattgate_evse_offered_current_amperes",
        "What the EVSE may draw per phase.",
        lambda state: state.offered_a,
    ),
    (
        "wattgate_evse_target_current_amperes",
        "What load management is heading for, per phase.",
        lambda state: state.target_a,
    ),
    (
        "wattgate_evse_counted_current_amperes",
        "What the others have to leave for the EVSE, per phase.",
        lambda state: state.counted_a,
    ),
    (
        "wattgate_evse_obeys",
        "1 if the EVSE follows its limits, 0 if not; absent while that is not verified.",
        _obeys,
    ),
    (
        "wattgate_evse_limit_doubtful",
        "1 while the EVSE may have missed or refused its last limit.",
        lambda state: state.doubtful,
    ),
    (
        "wattgate_evse_power_watts",
        "What the EVSE draws, as it measured.",
        lambda state: measured_now(state).power_w,
    ),
    (
        "wattgate_evse_energy_watthours",
        "The last meter register that the EVSE reported.",
        lambda state: state.evse.connector.measurement.energy_wh,
    ),
    (
        "wattgate_evse_transaction_open",
        "1 while a transaction is open.",
        lambda state: state.evse.transaction is not None,
    ),
)


_ON_MODBUS: Final[tuple[tuple[str, str, Reader], ...]] = (
    (
        "wattgate_modbus_polls",
        "Looks at the wallbox of the EVSE that it answered; wallboxes on Modbus only.",
        _modbus_polls,
    ),
    (
        "wattgate_modbus_failures",
        "Looks at the wallbox of the EVSE that came to nothing; wallboxes on Modbus only.",
        _modbus_failures,
    ),
)


def _per_evse(
    family: GaugeMetricFamily | CounterMetricFamily, states: Iterable[EvseState], read: Reader
) -> Metric:
    for state in states:
        figure = read(state)
        if figure is not None:
            family.add_metric([state.evse.evse_id], float(figure))
    return family


def _drawn(states: Iterable[EvseState]) -> Metric:
    family = GaugeMetricFamily(
        "wattgate_evse_drawn_current_amperes",
        "What the EVSE draws, as it measured, by the wallbox's own phase.",
        labels=["evse", "phase"],
    )
    for state in states:
        for phase, current_a in sorted(measured_now(state).currents_a.items()):
            family.add_metric([state.evse.evse_id, _PHASE_NAMES[phase]], current_a)
    return family
