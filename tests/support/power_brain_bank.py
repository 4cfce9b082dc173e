"""The registers of a Power Brain that charges, word by word."""

from tests.support.modbus_device import RegisterBank

from wattgate.core.modbus.power_brain_map import POWER_BRAIN

CHARGING = {
    8004: 0x030A,  # firmware 3.10
    8008: 0x3132, 8009: 0x3334,  # serial number 1234
    8016: 0x5042,  # name PB
    8057: 1,  # each phase is measured
    8061: 12_345,  # Wh
    8063: 11_040,  # W
    8065: 160, 8067: 159, 8069: 0,  # 0.1 A
    8084: 180, 8085: 60,  # fail-safe: s, 0.1 A
    8092: 2, 8093: 160, 8094: 1, 8095: 160,  # pilot, limit, enabled, signalled
    8112: 1,  # it has a meter
    8121: 7,  # starts
}  # fmt: skip


def charging_power_brain(**changed: int) -> RegisterBank:
    """Such registers; `changed` names some as `r8092=3`."""
    addresses = {at for each in POWER_BRAIN for at in range(each.address, each.end)}
    words = dict.fromkeys(addresses, 0) | CHARGING
    return RegisterBank(words | {int(name[1:]): word for name, word in changed.items()})
