import pytest

from wattgate.core.modbus.requests import ModbusRequest, WriteMany, WriteOne


@pytest.mark.parametrize("write", [WriteOne(8093, 160), WriteMany(8093, (160,))])
def test_both_ways_to_write_say_their_words_alike(write: ModbusRequest) -> None:
    assert isinstance(write, WriteOne | WriteMany)
    assert write.words == (160,)
