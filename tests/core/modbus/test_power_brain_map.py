from itertools import pairwise

from wattgate.core.modbus.power_brain_map import POWER_BRAIN


def test_no_register_of_the_power_brain_overlaps_another() -> None:
    assert all(one.end <= other.address for one, other in pairwise(POWER_BRAIN))


def test_names_are_unique_and_everyone_has_a_meaning() -> None:
    assert len({each.name for each in POWER_BRAIN}) == len(POWER_BRAIN)
    assert all(each.meaning for each in POWER_BRAIN)
