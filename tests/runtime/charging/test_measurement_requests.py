"""When a wallbox is asked to measure."""

import pytest
from tests.support.charging_bench import bench
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.runtime.charging.measurement_requests import MeasurementRequests
from wattgate.runtime.charging.profile_commands import Commands

DUE: list[tuple[float | None, float, bool]] = [
    (None, 129.9, False),  # it has not settled yet
    (None, 130.0, True),
    (129.0, 140.0, True),  # measured before it had settled
    (130.0, 140.0, False),
    (130.0, 430.0, False),
    (130.0, 431.0, True),  # says nothing of the present any more
]


@pytest.mark.parametrize(("sample_at", "now", "due"), DUE)
@in_virtual_time()
async def test_it_is_asked_when_no_sample_tells_of_the_present_limit(
    sample_at: float | None, now: float, due: bool
) -> None:
    async with bench() as here:
        requests = MeasurementRequests(here.presence, Commands(here.presence), 1)
        requests.noted(16, 30, 0)
        requests.noted(10, 30, 100)
        requests.noted(10, 30, 120)
        assert requests.is_due(sample_at, now) is due


@in_virtual_time()
async def test_it_is_asked_every_30_s_at_most_and_not_while_it_is_away() -> None:
    async with bench() as here:
        requests = MeasurementRequests(here.presence, Commands(here.presence), 2)
        await requests.ask(100)
        assert here.box.all_of("TriggerMessage") == [
            {"requestedMessage": "MeterValues", "connectorId": 2}
        ]
        assert [requests.is_due(None, now) for now in (129, 130)] == [False, True]
        await here.go()
        assert not requests.is_due(None, 200)
        await requests.ask(200)
        here.come()
        assert requests.is_due(None, 230)


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, {"status": "NotImplemented"}, None, {}])
@in_virtual_time()
async def test_a_wallbox_that_does_not_do_it_is_left_alone_until_its_boot(answer: Json) -> None:
    async with bench() as here:
        here.says(TriggerMessage=lambda _: answer)
        requests = MeasurementRequests(here.presence, Commands(here.presence), 1)
        await requests.ask(0)
        assert not requests.is_due(None, 1000)
        requests.forget()
        assert requests.is_due(None, 1000)
