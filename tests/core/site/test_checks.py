from inspect import isfunction

import pytest

from wattgate.core.site import checks, gateway_rules, rules
from wattgate.core.site.checks import check
from wattgate.core.site.findings import Findings, Path
from wattgate.core.site.model import (
    CardSettings,
    EvseSettings,
    FileRelaySettings,
    GatewaySettings,
    LoadManagement,
    OcppServerSettings,
    Site,
    SiteSettings,
    TlsMode,
    WallboxSettings,
)

BAD = Site(
    site=SiteSettings(house_load_a=8.0),
    ocpp_server=OcppServerSettings(tls=TlsMode.ON, names="two words"),
    wallboxes=(WallboxSettings(id="CP1", security_profile=1, main_evse="other", file_relay=True),),
    file_relay=FileRelaySettings(host="", port=19520, url="ftp://a/"),
    evses=(
        EvseSettings(
            id="a", address="CP1", min_current_a=20.0, gateways=(GatewaySettings(url="http://b"),)
        ),
    ),
    cards=(CardSettings(id_tag="A"), CardSettings(id_tag="a")),
)
ALL = [
    "site.max_current_a",
    "ocpp_server.names",
    "file_relay.host",
    "file_relay.port",
    "file_relay.url",
    'wallbox "CP1".security_profile',
    'wallbox "CP1".main_evse',
    'evse "a".min_current_a',
    'evse "a".gateway 1.url',
    'card "a".id_tag',
]


def places(site: Site, *doubted: Path) -> list[str]:
    findings = Findings()
    for path in doubted:
        findings.doubt(path)
    check(site, findings)
    return [problem.path.replace(" \u203a ", ".") for problem in findings.problems]


def test_every_table_is_checked_and_called_by_its_place() -> None:
    assert places(BAD) == ALL


def test_every_rule_is_one_of_a_table() -> None:
    written = {
        rule
        for module in (rules, gateway_rules)
        for name, rule in vars(module).items()
        if isfunction(rule) and rule.__module__ == module.__name__ and not name.startswith("_")
    }
    assert {rule.complaint for table in checks._RULES.values() for rule in table} == written


def test_a_sound_site_has_no_complaint() -> None:
    assert places(Site()) == []


@pytest.mark.parametrize(
    ("doubted", "silent"),
    [
        (("site", "load_management"), "site.max_current_a"),
        (("site",), "site.max_current_a"),
        (("ocpp_server", "password"), 'wallbox "CP1".security_profile'),
        (('wallbox "CP1"', "password"), 'wallbox "CP1".security_profile'),
        (('evse "a"', "max_current_a"), 'evse "a".min_current_a'),
        (('evse "a"', "gateway 1", "url"), 'evse "a".gateway 1.url'),
        (('card "A"', "id_tag"), 'card "a".id_tag'),
    ],
)
def test_a_rule_is_silent_while_a_value_that_it_reads_is_wrong_by_itself(
    doubted: Path, silent: str
) -> None:
    assert places(BAD, doubted) == [place for place in ALL if place != silent]


def test_p1_observing_needs_no_figures_of_the_house() -> None:
    evse = EvseSettings(id="a", address="CP1")
    observing = SiteSettings(load_management=LoadManagement.OBSERVE)
    assert places(Site(evses=(evse,))) == ["site.max_current_a", "site.house_load_a"]
    assert places(Site(site=observing, evses=(evse,))) == []
