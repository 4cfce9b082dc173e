"""What a slave answers to a message, by a handler that knows no frames."""

from typing import Final

import structlog
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadHoldingRegistersResponse,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from wattgate.adapters.modbus.frames import EXCEPTION, REQUESTS
from wattgate.core.modbus.requests import (
    ModbusCode,
    ModbusHandler,
    ModbusReply,
    ModbusRequest,
    Read,
    WriteMany,
    WriteOne,
)

log = structlog.get_logger()

READ: Final = ReadHoldingRegistersRequest.function_code
WRITE_ONE: Final = WriteSingleRegisterRequest.function_code
WRITE_MANY: Final = WriteMultipleRegistersRequest.function_code
FUNCTIONS: Final = frozenset({READ, WRITE_ONE, WRITE_MANY})
"""Function codes that are answered; any other is an illegal function."""

_MOST_WRITTEN: Final = 123


def answer(handler: ModbusHandler, pdu: bytes) -> bytes:
    """Answer one message; `pdu` is a function code and its data, and so is the answer."""
    request = understand(pdu)
    reply = request if isinstance(request, ModbusCode) else _asked(handler, request)
    if isinstance(reply, ModbusCode):
        return bytes([pdu[0] | EXCEPTION, reply])
    if isinstance(request, Read):
        return bytes([READ]) + ReadHoldingRegistersResponse(registers=reply).encode()
    return pdu[:5]  # both writes are confirmed by what they begin with


def understand(pdu: bytes) -> ModbusRequest | ModbusCode:
    """Read a request, or say with which exception it is to be answered."""
    if pdu[0] not in FUNCTIONS:
        return ModbusCode.ILLEGAL_FUNCTION
    match REQUESTS.decode(pdu):
        case ReadHoldingRegistersRequest(address=address, count=count) if len(pdu) == 5:
            return Read(address, count)
        case WriteSingleRegisterRequest(address=address, registers=[word]) if len(pdu) == 5:
            return WriteOne(address, word)
        case WriteMultipleRegistersRequest() as many if _is_whole(many, pdu):
            return WriteMany(many.address, tuple(many.registers))
        case _:
            return ModbusCode.ILLEGAL_DATA_VALUE


def _is_whole(many: WriteMultipleRegistersRequest, pdu: bytes) -> bool:
    words = len(many.registers)
    return (
        1 <= words == many.count <= _MOST_WRITTEN
        and many.byte_count == 2 * words
        and len(pdu) == 6 + 2 * words
    )


def _asked(handler: ModbusHandler, request: ModbusRequest) -> ModbusReply:
    try:
        reply = handler(request)
        if not isinstance(reply, ModbusCode):
            _check(request, reply)
    except Exception:  # a bug of ours: the master hears of it, and the port goes on
        log.exception("a Modbus request could not be answered", request=request)
        return ModbusCode.SERVER_DEVICE_FAILURE
    return reply


def _check(request: ModbusRequest, words: tuple[int, ...]) -> None:
    expected = request.count if isinstance(request, Read) else 0
    if len(words) != expected or not all(0 <= word <= 0xFFFF for word in words):
        raise ValueError(f"{expected} words of 16 bits were asked for, not {words}")
