"""Which way is taken, and when another is."""

from dataclasses import replace

from tests.support.charging_bench import bench
from tests.support.virtual_time import in_virtual_time

from wattgate.core.charging.behaviour import Behaviour
from wattgate.core.charging.ladder import ChargingKeys
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.ocpp.profiles import RateUnit
from wattgate.core.site.choices import RateUnitChoice, StrategyChoice
from wattgate.core.site.model import WallboxSettings
from wattgate.core.station.models import WallboxModel
from wattgate.runtime.charging.method_choice import MethodChoice

WALLBOX = WallboxSettings(id="CP1")
MODEL = WallboxModel("Vendor", "Model", "")
TWO = Method(Strategy.TWO_PERIODS)
TX = Method(Strategy.TX_PROFILE)


@in_virtual_time()
async def test_a_choice_stays_whatever_is_learned_of_others_until_its_grounds_change() -> None:
    async with bench() as here:
        choice = MethodChoice(here.presence, here.behaviours, connectors=1)
        assert choice.choose(ChargingKeys(), WALLBOX) == TWO
        here.behaviours.learn(MODEL, Behaviour(obeyed=TX))
        assert choice.choose(ChargingKeys(), WALLBOX) == TWO
        assert choice.choose(ChargingKeys(max_periods=3), WALLBOX) == TX
        demanded = replace(WALLBOX, strategy=StrategyChoice.SINGLE_VALUE)
        assert choice.choose(ChargingKeys(max_periods=3), demanded).strategy == "single value"


@in_virtual_time()
async def test_a_demanded_unit_is_the_unit_of_every_way() -> None:
    async with bench() as here:
        choice = MethodChoice(here.presence, here.behaviours, connectors=1)
        units = {choice.choose(ChargingKeys(), replace(WALLBOX, rate_unit=RateUnitChoice.W)).unit}
        while choice.next():
            assert choice.present is not None
            units.add(choice.present.unit)
        assert units == {RateUnit.W}


@in_virtual_time()
async def test_every_way_is_tried_once_and_what_failed_is_learned_for_the_model_R100() -> None:
    async with bench() as here:
        choice = MethodChoice(here.presence, here.behaviours, connectors=1)
        tried = [choice.choose(ChargingKeys(), WALLBOX)]
        while choice.next():
            assert choice.present is not None
            tried.append(choice.present)
        assert len(set(tried)) == len(tried) > 2
        assert set(here.behaviours.of(MODEL).failed) == set(tried)
        choice.forget()
        assert choice.choose(ChargingKeys(), WALLBOX) == tried[0]
        assert choice.next()  # after a boot all are worth another try


@in_virtual_time()
async def test_a_way_that_is_obeyed_is_the_first_for_all_of_the_model() -> None:
    async with bench() as here:
        choice = MethodChoice(here.presence, here.behaviours, connectors=1)
        choice.is_obeyed()  # nothing was said yet
        choice.choose(ChargingKeys(), WALLBOX)
        choice.next()
        choice.is_obeyed()
        assert here.behaviours.of(MODEL).obeyed == choice.present
        sibling = MethodChoice(here.presence, here.behaviours, connectors=1)
        assert sibling.choose(ChargingKeys(), WALLBOX) == choice.present


@in_virtual_time()
async def test_refusals_in_a_row_take_the_next_way_and_after_the_last_the_first() -> None:
    async with bench() as here:
        choice = MethodChoice(here.presence, None, connectors=1)
        choice.refused()  # nothing was said yet
        first = choice.choose(ChargingKeys(), WALLBOX)
        ways = [first]
        for _ in range(20):
            at_once = choice.refused()
            assert choice.present is not None
            assert at_once == (choice.present not in ways or choice.present != first)
            ways.append(choice.present)
        assert first in ways[1:]
        assert len(set(ways)) > 2
        assert choice.behaviour == Behaviour()


@in_virtual_time()
async def test_a_way_that_was_taken_since_the_boot_is_kept_whatever_is_refused_later() -> None:
    async with bench() as here:
        choice = MethodChoice(here.presence, None, connectors=1)
        choice.accepted()  # nothing was said yet
        first = choice.choose(ChargingKeys(), WALLBOX)
        choice.accepted()
        assert not choice.refused()
        assert choice.present == first
        choice.forget()
        choice.choose(ChargingKeys(), WALLBOX)
        assert choice.refused()
        assert choice.present != first


@in_virtual_time()
async def test_without_anything_to_remember_ways_are_tried_all_the_same() -> None:
    async with bench() as here:
        choice = MethodChoice(here.presence, None, connectors=1)
        assert not choice.next()
        choice.choose(ChargingKeys(), WALLBOX)
        assert choice.next()
        choice.is_obeyed()
