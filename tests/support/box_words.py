"""What a simulated wallbox says: payloads of OCPP 1.6, as plain JSON."""

from collections.abc import Callable
from datetime import datetime

from tests.support.box_parts import Socket
from tests.support.installed_profiles import Json


def status(connector: int, word: str, now: datetime) -> Json:
    """A StatusNotification."""
    return {
        "connectorId": connector,
        "errorCode": "NoError",
        "status": word,
        "timestamp": now.isoformat(),
    }


def meter_values(
    connector: int, socket: Socket, current_a: float | None, now: datetime, context: str
) -> Json:
    """MeterValues: the energy, and A on each phase where currents are measured."""
    values: list[Json] = [{"value": str(socket.energy_wh), "context": context}]
    if current_a is not None:
        values += [
            {
                "value": f"{current_a:.1f}",
                "context": context,
                "measurand": "Current.Import",
                "phase": f"L{number}",
                "unit": "A",
            }
            for number, _ in enumerate(socket.on_site, 1)
        ]
    reading: Json = {
        "connectorId": connector,
        "meterValue": [{"timestamp": now.isoformat(), "sampledValue": values}],
    }
    if socket.session is not None:
        reading["transactionId"] = socket.session.transaction_id
    return reading


def composite_schedule(payload: Json, start: datetime, limit_a: Callable[[int], float]) -> Json:
    """The answer to GetCompositeSchedule; `limit_a` answers A for each s after its start."""
    periods: list[Json] = []
    for offset_s in range(min(payload["duration"], 120)):
        if not periods or periods[-1]["limit"] != limit_a(offset_s):
            periods.append({"startPeriod": offset_s, "limit": limit_a(offset_s)})
    return {
        "status": "Accepted",
        "connectorId": payload["connectorId"],
        "scheduleStart": start.isoformat(),
        "chargingSchedule": {
            "duration": payload["duration"],
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": periods,
        },
    }
