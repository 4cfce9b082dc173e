import pytest

from wattgate.core.modbus.places import (
    MODBUS_PORT,
    MOST_UNITS,
    POWER_BRAIN_PORT,
    SerialPlace,
    TcpPlace,
    WrongPlace,
    read_place,
)

PLACES = [
    ("192.0.2.7", TcpPlace("192.0.2.7", 4701), "192.0.2.7:4701"),
    ("box.example:502", TcpPlace("box.example", 502), "box.example:502"),
    ("[fd00::1]", TcpPlace("fd00::1", 4701), "[fd00::1]:4701"),
    ("[fd00::1]:1502", TcpPlace("fd00::1", 1502), "[fd00::1]:1502"),
    ("fd00::1", TcpPlace("fd00::1", 4701), "[fd00::1]:4701"),
    ("/dev/ttyUSB0", SerialPlace("/dev/ttyUSB0"), "/dev/ttyUSB0,9600,8N1"),
    ("/dev/ttyS1,19200", SerialPlace("/dev/ttyS1", 19200), "/dev/ttyS1,19200,8N1"),
    (
        "/dev/ttyS1,19200,8e1",
        SerialPlace("/dev/ttyS1", 19200, 8, "E", 1),
        "/dev/ttyS1,19200,8E1",
    ),
]

WRONG = [
    ("", "must be host:port"),
    ("a b:502", "must be host:port"),
    (":502", "must be host:port"),
    ("host/path", "must be host:port"),
    ("COM1,9600,8N1", "must be host:port"),
    ("[fd00::1", "IPv6"),
    ("[fd00::1]502", "IPv6"),
    ("host:0", "no TCP port"),
    ("host:65536", "no TCP port"),
    ("host:port", "no TCP port"),
    ("/dev/ttyS1,fast", "no baud rate"),
    ("/dev/ttyS1,9601", "no baud rate"),
    ("/dev/ttyS1,9600,8N", "no format"),
    ("/dev/ttyS1,9600,9N1", "no format"),
    ("/dev/ttyS1,9600,8X1", "no format"),
    ("/dev/ttyS1,9600,8N3", "no format"),
    ("/dev/ttyS1,9600,8N1,x", "a serial line is"),
]


@pytest.mark.parametrize(("text", "place", "written"), PLACES)
def test_an_address_is_a_port_of_a_host_or_a_serial_line(
    text: str, place: TcpPlace | SerialPlace, written: str
) -> None:
    assert read_place(text, POWER_BRAIN_PORT) == place
    assert str(place) == written
    assert read_place(written, MODBUS_PORT) == place


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_neither_is_told_in_words(text: str, said: str) -> None:
    with pytest.raises(WrongPlace, match=said):
        read_place(text, MODBUS_PORT)


def test_a_serial_line_has_fewer_units() -> None:
    assert MOST_UNITS == {"tcp": 255, "serial": 247}
