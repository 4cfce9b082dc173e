import pytest

from wattgate.core.site.backends import GatewaySettings
from wattgate.core.site.destinations import (
    destination,
    identity_complaint,
    link_place,
    page_complaint,
    url_complaint,
)


@pytest.mark.parametrize(
    "url",
    [
        "ws://host/",
        "wss://host",
        "ws://host/path/to/resource/",
        "ws://xyz123.backend.example/",
        "ws://ocpp.backend.example:8080/xyz123?key=1",
        "WSS://[2001:db8::1]:443/",
    ],
)
def test_p2_every_form_of_backend_url_is_taken(url: str) -> None:
    assert url_complaint(url) is None


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://host/", "must begin with ws:// or wss://"),
        ("host:9000", "must begin with ws:// or wss://"),
        ("ws:///path", "must name a host"),
        ("ws://", "must name a host"),
        ("ws://host:99999/", "is not a URL"),
        ("ws://[::1/", "is not a URL"),
        ("ws://ho st/", "must not contain spaces"),
        ("ws://user:geheim@host/", "must not contain a user or password"),
        ("ws://host/#part", "must not contain a fragment"),
    ],
)
def test_p2_a_url_that_leads_nowhere_is_refused_without_repeating_it(
    url: str, complaint: str
) -> None:
    said = url_complaint(url)
    assert said is not None
    assert said.startswith(complaint)
    assert "geheim" not in said


@pytest.mark.parametrize("url", ["http://192.0.2.1:8080/", "HTTPS://[::1]", "https://a.example/x"])
def test_r87_what_paths_can_be_put_behind_is_taken_as_the_address_for_files(url: str) -> None:
    assert page_complaint(url) is None


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("ws://host/", "must begin with http:// or https://"),
        ("https://", "must begin with http:// or https://"),
        ("http://ho st/", "must not contain spaces"),
        ("http://host:99999/", "is not a URL"),
        ("http://user:geheim@host/", "must not contain a user"),
        ("http://host/?a=b", "must not contain a user, a query"),
        ("http://host/#part", "must not contain a user, a query"),
    ],
)
def test_r87_an_address_for_files_that_leads_nowhere_is_refused(url: str, complaint: str) -> None:
    said = page_complaint(url)
    assert said is not None
    assert said.startswith(complaint)
    assert "geheim" not in said


@pytest.mark.parametrize("identity", ["CP1", "DE*ABC*E1", "RDAM|1 2", "a/b", "a:b", "", "..."])
def test_r26_an_identity_may_have_any_characters_that_can_be_encoded(identity: str) -> None:
    assert identity_complaint(identity) is None


@pytest.mark.parametrize("identity", [".", "..", " CP1", "CP1 "])
def test_r26_an_identity_that_would_get_lost_in_the_path_is_refused(identity: str) -> None:
    assert identity_complaint(identity) is not None


def gateway(url: str, client_id: str = "CP1", *, append_id: bool = True) -> GatewaySettings:
    return GatewaySettings(url=url, client_id=client_id, append_id=append_id)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (gateway("ws://Host/"), gateway("WS://host:80")),
        (gateway("wss://host/a"), gateway("wss://host:443/a/")),
        (gateway("ws://host/a/CP1"), gateway("ws://host/a")),
        (gateway("ws://host/RDAM%7C1", "RDAM|1"), gateway("ws://host/", "RDAM|1")),
        (gateway("ws://host/a", ""), gateway("ws://host/a", "CP1")),
        (
            gateway("ws://host/key", "A", append_id=False),
            gateway("ws://host/key/", "B", append_id=False),
        ),
    ],
)
def test_r26_destinations_that_a_backend_cannot_tell_apart_are_equal(
    one: GatewaySettings, other: GatewaySettings
) -> None:
    assert destination(one, "CP1") == destination(other, "CP1")


@pytest.mark.parametrize(
    "other",
    [
        gateway("wss://host/a"),
        gateway("ws://host:81/a"),
        gateway("ws://host/b"),
        gateway("ws://host/a?key=1"),
        gateway("ws://host/a", "CP2"),
        gateway("ws://host/a", append_id=False),
    ],
)
def test_destinations_differ_in_anything_that_a_backend_sees(other: GatewaySettings) -> None:
    assert destination(gateway("ws://host/a"), "CP1") != destination(other, "CP1")


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        (gateway("ws://Host/", "CP1"), "CP1@host"),
        (gateway("wss://host", "CP1"), "CP1@host"),
        (gateway("ws://host:8080/", "CP1"), "CP1@host:8080"),
        (gateway("ws://host/key/", "CP1"), "CP1@host/5733ecb4"),
        (gateway("wss://host/key", "CP1"), "CP1@host/5733ecb4"),
        (gateway("ws://host/?key", "CP1"), "CP1@host/d812f2fa"),
    ],
)
def test_r72_the_name_of_a_queue_outlasts_releases_and_holds_no_key(
    settings: GatewaySettings, place: str
) -> None:
    assert link_place(settings, "CP1") == place
