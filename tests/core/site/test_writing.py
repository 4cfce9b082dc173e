import json
from dataclasses import replace

import pytest

from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.model import (
    CardSettings,
    EvseSettings,
    GatewaySettings,
    OcppServerSettings,
    Site,
    SiteSettings,
    WallboxSettings,
)
from wattgate.core.site.reading import read_mapping
from wattgate.core.site.writing import to_mapping

SITE = Site(
    site=SiteSettings(max_current_a=63.0, house_load_a=20.0),
    ocpp_server=OcppServerSettings(password="common-secret"),
    wallboxes=(WallboxSettings(id="CP1", password="own-secret"),),
    evses=(
        EvseSettings(
            id="stall-1",
            address="CP1",
            gateways=(GatewaySettings(url="ws://b/", password="backend-secret"),),
        ),
    ),
    cards=(CardSettings(id_tag="A", name="Anna"),),
)


def test_what_is_written_is_read_back_the_same() -> None:
    assert read_mapping(to_mapping(SITE, secrets=True)) == SITE


def test_what_is_written_goes_through_json_unchanged() -> None:
    written = to_mapping(SITE, secrets=True)
    assert json.loads(json.dumps(written)) == written
    assert type(written["site"]["load_management"]) is str


@pytest.mark.parametrize(
    ("commands", "written"),
    [
        (None, None),
        (Rights.READ, "read"),
        (Rights.NONE, "none"),
        (Rights.to("Reset"), ["Reset"]),
        (Rights.to("ClearCache", "Reset"), ["ClearCache", "Reset"]),
    ],
)
def test_rights_are_written_as_they_are_read(commands: Rights | None, written: object) -> None:
    gateway = GatewaySettings(url="ws://b/", commands=commands)
    site = replace(SITE, evses=(replace(SITE.evses[0], gateways=(gateway,)),))
    mapping = to_mapping(site, secrets=True)
    assert mapping["evse"][0]["gateway"][0]["commands"] == written
    assert read_mapping(json.loads(json.dumps(mapping))) == site


def test_settings_have_the_keys_and_the_order_of_the_file() -> None:
    written = to_mapping(SITE, secrets=True)
    assert list(written) == [
        "site",
        "ocpp_server",
        "storage",
        "file_relay",
        "wallbox",
        "evse",
        "card",
    ]
    assert written["evse"][0]["gateway"][0]["url"] == "ws://b/"
    assert written["card"] == [{"id_tag": "A", "name": "Anna"}]


def test_s4_passwords_are_left_out_unless_asked_for() -> None:
    public = json.dumps(to_mapping(SITE, secrets=False))
    assert "secret" not in public
    assert "password" not in public
