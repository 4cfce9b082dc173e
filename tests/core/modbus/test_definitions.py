from wattgate.core.modbus.definitions import ErrorCode
from wattgate.core.wallbox.lines import ERROR_CODES
from wattgate.core.wallbox.sensed import NO_ERROR


def test_a_state_may_report_every_error_that_ocpp_knows() -> None:
    assert {each.value for each in ErrorCode} == {NO_ERROR, *ERROR_CODES}
