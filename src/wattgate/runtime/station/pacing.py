"""Keeps from a backend the periodic meter values that it did not ask for (R80, R113)."""

from dataclasses import dataclass

from wattgate.core.gateway.decimation import Pace, paced
from wattgate.core.station.measurements import newest_stamp
from wattgate.core.station.requests import MeterValuesRequest
from wattgate.core.station.salvage import OddMeterValues
from wattgate.core.station.signed import is_expendable
from wattgate.runtime.station.station import Station


@dataclass(frozen=True, slots=True)
class _Paced:
    """The pace of one transaction, None between two; each begins with a sample of its own."""

    transaction_id: int | None
    pace: Pace


class Pacing:
    """The pace of one wallbox's meter values, by backend link and connector."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._paced: dict[tuple[str, int], _Paced] = {}

    def for_backend(
        self, text: str, link_id: str | None, request: MeterValuesRequest | OddMeterValues
    ) -> str | None:
        """What of the values goes to the backend of that link; None: nothing of it.

        `text` has the wallbox's numbers still. Values that go set the pace.
        """
        return text if self._is_due(text, link_id, request) else None

    def _is_due(
        self, text: str, link_id: str | None, request: MeterValuesRequest | OddMeterValues
    ) -> bool:
        """Only unsigned periodic values can stay here, and only where the backend said how many."""
        interval_s = self._interval_s(link_id)
        if link_id is None or interval_s is None or not is_expendable(text):
            return True
        if isinstance(request, OddMeterValues):  # nobody knows whose they are
            return True
        connector = (link_id, request.connector_id)
        before = self._paced.get(connector)
        goes_on = before is not None and before.transaction_id == request.transaction_id
        stamp = newest_stamp(text) or self._station.presence.wall()
        pace = paced(before.pace if before and goes_on else None, stamp.timestamp(), interval_s)
        if pace is None:
            return False
        self._paced[connector] = _Paced(request.transaction_id, pace)
        return True

    def _interval_s(self, link_id: str | None) -> int | None:
        for evse in self._station.evses:
            backend = evse.backend_of(link_id)
            if backend is not None:
                return backend.north.configuration.sample_interval_s
        return None
