"""The file in a form (`multipart/form-data`, RFC 7578), for servers that know files only."""

import re
from typing import Final, Protocol


class Content(Protocol):
    """What can be searched as bytes can: a file in memory, or mapped into it."""

    def find(self, wanted: bytes, start: int, /) -> int:
        """Where it is, from `start` on; -1 where it is not."""
        ...

    def __getitem__(self, part: slice, /) -> bytes:
        """Bytes of it."""
        ...


_BOUNDARY: Final = re.compile(
    r'multipart/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE
)
_LONGEST_HEAD: Final = 8192
_IS_FILE: Final = re.compile(rb"content-disposition:[^\r\n]*\bfilename\*?=", re.IGNORECASE)


def file_in(content: Content, content_type: str) -> tuple[int, int] | None:
    """Where the first file of a form begins and ends; None where it is no form, or has none."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    mark = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    at = content.find(mark, 0)
    while at >= 0:
        begin = at + len(mark)
        end = content.find(b"\r\n" + mark, begin)
        body = content.find(b"\r\n\r\n", begin)
        if end < 0 or not begin <= body < end or body - begin > _LONGEST_HEAD:
            return None
        if _IS_FILE.search(content[begin:body]):
            return body + 4, end
        at = end + 2
    return None
