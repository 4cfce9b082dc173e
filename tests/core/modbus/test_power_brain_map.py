"""The map against the vendor's list, written down here a second time, without the code's help."""

from itertools import pairwise

import pytest

from wattgate.core.modbus.image import Image
from wattgate.core.modbus.power_brain_map import DC_SENSOR_ERROR, PILOT_NUMBERS, POWER_BRAIN
from wattgate.core.modbus.registers import Value
from wattgate.core.modbus.requests import ModbusCode
from wattgate.core.modbus.tables import Table
from wattgate.core.wallbox.sensed import Pilot

LISTED = """
8000  2 r  -        1    vendor_id
8002  1 r  -        1    product_id
8003  1 r  -        1    device_id
8004  1 r  -        1    product_version
8005  1 r  -        1    product_build
8006  1 r  -        1    mapping_version
8007  1 r  -        1    reserved_8007
8008  8 r  -        1    serial_no
8016 16 r  -        1    name
8040  1 rw stored   1    slave_id
8057  1 r  -        1    meter_flags
8058  4 r  -        1    energy
8062  2 r  -        1    power
8064  2 r  -        0.1  current_l1
8066  2 r  -        0.1  current_l2
8068  2 r  -        0.1  current_l3
8080  1 rw stored   0.1  def_fixed_current
8081  1 rw stored   0.1  def_charg_cur_limit
8082  1 rw stored   1    def_charging_enable
8083  2 rw stored   1    fail_safe_duration
8085  1 rw stored   0.1  fail_safe_current
8086  1 rw volatile 1    disconnect_cp
8087  1 rw volatile 1    relay_select
8088  1 rw volatile 1    relay2
8090  1 r  -        0.1  cable_current
8091  1 rw volatile 0.1  fixed_current
8092  1 r  -        1    charge_pilot_state
8093  1 rw volatile 0.1  charging_cur_limit
8094  1 rw volatile 1    charging_enable
8095  1 r  -        0.1  charging_current
8096 15 r  -        1    last_rfid
8111  1 r  -        1    num_rfid
8112  1 r  -        1    has_meter
8113  1 r  -        1    capabilities
8120  2 r  -        1    restarts
"""
"""Address, words, access, what a write costs, what one count is, name."""

ROWS = [line.split() for line in LISTED.strip().splitlines()]

VALUES: dict[str, Value] = {
    "product_version": "2.7", "product_build": 1234, "mapping_version": "1.3", "serial_no": "AB-12",
    "name": "Power Brain", "slave_id": 1, "meter_flags": 1, "energy": 0x0001_0002_0003_0004,
    "power": 70_000, "current_l1": 15.7, "current_l2": 0.0, "current_l3": 6_553.6,
    "def_fixed_current": 0.0, "def_charg_cur_limit": 16.0, "def_charging_enable": 1,
    "fail_safe_duration": 300, "fail_safe_current": 6.0, "disconnect_cp": 5, "relay_select": 1,
    "relay2": 0, "cable_current": 32.0, "fixed_current": 13.0, "charge_pilot_state": 2,
    "charging_cur_limit": 16.3, "charging_enable": 1, "charging_current": 10.5,
    "last_rfid": "04A1B2C3D4E5F6", "num_rfid": 9, "has_meter": 1, "capabilities": 0x0300,
    "restarts": 65_537,
}  # fmt: skip

GOLDEN: dict[int, tuple[int, ...]] = {
    8000: (0, 0xCF05, 1, 0x100, 0x0207, 1234, 0x0103, 0),
    8008: (0x4142, 0x2D31, 0x3200, 0, 0, 0, 0, 0),
    8016: (0x506F, 0x7765, 0x7220, 0x4272, 0x6169, 0x6E00, *(0,) * 10),
    8040: (1,),
    8057: (1, 1, 2, 3, 4, 1, 4464, 0, 157, 0, 0, 1, 0),
    8080: (0, 160, 1, 0, 300, 60, 5, 1, 0),
    8090: (320, 130, 2, 163, 1, 105),
    8096: (0x3034, 0x4131, 0x4232, 0x4333, 0x4434, 0x4535, 0x4636, *(0,) * 8),
    8111: (9, 1, 0x0300),
    8120: (1, 1),
}
"""The words of these values, by hand."""


def test_every_register_of_the_list_is_in_the_map_and_no_other() -> None:
    assert [[str(each.address), each.name] for each in POWER_BRAIN] == [
        [row[0], row[-1]] for row in ROWS
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-1])
def test_a_register_is_as_the_list_has_it(row: list[str]) -> None:
    address, words, access, cost, scale, name = row
    (register,) = [each for each in POWER_BRAIN if each.name == name]
    assert (register.address, register.words) == (int(address), int(words))
    assert (register.access.value, register.scale) == (access, float(scale))
    assert register.is_volatile is (cost == "volatile")
    assert register.table is Table.HOLDING


def test_no_register_overlaps_another_and_each_says_what_it_means() -> None:
    assert all(one.end <= other.address for one, other in pairwise(POWER_BRAIN))
    assert all(each.meaning for each in POWER_BRAIN)


@pytest.mark.parametrize("address", GOLDEN)
def test_known_values_are_these_words(address: int) -> None:
    words = GOLDEN[address]
    assert Image(POWER_BRAIN).read(VALUES, address, len(words)) == words


def test_each_register_can_be_read_alone_and_its_holes_cannot() -> None:
    image = Image(POWER_BRAIN)
    golden = {start + at: word for start, words in GOLDEN.items() for at, word in enumerate(words)}
    for address in range(7990, 8130):
        read = image.read(VALUES, address, 1)
        assert read == ((golden[address],) if address in golden else ModbusCode(2)), address


@pytest.mark.parametrize(
    ("address", "words", "said"),
    [
        (8040, (7,), {"slave_id": 7}),
        (8080, (130,), {"def_fixed_current": 13.0}),
        (8081, (60, 0), {"def_charg_cur_limit": 6.0, "def_charging_enable": 0}),
        (8083, (0, 0), {"fail_safe_duration": 0}),
        (8083, (1, 0), {"fail_safe_duration": 65_536}),
        (8085, (0,), {"fail_safe_current": 0.0}),
        (8085, (60,), {"fail_safe_current": 6.0}),
        (8086, (5,), {"disconnect_cp": 5}),
        (8087, (1,), {"relay_select": 1}),
        (8088, (1,), {"relay2": 1}),
        (8091, (200,), {"fixed_current": 20.0}),
        (8093, (60,), {"charging_cur_limit": 6.0}),
        (8093, (630, 1), {"charging_cur_limit": 63.0, "charging_enable": 1}),
        (8094, (0,), {"charging_enable": 0}),
    ],
)
def test_what_may_be_written_says_what(
    address: int, words: tuple[int, ...], said: dict[str, Value]
) -> None:
    assert Image(POWER_BRAIN).decode_write(address, words) == said


@pytest.mark.parametrize(
    ("address", "words", "code"),
    [
        (8040, (0,), 3),
        (8040, (248,), 3),
        (8080, (631,), 3),
        (8081, (59,), 3),
        (8082, (2,), 3),
        (8083, (300,), 2),
        (8084, (300,), 2),
        (8085, (59,), 3),
        (8085, (1,), 3),
        (8087, (2,), 3),
        (8088, (2,), 3),
        (8093, (0,), 3),
        (8093, (59,), 3),
        (8093, (631,), 3),
        (8093, (160, 2), 3),
        (8094, (1, 160), 2),
        (8092, (2,), 2),
        (8058, (0, 0, 0, 0), 2),
        (8120, (0, 0), 2),
        (8089, (0,), 2),
        (8042, (0, 1000), 2),
        (0, (1,), 2),
    ],
)
def test_what_may_not_be_written_is_refused_with_the_right_exception(
    address: int, words: tuple[int, ...], code: int
) -> None:
    assert Image(POWER_BRAIN).decode_write(address, words) is ModbusCode(code)


def test_states_of_the_pilot_are_numbered_as_the_list_does() -> None:
    assert PILOT_NUMBERS == {
        Pilot.A: 0, Pilot.B: 1, Pilot.C: 2, Pilot.D: 3, Pilot.E: 4, Pilot.F: 5,
    }  # fmt: skip
    assert DC_SENSOR_ERROR == 9
