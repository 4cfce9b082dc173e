from wattgate.core.modbus.exceptions import ModbusCode


def test_the_codes_are_those_of_the_specification() -> None:
    assert {code.name: code.value for code in ModbusCode} == {
        "ILLEGAL_FUNCTION": 1,
        "ILLEGAL_DATA_ADDRESS": 2,
        "ILLEGAL_DATA_VALUE": 3,
        "SERVER_DEVICE_FAILURE": 4,
        "SERVER_DEVICE_BUSY": 6,
        "GATEWAY_PATH_UNAVAILABLE": 10,
        "GATEWAY_TARGET_SILENT": 11,
    }
