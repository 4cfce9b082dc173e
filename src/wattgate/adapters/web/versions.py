"""Two people who change the same thing: the second one is told, by ETag and If-Match (RFC 9110)."""

import re
from http import HTTPStatus
from typing import Annotated, Final

from litestar.exceptions import HTTPException
from litestar.params import HeaderParameter

MISSING: Final = "There is no `If-Match`; nothing has been changed"
STALE: Final = "Somebody else has changed it meanwhile; nothing has been changed"

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The `ETag` of what was read before, or `*` for whatever there is",
    ),
]

_TAG: Final = re.compile(r'(?P<weak>W/)?"(?P<tag>[\x21\x23-\x7e\x80-\xff]*)"')


def etag(version: str) -> dict[str, str]:
    """The header that tells a version."""
    return {"ETag": f'"{version}"'}


def seen(if_match: str | None, present: str) -> str | None:
    """Return the version that must still be the present one when it comes to it; None: whatever.

    Raises HTTPException with 428 without a header, with 412 where it tells of another version.
    """
    if if_match is None:
        said = f"{MISSING}. Read it, and send its `ETag` as `If-Match`."
        raise HTTPException(said, status_code=HTTPStatus.PRECONDITION_REQUIRED)
    if if_match.strip() == "*":
        return None
    tags = [each["tag"] for each in _TAG.finditer(if_match) if not each["weak"]]
    if present not in tags:
        raise stale()
    return present


def stale() -> HTTPException:
    """What whoever comes second is told."""
    return HTTPException(f"{STALE}. Read it again.", status_code=HTTPStatus.PRECONDITION_FAILED)
