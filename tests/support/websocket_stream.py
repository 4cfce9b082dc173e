"""Cuts what passes on one way of a WebSocket connection into its parts, as bytes and as text."""

from dataclasses import dataclass
from itertools import cycle
from typing import Final

_HEAD_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """The HTTP head, or one frame: `data` as it passes, `text` as it reads (unmasked)."""

    data: bytes
    text: str


class WebSocketStream:
    """Takes bytes as they come; gives each part once it is complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._open = False

    def feed(self, data: bytes) -> list[Part]:
        """The parts that are complete now."""
        self._rest += data
        parts = []
        while (part := self._next()) is not None:
            parts.append(part)
        return parts

    def _next(self) -> Part | None:
        if not self._open:
            end = self._rest.find(_HEAD_END)
            if end < 0:
                return None
            self._open = True
            return self._take(end + len(_HEAD_END))
        return self._frame()

    def _frame(self) -> Part | None:
        rest = self._rest
        if len(rest) < 2:
            return None
        masked, short = rest[1] & 0x80, rest[1] & 0x7F
        wide = {126: 2, 127: 8}.get(short, 0)
        begin = 2 + wide + (4 if masked else 0)
        if len(rest) < begin:
            return None
        length = int.from_bytes(rest[2 : 2 + wide], "big") if wide else short
        if len(rest) < begin + length:
            return None
        return self._take(begin + length, begin, rest[begin - 4 : begin] if masked else bytes(4))

    def _take(self, end: int, begin: int = 0, mask: bytes = bytes(4)) -> Part:
        data, self._rest = self._rest[:end], self._rest[end:]
        body = bytes(byte ^ key for byte, key in zip(data[begin:], cycle(mask), strict=False))
        return Part(data, body.decode(errors="replace"))
