import pytest
from litestar.exceptions import HTTPException

from wattgate.adapters.web.versions import etag, seen


@pytest.mark.parametrize(
    ("if_match", "must_be"),
    [
        ('"v1"', "v1"),
        (' "v0" , "v1"', "v1"),
        ('W/"v0", "v1"', "v1"),
        ("*", None),
        (" * ", None),
    ],
)
def test_whoever_has_seen_the_present_version_may_change_it(
    if_match: str, must_be: str | None
) -> None:
    assert seen(if_match, "v1") == must_be


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        (None, 428),
        ("", 412),
        ('"v0"', 412),
        ("v1", 412),
        ('W/"v1"', 412),
        ('"v1', 412),
        ('"v12"', 412),
    ],
)
def test_whoever_has_not_is_told(if_match: str | None, status: int) -> None:
    """RFC 9110 13.1.1: If-Match compares strongly."""
    with pytest.raises(HTTPException) as caught:
        seen(if_match, "v1")
    assert caught.value.status_code == status


def test_the_header_tells_the_version_that_is_seen() -> None:
    assert seen(etag("v1")["ETag"], "v1") == "v1"
