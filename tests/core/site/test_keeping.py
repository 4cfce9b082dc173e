"""A site as it is kept: no password of a wallbox in it (S4)."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from wattgate.core.security.passwords import PasswordKey, is_kept
from wattgate.core.site.keeping import as_kept, is_readable, lost_passwords
from wattgate.core.site.merging import applied
from wattgate.core.site.model import (
    EvseSettings,
    GatewaySettings,
    OcppServerSettings,
    Site,
    SiteSettings,
    WallboxSettings,
)
from wattgate.core.site.reading import read_mapping
from wattgate.core.site.writing import to_mapping

OURS = PasswordKey(bytes(range(32)))
ANOTHER = PasswordKey(bytes(32))
BACKEND = GatewaySettings(url="ws://b/", password="of the backend")
SITE = Site(
    site=SiteSettings(max_current_a=63.0, house_load_a=20.0),
    ocpp_server=OcppServerSettings(password="common-secret"),
    wallboxes=(WallboxSettings(id="CP1", password="own-secret"), WallboxSettings(id="CP2")),
    evses=(EvseSettings(id="stall-1", address="CP1", enabled=False, gateways=(BACKEND,)),),
)
KEPT = as_kept(SITE, OURS)


def test_s4_wallbox_passwords_are_kept_as_hashes_and_all_else_as_it_is() -> None:
    assert is_kept(KEPT.ocpp_server.password)
    assert OURS.matches(b"common-secret", KEPT.ocpp_server.password)
    own, none = KEPT.wallboxes
    assert OURS.matches(b"own-secret", own.password)
    assert none == SITE.wallboxes[1]
    assert KEPT.evses == SITE.evses
    server = replace(KEPT.ocpp_server, password=SITE.ocpp_server.password)
    boxes = (replace(own, password="own-secret"), none)
    assert replace(KEPT, ocpp_server=server, wallboxes=boxes) == SITE


def test_p3_the_password_at_a_backend_stays_readable_since_we_have_to_say_it() -> None:
    (gateway,) = KEPT.evses[0].gateways
    assert gateway.password == "of the backend"


def test_s4_what_is_stored_says_no_password_of_a_wallbox() -> None:
    stored = json.dumps(to_mapping(KEPT, secrets=True))
    assert "common-secret" not in stored
    assert "own-secret" not in stored
    assert read_mapping(json.loads(stored)) == KEPT


def test_a_file_applied_twice_changes_nothing_and_one_without_passwords_keeps_them() -> None:
    stored = to_mapping(KEPT, secrets=True)
    file = to_mapping(SITE, secrets=True)
    silent = to_mapping(SITE, secrets=False)
    for again in (file, silent):
        assert as_kept(read_mapping(applied(stored, again)), OURS) == KEPT
    assert as_kept(KEPT, OURS) == KEPT


def test_a_new_password_in_the_file_counts() -> None:
    file = to_mapping(SITE, secrets=False)
    file["ocpp_server"]["password"] = "another"
    now = as_kept(read_mapping(applied(to_mapping(KEPT, secrets=True), file)), OURS)
    assert OURS.matches(b"another", now.ocpp_server.password)
    assert not OURS.matches(b"common-secret", now.ocpp_server.password)


def test_passwords_kept_under_a_key_that_is_lost_are_named_until_they_are_written_anew() -> None:
    assert lost_passwords(KEPT, OURS) == ()
    assert lost_passwords(KEPT, ANOTHER) == ("ocpp_server", 'wallbox "CP1"')
    file = to_mapping(SITE, secrets=True)
    anew = as_kept(read_mapping(applied(to_mapping(KEPT, secrets=True), file)), ANOTHER)
    assert lost_passwords(anew, ANOTHER) == ()


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        ({}, False),
        (to_mapping(SITE, secrets=True), True),
        (to_mapping(KEPT, secrets=True), False),
        (to_mapping(SITE, secrets=False), False),
        ({"ocpp_server": {"password": "p"}}, True),
        ({"wallbox": [{"id": "CP1"}, {"id": "CP2", "password": "p"}]}, True),
        ({"wallbox": [{"id": "CP1", "password": ""}]}, False),
        ({"wallbox": [5], "ocpp_server": {"password": 5}, "evse": "x"}, False),
        ({"evse": [{"gateway": [{"url": "ws://b/", "password": "p"}]}]}, False),
    ],
)
def test_s4_a_site_that_was_stored_with_readable_passwords_is_found(
    stored: Mapping[str, object], says: bool
) -> None:
    assert is_readable(stored) is says
