import pytest
from tests.support.virtual_time import in_virtual_time
from tests.support.web import SITE, a_world

from wattgate.adapters.web import sayings
from wattgate.core.modbus.phase_selection import Obstacle
from wattgate.core.site.model import Site
from wattgate.core.site.reading import read_toml
from wattgate.ports.evse import Cleared, Confirmation, LimitOutcome
from wattgate.runtime.station.station_evse import PhasesSelected

SURE = (Confirmation.SCHEDULE, Confirmation.MEASUREMENT, Confirmation.REGISTERS)


@pytest.mark.parametrize("outcome", LimitOutcome)
@pytest.mark.parametrize("confirmation", Confirmation)
@pytest.mark.parametrize("limited_again", [False, True])
def test_every_end_of_clearing_has_its_words(
    outcome: LimitOutcome, confirmation: Confirmation, limited_again: bool
) -> None:
    """P15: the result is verified, not assumed."""
    cleared = Cleared(outcome, confirmation)
    said = sayings.of_clearing(cleared, limited_again=limited_again)
    sure = confirmation in SURE
    assert ("confirmed by" in said) == (outcome is LimitOutcome.ACCEPTED and sure)
    assert ("sets its limit again" in said) == (
        limited_again and outcome is not LimitOutcome.UNSENT
    )


@pytest.mark.parametrize("outcome", LimitOutcome)
def test_a_release_says_what_the_evse_counts_for_and_what_is_tried_again(
    outcome: LimitOutcome,
) -> None:
    said = sayings.of_release(Cleared(outcome), 16.0)
    assert said.startswith("Released until it is activated: it counts with its 16 A.")
    assert ("tried again" in said) == (outcome is not LimitOutcome.ACCEPTED)


@pytest.mark.parametrize("outcome", LimitOutcome)
def test_taking_over_says_how_it_ended_where_a_car_charges(outcome: LimitOutcome) -> None:
    used = sayings.of_adoption(outcome, is_limited=True, in_use=True)
    idle = sayings.of_adoption(outcome, is_limited=True, in_use=False)
    free = sayings.of_adoption(outcome, is_limited=False, in_use=True)
    assert len({used, idle, free}) == 3
    assert free.startswith("Nothing was done")


@pytest.mark.parametrize("outcome", LimitOutcome)
def test_waking_says_how_it_ended(outcome: LimitOutcome) -> None:
    assert ("should wake" in sayings.of_waking(outcome)) == (outcome is LimitOutcome.ACCEPTED)


@pytest.mark.parametrize("outcome", LimitOutcome)
def test_selecting_phases_says_how_it_ended(outcome: LimitOutcome) -> None:
    said = sayings.of_phases(PhasesSelected(outcome))
    assert said.startswith("Selected") == (outcome is LimitOutcome.ACCEPTED)


@pytest.mark.parametrize(
    ("obstacle", "words"),
    [
        (Obstacle.NO_REGISTER, "nobody knows how"),
        (Obstacle.NO_RELAY, "no relay"),
        (Obstacle.CAR_PLUGGED, "a car is plugged in"),
        (Obstacle.NOT_COUNTED, "its setting phases"),
    ],
)
def test_whatever_stands_against_selecting_phases_is_said(obstacle: Obstacle, words: str) -> None:
    said = sayings.of_phases(PhasesSelected(LimitOutcome.REFUSED, obstacle))
    assert said.startswith("Not sent: ") and words in said


def changed(**settings: str) -> Site:
    lines = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    return read_toml(SITE.replace("house_load_a = 0\n", f"house_load_a = 0\n{lines}"))


@pytest.mark.parametrize(
    ("site", "activated", "deactivated"),
    [
        (changed(), "load management limits it", "it may not charge"),
        (changed(on_deactivation="minimum"), "load management limits it", "it may draw 6 A"),
        (changed(on_deactivation="release"), "load management limits it", "counts with its 16 A"),
        (changed(load_management="observe"), "nothing limits it", "nothing limits it"),
    ],
)
def test_activating_and_deactivating_say_what_holds_then(
    site: Site, activated: str, deactivated: str
) -> None:
    """P15."""

    @in_virtual_time()
    async def scenario() -> None:
        world = a_world()
        manager = await world.start()
        evse = manager.evses()[0].evse
        assert activated in sayings.of_activation(site)
        assert deactivated in sayings.of_deactivation(site, evse)
        await world.kill()

    scenario()
