"""What a wallbox says of a connector, taken over into what is known of its EVSE."""

from dataclasses import replace
from typing import Final

from wattgate.core.gateway.policy import CONNECTOR
from wattgate.core.gateway.status_report import blaming_us
from wattgate.core.load.sensing import draw_of
from wattgate.core.station.connector import read_status
from wattgate.core.station.measurements import Measurement, read_meter_values
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.station.station import House, Station
from wattgate.runtime.station.station_evse import StationEvse

NOTICEABLE_A: Final = 0.5
"""A by which a draw must change before load management looks at it ahead of its next cycle."""


def note_report(house: House, evse: StationEvse, text: str) -> None:
    """Take over the status in a StatusNotification payload; one without any tells nothing."""
    report = read_status(text)
    if report is None:
        return
    status, error_code = report
    before = evse.connector
    is_new = status is not before.status
    evse.connector = replace(
        before,
        status=status,
        error_code=error_code,
        since=house.tools.clock.monotonic() if is_new else before.since,
        report_text=text,
    )
    if is_new:
        house.something_changed()


def pass_on(evse: StationEvse, backend: EvseBackend, text: str) -> None:
    """Tell a backend of the EVSE what its wallbox reports of the connector."""
    told = backend.connectors.to_backend(text, CONNECTOR)
    if evse.wallbox.suspended_ev_by_us and evse.is_paused_by_us():
        told = blaming_us(told)
    backend.link.reported(backend.number, told)


def tell_present(station: Station, evse: StationEvse, backend: EvseBackend) -> None:
    """Tell a backend that is new what was reported before it came (R49)."""
    if station.whole_text is not None:
        backend.link.whole_reported(station.whole_text, backend.number)
    if evse.connector.report_text is not None:
        pass_on(evse, backend, evse.connector.report_text)


def look_at_values(station: Station, evse: StationEvse, text: str) -> None:
    """Take over a MeterValues payload; at once: a wallbox that disobeys must not go unseen."""
    before = evse.connector.measurement
    measurement = read_meter_values(
        text,
        before,
        now=station.house.tools.clock.monotonic(),
        its_time=station.presence.its_time(),
    )
    evse.connector = replace(evse.connector, measurement=measurement)
    if abs(_drawn_a(evse, measurement) - _drawn_a(evse, before)) >= NOTICEABLE_A:
        station.house.something_changed()


def _drawn_a(evse: StationEvse, measurement: Measurement) -> float:
    draw = draw_of(measurement, evse.settings.phases, evse.settings.phase_rotation)
    return 0.0 if draw is None else draw.most_a
