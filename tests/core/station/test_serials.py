import pytest

from wattgate.core.station.serials import serial_numbers


@pytest.mark.parametrize(
    ("boot_text", "serials"),
    [
        ('{"chargePointSerialNumber":" SN1 "}', ("SN1",)),
        ('{"chargeBoxSerialNumber":"B1"}', ("B1",)),
        ('{"chargeBoxSerialNumber":"B1","chargePointSerialNumber":"SN1"}', ("SN1", "B1")),
        ('{"chargeBoxSerialNumber":"SN1","chargePointSerialNumber":"SN1"}', ("SN1",)),
        ('{"chargePointSerialNumber":""}', ()),
        ('{"chargePointSerialNumber":7}', ()),
        ("{}", ()),
        ("[]", ()),
        (None, ()),
    ],
)
def test_the_serial_numbers_are_those_that_it_boots_with_r35(
    boot_text: str | None, serials: tuple[str, ...]
) -> None:
    assert serial_numbers(boot_text) == serials
