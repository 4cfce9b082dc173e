import pytest
import structlog

from wattgate.adapters.modbus.answering import answer, understand
from wattgate.core.modbus.requests import (
    ModbusCode,
    ModbusReply,
    ModbusRequest,
    Read,
    WriteMany,
    WriteOne,
)


@pytest.mark.parametrize(
    ("pdu", "request_"),
    [
        ("03 1f9c 0003", Read(8092, 3)),
        ("03 0000 007d", Read(0, 125)),
        ("06 1f9d 00a0", WriteOne(8093, 160)),
        ("10 1f9d 0002 04 00a0 ffff", WriteMany(8093, (160, 65535))),
        ("10 1f9d 007b f6" + "0001" * 123, WriteMany(8093, (1,) * 123)),
        ("03 1f9c 0000", ModbusCode.ILLEGAL_DATA_VALUE),
        ("03 1f9c 007e", ModbusCode.ILLEGAL_DATA_VALUE),
        ("03 1f9c 00", ModbusCode.ILLEGAL_DATA_VALUE),
        ("03 1f9c 0003 00", ModbusCode.ILLEGAL_DATA_VALUE),
        ("03", ModbusCode.ILLEGAL_DATA_VALUE),
        ("06 1f9d 00", ModbusCode.ILLEGAL_DATA_VALUE),
        ("06 1f9d 00a0 00", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 0000 00", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 0002 02 00a0", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 0001 04 00a0 0001", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 0001 04 00a0", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 0001 02 00a0 0001", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 0002 04 00a0", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 0001 03 00a0 01", ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d 007c f8" + "0001" * 124, ModbusCode.ILLEGAL_DATA_VALUE),
        ("10 1f9d", ModbusCode.ILLEGAL_DATA_VALUE),
        ("04 1f9c 0003", ModbusCode.ILLEGAL_FUNCTION),
        ("00", ModbusCode.ILLEGAL_FUNCTION),
        ("2b", ModbusCode.ILLEGAL_FUNCTION),
        ("83 02", ModbusCode.ILLEGAL_FUNCTION),
        ("ff", ModbusCode.ILLEGAL_FUNCTION),
    ],
)
def test_a_request_is_understood_whole_or_not_at_all(
    pdu: str, request_: ModbusRequest | ModbusCode
) -> None:
    assert understand(bytes.fromhex(pdu)) == request_


@pytest.mark.parametrize(
    ("pdu", "reply", "answered"),
    [
        ("03 1f9c 0002", (1, 65535), "03 04 0001 ffff"),
        ("06 1f9d 00a0", (), "06 1f9d 00a0"),
        ("10 1f9d 0002 04 00a0 0001", (), "10 1f9d 0002"),
        ("03 1f9c 0002", ModbusCode.ILLEGAL_DATA_ADDRESS, "83 02"),
        ("06 1f9d 00a0", ModbusCode.ILLEGAL_DATA_VALUE, "86 03"),
        ("10 1f9d 0001 02 00a0", ModbusCode.SERVER_DEVICE_BUSY, "90 06"),
    ],
)
def test_the_handlers_reply_is_put_into_the_right_message(
    pdu: str, reply: ModbusReply, answered: str
) -> None:
    assert answer(lambda request: reply, bytes.fromhex(pdu)) == bytes.fromhex(answered)


@pytest.mark.parametrize("reply", [(), (1,), (1, 2, 3), (1, 65536), (1, -1)])
def test_a_wrong_reply_of_ours_is_logged_and_answered_as_a_failure(reply: tuple[int, ...]) -> None:
    with structlog.testing.capture_logs() as logged:
        assert answer(lambda request: reply, bytes.fromhex("03 1f9c 0002")) == b"\x83\x04"
    assert [each["log_level"] for each in logged] == ["error"]


def test_an_error_of_ours_is_logged_and_answered_as_a_failure() -> None:
    def handler(request: ModbusRequest) -> ModbusReply:
        raise ZeroDivisionError

    with structlog.testing.capture_logs() as logged:
        assert answer(handler, bytes.fromhex("06 1f9d 00a0")) == b"\x86\x04"
    assert [each["log_level"] for each in logged] == ["error"]
