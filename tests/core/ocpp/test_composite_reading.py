"""What a wallbox says about what holds in it."""

import json

import pytest

from wattgate.core.ocpp.composite_reading import Composite, read_composite


def answer(
    *periods: tuple[object, object], unit: str = "A", phases: object = None, **more: object
) -> str:
    """An accepted GetCompositeSchedule."""
    stated = [
        {"startPeriod": start, "limit": limit}
        | ({} if phases is None else {"numberPhases": phases})
        for start, limit in periods
    ]
    schedule = {"chargingRateUnit": unit, "chargingSchedulePeriod": stated}
    return json.dumps({"status": "Accepted", "chargingSchedule": schedule} | more)


ANSWERS: list[tuple[str, Composite | None]] = [
    (answer((0, 16)), Composite(16, 16)),
    (answer((0, 16), (30, 6.5)), Composite(6.5, 16)),
    (answer((0, 16), (60, 0)), Composite(16, 16)),  # after the minute that was asked for
    (answer((0, 4140), unit="W"), Composite(6, 6)),  # three phases where nothing is said
    (answer((0, 4140), unit="W", phases=1), Composite(18, 18)),
    (answer((0, 4140), unit="W", phases=0), Composite(6, 6)),
    (answer(("0", "16.0")), Composite(16, 16)),  # quoted numbers are seen in the field
    (answer(), Composite(None, None)),
    (answer((60, 6)), Composite(None, None)),
    ('{"status":"Accepted"}', Composite(None, None)),
    ('{"status":"Accepted","chargingSchedule":null}', Composite(None, None)),
    (answer((0, 16), status="Rejected"), None),
    (answer((0, 16), unit="kW"), None),
    (answer((0, "much")), None),
    ("{}", None),
    ("[]", None),
]


@pytest.mark.parametrize(("text", "composite"), ANSWERS)
def test_the_least_and_the_most_of_the_time_asked_for_are_read_R95(
    text: str, composite: Composite | None
) -> None:
    assert read_composite(text, duration_s=60, phases=3) == composite


def test_watts_are_shared_by_the_phases_of_the_evse_where_the_wallbox_says_none_R95() -> None:
    assert read_composite(answer((0, 1380), unit="W"), duration_s=60, phases=1) == Composite(6, 6)
