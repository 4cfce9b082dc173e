"""Which part of a file a wallbox asks for (RFC 9110 §14)."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `start` up to, and without, `end`; of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the file."""
        return (self.start, self.end) == (0, self.size)

    @property
    def content_range(self) -> str:
        """The header `Content-Range` of an answer with this part."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


_RANGE: Final = re.compile(r"bytes=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.ASCII)


def span_of(asked: str | None, size: int) -> Span | None:
    """The part that the header `Range` asks for; None where there is nothing of it.

    Without a header it is the whole file, and so it is where several parts are asked for, or what
    is asked for cannot be read: both may be taken as if nothing had been asked (§14.2).
    """
    found = _RANGE.fullmatch(asked or "")
    first, last = found.groups() if found is not None else ("", "")
    if not first and not last:
        return Span(0, size, size)
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return Span(0, size, size)
    return Span(start, end, size) if start < end else None
