import pytest

from wattgate.core.modbus.points import Point, Target
from wattgate.core.modbus.registers import Kind
from wattgate.core.modbus.tables import Table


def test_a_point_is_a_register_that_is_read() -> None:
    point = Point(address=5, table=Table.INPUT, kind=Kind.TEXT, length=3, scale=0.1)
    register = point.register("card")
    assert (register.name, register.address, register.table) == ("card", 5, Table.INPUT)
    assert (register.kind, register.words, register.scale) == (Kind.TEXT, 3, 0.1)
    assert not register.is_writable


@pytest.mark.parametrize("stored", [True, False])
def test_what_a_target_stores_may_not_be_written_at_will(stored: bool) -> None:
    register = Target(address=7, kind=Kind.UINT32, scale=0.001, stored=stored).register("time")
    assert (register.address, register.words, register.scale) == (7, 2, 0.001)
    assert register.is_writable
    assert register.is_volatile is not stored
