"""Putting messages together from fragments (RFC 6455 §5.4), with a limit."""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why a connection ends, as far as this adapter decides it (RFC 6455 §7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    NO_STATUS = 1005
    ABNORMAL = 1006
    INVALID_TEXT = 1007
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    TRY_AGAIN_LATER = 1013


class Violation(Exception):  # noqa: N818 - what the peer did
    """The peer broke the protocol; the connection ends with `code` and `reason`."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Fragments:
    """The unfinished text message of one connection, at most `max_bytes` long."""

    __slots__ = ("_data", "_max_bytes", "is_open")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data = bytearray()
        self.is_open = False

    def begin(self, payload: bytes) -> None:
        """Take the first fragment.

        Raises:
            Violation: a message is still unfinished, or this one is too long.
        """
        if self.is_open:
            raise Violation(CloseCode.PROTOCOL_ERROR, "new message inside a fragmented one")
        self.is_open = True
        self._append(payload)

    def go_on(self, payload: bytes, *, final: bool) -> str | None:
        """Take a later fragment; gives the whole text when it was the last.

        Raises:
            Violation: no message was begun, it is too long, or its text is not UTF-8.
        """
        if not self.is_open:
            raise Violation(CloseCode.PROTOCOL_ERROR, "continuation without a beginning")
        self._append(payload)
        if not final:
            return None
        data, self._data, self.is_open = self._data, bytearray(), False
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise Violation(CloseCode.INVALID_TEXT, "text is not valid UTF-8") from None

    def _append(self, payload: bytes) -> None:
        length = len(self._data) + len(payload)
        if length > self._max_bytes:
            raise Violation(CloseCode.TOO_BIG, f"message is longer than {self._max_bytes} bytes")
        self._data += payload
