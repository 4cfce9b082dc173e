import pytest

from wattgate.core.security.own_page import Asked, is_foreign

HOST = "garage.example:19521"
HTTP, HTTPS = f"http://{HOST}", f"https://{HOST}"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_is_free_for_every_page(method: str) -> None:
    assert not is_foreign(Asked(method, False, HOST, "http://evil.example", "cross-site"))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "MADE-UP"])
@pytest.mark.parametrize(
    ("is_secure", "origin", "fetch_site", "foreign"),
    [
        (False, None, None, False),
        (False, HTTP, None, False),
        (False, HTTP, "same-origin", False),
        (False, HTTPS, None, False),
        (True, HTTPS, "same-origin", False),
        (True, HTTP, None, True),
        (False, None, "none", False),
        (False, None, "same-site", True),
        (False, None, "cross-site", True),
        (False, HTTP, "cross-site", True),
        (False, "http://evil.example", None, True),
        (False, "http://garage.example:80", None, True),
        (False, "http://garage.example", None, True),
        (False, "null", None, True),
        (False, "", None, True),
        (False, "http://[", None, True),
    ],
)
def test_only_our_own_pages_and_programs_change_things(
    method: str, is_secure: bool, origin: str | None, fetch_site: str | None, foreign: bool
) -> None:
    assert is_foreign(Asked(method, is_secure, HOST, origin, fetch_site)) is foreign


def test_a_request_without_a_host_has_no_page_of_ours() -> None:
    assert is_foreign(Asked("POST", False, None, "null"))
    assert is_foreign(Asked("POST", False, None, HTTP))
