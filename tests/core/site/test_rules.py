from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.support.signed_samples import Signer

from wattgate.core.site import rules
from wattgate.core.site.model import (
    DeviceType,
    EvseSettings,
    FileRelaySettings,
    LoadManagement,
    OcppServerSettings,
    Site,
    SiteSettings,
    StrategyChoice,
    TlsMode,
    WallboxSettings,
)

OBSERVE = LoadManagement.OBSERVE
WITH_EVSE = Site(evses=(EvseSettings(id="a", address="CP1"),))
TWO_EVSES = Site(
    evses=(
        EvseSettings(id="a", address="CP1"),
        EvseSettings(id="b", address="CP1", connector=2),
    )
)
EMPTY = Site()
RELAYING = Site(wallboxes=(WallboxSettings(id="CP1", file_relay=True),))
SLOW = Site(site=SiteSettings(cycle_s=60))
METER_KEY = Signer().key_hex

Rule = Callable[[Any, Site], str | None]


def house(max_a: float = 0.0, load_a: float | None = None, reserve_a: float = 0.0) -> SiteSettings:
    return SiteSettings(max_current_a=max_a, house_load_a=load_a, reserve_a=reserve_a)


def observed(max_a: float = 0.0) -> SiteSettings:
    return SiteSettings(load_management=OBSERVE, max_current_a=max_a)


def wallbox(profile: int = 0, password: str = "", wallbox_id: str = "CP1") -> WallboxSettings:
    return WallboxSettings(id=wallbox_id, security_profile=profile, password=password)


def evse(
    address: str = "CP1",
    min_a: float = 6.0,
    max_a: float = 16.0,
    device_type: DeviceType = DeviceType.OCPP16,
    fallback_a: float = 0.0,
) -> EvseSettings:
    return EvseSettings(
        id="a",
        address=address,
        min_current_a=min_a,
        max_current_a=max_a,
        device_type=device_type,
        fallback_current_a=fallback_a,
    )


def server(tls: TlsMode = TlsMode.OFF, password: str = "", host: str = "::") -> Site:
    return Site(ocpp_server=OcppServerSettings(tls=tls, password=password, host=host))


def on_modbus(address: str, unit: int = 1, definition: str = "") -> EvseSettings:
    return EvseSettings(
        id="stall-1",
        device_type=DeviceType.MODBUS,
        address=address,
        connector=unit,
        definition=definition,
    )


def on_one_line(*addresses: str) -> Site:
    """EVSEs in service with these addresses, each with the number of its place as id and unit."""
    return Site(
        evses=tuple(
            replace(on_modbus(address, unit), id=str(unit))
            for unit, address in enumerate(addresses, 1)
        )
    )


FAST_LINE = "/dev/ttyUSB0,19200,8E1"
MIXED = on_one_line(FAST_LINE, "/dev/ttyUSB0")


def told(strategy: StrategyChoice) -> WallboxSettings:
    return WallboxSettings(id="CP1", strategy=strategy)


def fed(max_a: float | None) -> Site:
    return Site(wallboxes=(WallboxSettings(id="CP1", max_current_a=max_a),))


@pytest.mark.parametrize(
    ("rule", "settings", "site"),
    [
        (rules.max_current_is_told, house(), EMPTY),
        (rules.max_current_is_told, house(63.0), WITH_EVSE),
        (rules.max_current_is_told, observed(), WITH_EVSE),
        (rules.house_load_is_told, house(), EMPTY),
        (rules.house_load_is_told, house(63.0, 0.0), WITH_EVSE),
        (rules.house_load_is_told, observed(63.0), WITH_EVSE),
        (rules.host_is_one_word, OcppServerSettings(host="::1"), EMPTY),
        (rules.relay_url_leads_here, FileRelaySettings(), EMPTY),
        (rules.relay_port_is_its_own, FileRelaySettings(), RELAYING),
        (rules.relay_port_is_its_own, FileRelaySettings(port=19520), EMPTY),
        (
            rules.relay_port_is_its_own,
            FileRelaySettings(port=0),
            replace(RELAYING, ocpp_server=OcppServerSettings(port=0)),
        ),
        (rules.relay_url_leads_here, FileRelaySettings(url="https://a.example/x"), EMPTY),
        (rules.names_are_hosts, OcppServerSettings(), EMPTY),
        (rules.names_are_hosts, OcppServerSettings(names="wattgate.local, ::1"), EMPTY),
        (rules.wallbox_id_fits_a_url, wallbox(), EMPTY),
        (rules.meter_key_is_readable, evse(), EMPTY),
        (rules.meter_key_is_readable, replace(evse(), meter_public_key=METER_KEY), EMPTY),
        (rules.wallbox_id_is_spelled_as_its_evses_spell_it, wallbox(), WITH_EVSE),
        (rules.wallbox_id_is_spelled_as_its_evses_spell_it, wallbox(0, "", "CP2"), WITH_EVSE),
        (rules.profile_has_tls, wallbox(1), server()),
        (rules.profile_has_tls, wallbox(3), server(TlsMode.DETECT)),
        (rules.profile_has_a_password, wallbox(0), server()),
        (rules.profile_has_a_password, wallbox(3), server()),
        (rules.profile_has_a_password, wallbox(1, "own"), server()),
        (rules.profile_has_a_password, wallbox(1), server(password="common")),
        (rules.address_leads_to_the_device, evse("DE*1|2 3"), EMPTY),
        (rules.address_leads_to_the_device, on_modbus("/dev/ttyUSB0,9600,8N1"), EMPTY),
        (rules.wallbox_speaks_ocpp, wallbox(), WITH_EVSE),
        (rules.wallbox_speaks_ocpp, wallbox(), on_one_line("box")),
        (
            rules.wallbox_speaks_ocpp,
            wallbox(),
            Site(evses=(evse(), replace(on_modbus("CP1"), id="b"))),
        ),
        (rules.serial_line_speaks_one_way, evse(), MIXED),
        (rules.serial_line_speaks_one_way, on_modbus("box"), MIXED),
        (rules.serial_line_speaks_one_way, on_modbus("/dev/ttyUSB1"), MIXED),
        (rules.serial_line_speaks_one_way, MIXED.evses[0], MIXED),
        (rules.serial_line_speaks_one_way, replace(MIXED.evses[1], enabled=False), MIXED),
        (rules.unit_is_one_of_the_line, replace(evse(), connector=300), EMPTY),
        (rules.unit_is_one_of_the_line, on_modbus("box:502", 255), EMPTY),
        (rules.unit_is_one_of_the_line, on_modbus("/dev/ttyS1", 247), EMPTY),
        (rules.fail_safe_outlasts_cycles, replace(evse(), fail_safe_s=30), SLOW),
        (rules.fail_safe_outlasts_cycles, on_modbus("box"), SLOW),
        (rules.definition_goes_with_the_type, evse(), EMPTY),
        (rules.definition_goes_with_the_type, on_modbus("box", definition="x"), EMPTY),
        (rules.minimum_is_below_maximum, evse(min_a=16.0), EMPTY),
        (rules.feeder_carries_the_minimum, evse(), EMPTY),
        (rules.feeder_carries_the_minimum, evse(min_a=10.0), fed(10.0)),
        (rules.fallback_charges, evse(fallback_a=0.0), EMPTY),
        (rules.fallback_charges, evse(fallback_a=8.0, min_a=8.0), EMPTY),
        (rules.fallback_charges, evse(fallback_a=16.0), EMPTY),
        (rules.strategy_fits_the_connectors, told(StrategyChoice.TX_PROFILE), TWO_EVSES),
        (rules.strategy_fits_the_connectors, told(StrategyChoice.CHARGE_POINT_MAX), WITH_EVSE),
        (rules.main_evse_is_one_of_its_own, wallbox(), TWO_EVSES),
        (rules.main_evse_is_one_of_its_own, WallboxSettings(id="CP1", main_evse="b"), TWO_EVSES),
    ],
)
def test_what_keeps_a_rule_is_not_complained_about(
    rule: Rule, settings: object, site: Site
) -> None:
    assert rule(settings, site) is None


@pytest.mark.parametrize(
    ("rule", "settings", "site", "words"),
    [
        (rules.max_current_is_told, house(), WITH_EVSE, "required"),
        (rules.max_current_is_told, house(0.0, 20.0), EMPTY, "required"),
        (rules.house_load_is_told, house(63.0), EMPTY, "is required"),
        (rules.house_load_is_told, house(), WITH_EVSE, "own feed"),
        (rules.host_is_one_word, OcppServerSettings(host=""), EMPTY, "address to listen on"),
        (rules.host_is_one_word, OcppServerSettings(host="a b"), EMPTY, "address to listen on"),
        (rules.relay_url_leads_here, FileRelaySettings(url="ftp://a/"), EMPTY, "http://"),
        (rules.relay_port_is_its_own, FileRelaySettings(port=19520), RELAYING, "a port of their"),
        (
            rules.names_are_hosts,
            OcppServerSettings(names="a.example, two words"),
            EMPTY,
            '"two words" is neither',
        ),
        (rules.wallbox_id_fits_a_url, wallbox(0, "", ".."), EMPTY, "vanish"),
        (
            rules.meter_key_is_readable,
            replace(evse(), meter_public_key=METER_KEY[:-2]),
            EMPTY,
            "no public key",
        ),
        (
            rules.wallbox_id_is_spelled_as_its_evses_spell_it,
            wallbox(0, "", "cp1"),
            WITH_EVSE,
            'did you mean "CP1"?',
        ),
        (rules.profile_has_tls, wallbox(2), server(), "2 needs TLS"),
        (rules.profile_has_a_password, wallbox(1), server(), "1 needs a password"),
        (rules.profile_has_a_password, wallbox(2), server(), "2 needs a password"),
        (rules.address_leads_to_the_device, evse(" CP1"), EMPTY, "space"),
        (rules.address_leads_to_the_device, evse("modbus/a"), EMPTY, 'begin with "modbus/"'),
        (rules.address_leads_to_the_device, on_modbus("box:x"), EMPTY, "no TCP port"),
        (rules.wallbox_speaks_ocpp, wallbox(0, "", "box"), on_one_line("box"), "OCPP wallboxes"),
        (rules.wallbox_speaks_ocpp, wallbox(0, "", "modbus/9"), on_one_line("box"), "is on Modbus"),
        (
            rules.serial_line_speaks_one_way,
            MIXED.evses[1],
            MIXED,
            f'evse "1" has this serial line as {FAST_LINE}',
        ),
        (rules.unit_is_one_of_the_line, on_modbus("box:502", 256), EMPTY, "at most 255"),
        (rules.unit_is_one_of_the_line, on_modbus("/dev/ttyS1", 248), EMPTY, "at most 247"),
        (
            rules.fail_safe_outlasts_cycles,
            replace(on_modbus("box"), fail_safe_s=179),
            SLOW,
            "must be 180 s at least, since cycle_s is 60 s",
        ),
        (rules.definition_goes_with_the_type, on_modbus("box"), EMPTY, "is required"),
        (
            rules.definition_goes_with_the_type,
            replace(evse(device_type=DeviceType.POWER_BRAIN), definition="x"),
            EMPTY,
            'not "power-brain"',
        ),
        (rules.minimum_is_below_maximum, evse(min_a=16.5), EMPTY, "above max_current_a (16 A)"),
        (rules.feeder_carries_the_minimum, evse(min_a=11.0), fed(10.0), "carries (10 A)"),
        (rules.fallback_charges, evse(fallback_a=5.0), EMPTY, "(6 to 16 A)"),
        (rules.fallback_charges, evse(fallback_a=6.0, min_a=8.0), EMPTY, "(8 to 16 A)"),
        (rules.fallback_charges, evse(fallback_a=16.5), EMPTY, "(6 to 16 A)"),
        (
            rules.strategy_fits_the_connectors,
            told(StrategyChoice.CHARGE_POINT_MAX),
            TWO_EVSES,
            "it has 2 EVSEs",
        ),
        (
            rules.main_evse_is_one_of_its_own,
            WallboxSettings(id="CP1", main_evse="B"),
            TWO_EVSES,
            'must be the id of an EVSE of wallbox "CP1"; did you mean "b"?',
        ),
        (
            rules.main_evse_is_one_of_its_own,
            WallboxSettings(id="CP2", main_evse="b"),
            TWO_EVSES,
            'an EVSE of wallbox "CP2"',
        ),
    ],
)
def test_what_breaks_a_rule_is_complained_about_in_words(
    rule: Rule, settings: object, site: Site, words: str
) -> None:
    complaint = rule(settings, site)
    assert complaint is not None
    assert words in complaint
