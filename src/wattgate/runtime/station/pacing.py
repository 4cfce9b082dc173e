"""Gives each backend the meter values that it asked for (R80, R113)."""

from dataclasses import dataclass

from wattgate.core.gateway.configuration.selection import Paces, selected, wishes_of
from wattgate.core.station.requests import MeterValuesRequest
from wattgate.core.station.salvage import NO_CONNECTOR, OddMeterValues
from wattgate.runtime.station.station import Station


@dataclass(frozen=True, slots=True)
class _Paced:
    """The pace of one transaction, None between two; each begins with a sample of its own."""

    transaction_id: int | None
    paces: Paces


class Pacing:
    """The pace of one wallbox's meter values, by backend link and connector."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._paced: dict[tuple[str, int], _Paced] = {}

    def for_backend(
        self, text: str, link_id: str | None, request: MeterValuesRequest | OddMeterValues
    ) -> str | None:
        """What of the values goes to the backend of that link; None: nothing of it.

        `text` has the wallbox's numbers still. Values that go set the pace. A backend that has
        asked for nothing gets what the wallbox sent before it was told of anybody's wishes.
        """
        values = self._values(link_id)
        if link_id is None or not values or isinstance(request, OddMeterValues):
            return text  # of odd ones nobody knows whose they are
        connector = (link_id, self._known(request.connector_id))
        before = self._paced.get(connector)
        goes_on = before is not None and before.transaction_id == request.transaction_id
        paces = before.paces if before is not None and goes_on else Paces()
        came_at = self._station.presence.wall().timestamp()
        wanted, after = selected(text, wishes_of(values), paces, came_at)
        if after != paces:
            self._paced[connector] = _Paced(request.transaction_id, after)
        return wanted

    def _known(self, connector: int) -> int:
        """All that are not there count as one: a wallbox may name as many as it likes."""
        is_there = connector == 0 or self._station.evse_at(connector) is not None
        return connector if is_there else NO_CONNECTOR

    def _values(self, link_id: str | None) -> dict[str, str]:
        for evse in self._station.evses:
            backend = evse.backend_of(link_id)
            if backend is not None:
                return {**self._station.own_values.values, **backend.north.configuration.values}
        return {}
