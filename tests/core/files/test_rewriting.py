from datetime import UTC, datetime, timedelta

import pytest

from wattgate.core.files.locations import Location, read_location
from wattgate.core.files.rewriting import (
    RELAYED,
    Direction,
    ends_at,
    location_in,
    our_url,
    token_in,
    with_location,
)

TOKEN = "0123456789abcdef" * 4
NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def location(text: str) -> Location:
    found = read_location(text)
    assert isinstance(found, Location)
    return found


def test_r39_the_location_of_signed_firmware_is_never_touched() -> None:
    assert "SignedUpdateFirmware" not in RELAYED
    payload = '{"requestId":1,"firmware":{"location":"http://a/x"},"location":"http://a/x"}'
    assert location_in("SignedUpdateFirmware", payload) is None


@pytest.mark.parametrize(
    ("action", "payload", "found"),
    [
        ("UpdateFirmware", '{"location":"http://a/x"}', "http://a/x"),
        ("GetDiagnostics", '{"location":"ftp://a/x"}', "ftp://a/x"),
        ("GetLog", '{"log":{"remoteLocation":"http://a/x"}}', "http://a/x"),
        ("GetLog", '{"remoteLocation":"http://a/x"}', None),
        ("UpdateFirmware", '{"location":7}', None),
        ("UpdateFirmware", "{}", None),
        ("Reset", '{"location":"http://a/x"}', None),
    ],
)
def test_r87_the_place_is_found_where_the_command_names_it(
    action: str, payload: str, found: str | None
) -> None:
    assert location_in(action, payload) == found


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        (
            "UpdateFirmware",
            '{ "retrieveDate":"2026-05-15T12:00:00Z","location" : "http://a/x", "retries":3}',
            '{ "retrieveDate":"2026-05-15T12:00:00Z","location" : "http://us/\\"y", "retries":3}',
        ),
        (
            "GetLog",
            '{"logType":"SecurityLog","log":{"remoteLocation":"ftp://a/x","x":[1.0]}}',
            '{"logType":"SecurityLog","log":{"remoteLocation":"http://us/\\"y","x":[1.0]}}',
        ),
    ],
)
def test_r17_nothing_but_the_place_is_rewritten(action: str, before: str, after: str) -> None:
    assert with_location(action, before, 'http://us/"y') == after


@pytest.mark.parametrize(
    ("base", "direction", "theirs", "tail"),
    [
        ("http://us:1", Direction.DOWNLOAD, "https://a/x/fw%20.bin?s=1", "/fw%20.bin"),
        ("http://us:1/", Direction.DOWNLOAD, "https://a", "/"),
        ("http://us:1/", Direction.UPLOAD, "ftp://u:p@a/diag/", "/"),
        ("http://us:1/", Direction.UPLOAD, "ftp://u:p@a/diag", ""),
    ],
)
def test_r87_our_address_ends_as_the_backends_does(
    base: str, direction: Direction, theirs: str, tail: str
) -> None:
    url = our_url(base, TOKEN, direction, location(theirs))
    assert url == f"http://us:1/relay/{TOKEN}{tail}"


@pytest.mark.parametrize(
    ("path", "behind", "found"),
    [
        (f"/relay/{TOKEN}", "", (TOKEN, "")),
        (f"/relay/{TOKEN}/", "", (TOKEN, "/")),
        (f"/relay/{TOKEN}/diag.zip", "", (TOKEN, "/diag.zip")),
        (f"/relay/{TOKEN}diag.zip", "", (TOKEN, "/diag.zip")),
        (f"/proxy/relay/{TOKEN}/x", "/proxy/", (TOKEN, "/x")),
        (f"/relay/{TOKEN}/x", "/proxy/", (TOKEN, "/x")),
        (f"/relay/{TOKEN[:-1]}", "", None),
        (f"/relay/{TOKEN.upper()}", "", None),
        (f"/elsewhere/{TOKEN}", "", None),
        ("/", "", None),
    ],
)
def test_r87_what_a_wallbox_puts_behind_our_address_is_told_from_the_token(
    path: str, behind: str, found: tuple[str, str] | None
) -> None:
    assert token_in(path, behind) == found


@pytest.mark.parametrize(
    ("payload", "ends"),
    [
        ("{}", NOW + DAY),
        ('{"retrieveDate":"2026-05-14T12:00:00Z"}', NOW + DAY),
        ('{"retrieveDate":"2026-05-17T12:00:00Z"}', NOW + 3 * DAY),
        ('{"retrieveDate":"2099-05-17T12:00:00Z"}', NOW + 91 * DAY),
        ('{"retrieveDate":"tomorrow"}', NOW + DAY),
    ],
)
def test_r87_firmware_may_be_fetched_at_its_own_time_but_not_for_ever(
    payload: str, ends: datetime
) -> None:
    assert ends_at(payload, NOW, DAY) == ends
