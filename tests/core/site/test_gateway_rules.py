"""The rules for the backends of a site."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from wattgate.core.site import gateway_rules as rules
from wattgate.core.site.model import (
    DeviceType,
    EvseSettings,
    GatewayRole,
    GatewaySettings,
    LoadManagement,
    OfflinePolicy,
    PasswordForm,
    Site,
    SiteSettings,
)

EMPTY = Site()
OBSERVED = SiteSettings(load_management=LoadManagement.OBSERVE)
URL = "wss://backend/"
UNNAMED = GatewaySettings(url=URL)
DROPPING = GatewaySettings(url=URL, offline_policy=OfflinePolicy.DROP)
APART = GatewaySettings(url=URL, certificates="apart")
REPORT = GatewaySettings(url=URL, role=GatewayRole.REPORT)
BEHIND_A_PATH = replace(REPORT, url=f"{URL}path/")
PLAIN = replace(REPORT, url="ws://backend/")
ELSEWHERE = GatewaySettings(url="wss://elsewhere/", role=GatewayRole.REPORT)
NEXT_TO_IT = (REPORT, GatewaySettings(url=URL, certificates="a-backend"))
ON_MODBUS = EvseSettings(id="a", address="box", device_type=DeviceType.MODBUS, gateways=(DROPPING,))

Rule = Callable[[GatewaySettings, Site], str | None]


def beside(*gateways: GatewaySettings) -> Site:
    """A site with one EVSE, `a`, that has these backends."""
    return Site(evses=(EvseSettings(id="a", address="CP1", gateways=gateways),))


def named_as_ours(gateway: GatewaySettings) -> EvseSettings:
    """An EVSE whose id is the name of the certificates that wallboxes see."""
    return EvseSettings(id="server", address="CP1", gateways=(gateway,))


def hexadecimal(password: str) -> GatewaySettings:
    return GatewaySettings(url=URL, password=password, key_form=PasswordForm.HEX)


def dropping(management: LoadManagement, evses: int) -> Site:
    return Site(
        site=SiteSettings(load_management=management),
        evses=tuple(
            EvseSettings(id=str(each), address="CP1", connector=each + 1, gateways=(gateway,))
            for each, gateway in enumerate((DROPPING, GatewaySettings(url=URL))[:evses])
        ),
    )


@pytest.mark.parametrize(
    ("rule", "settings", "site"),
    [
        (rules.url_leads_to_a_backend, GatewaySettings(url=URL), EMPTY),
        (rules.client_id_fits_a_url, GatewaySettings(url=URL, client_id="a b"), EMPTY),
        (rules.client_id_fits_basic_auth, GatewaySettings(url=URL, client_id="a:b"), EMPTY),
        (rules.client_id_fits_basic_auth, GatewaySettings(url=URL, password="a:b"), EMPTY),
        (rules.password_is_hexadecimal, GatewaySettings(url=URL, password="secret"), EMPTY),
        (rules.password_is_hexadecimal, hexadecimal(""), EMPTY),
        (rules.password_is_hexadecimal, hexadecimal("00ff"), EMPTY),
        (rules.certificates_are_a_backends, GatewaySettings(url=URL), EMPTY),
        (
            rules.certificates_are_a_backends,
            GatewaySettings(url=URL, certificates="a"),
            EMPTY,
        ),
        (rules.certificates_are_a_backends, APART, Site(evses=(named_as_ours(APART),))),
        (rules.certificates_are_a_backends, NEXT_TO_IT[1], beside(*NEXT_TO_IT)),
        (rules.certificates_are_a_backends, REPORT, beside(REPORT, ELSEWHERE)),
        (
            rules.certificates_are_a_backends,
            REPORT,
            beside(REPORT, replace(REPORT, client_id="X")),
        ),
        (
            rules.certificates_are_a_backends,
            REPORT,
            beside(REPORT, replace(BEHIND_A_PATH, certificates="a-backend")),
        ),
        (rules.certificates_are_a_backends, REPORT, beside(REPORT, replace(REPORT))),
        (rules.certificates_are_a_backends, PLAIN, beside(PLAIN, BEHIND_A_PATH)),
        (rules.certificates_are_a_backends, BEHIND_A_PATH, beside(PLAIN, BEHIND_A_PATH)),
        (rules.whole_wallbox_is_dropped, GatewaySettings(url=URL), EMPTY),
        (
            rules.whole_wallbox_is_dropped,
            DROPPING,
            dropping(LoadManagement.OBSERVE, evses=1),
        ),
        (
            rules.whole_wallbox_is_dropped,
            DROPPING,
            dropping(LoadManagement.OBSERVE, evses=0),
        ),
    ],
)
def test_what_keeps_a_rule_is_not_complained_about(
    rule: Rule, settings: GatewaySettings, site: Site
) -> None:
    assert rule(settings, site) is None


@pytest.mark.parametrize(
    ("rule", "settings", "site", "words"),
    [
        (rules.url_leads_to_a_backend, GatewaySettings(url="ftp://x"), EMPTY, "ws://"),
        (
            rules.client_id_fits_a_url,
            GatewaySettings(url=URL, client_id="."),
            EMPTY,
            "vanish",
        ),
        (
            rules.client_id_fits_basic_auth,
            GatewaySettings(url=URL, client_id="a:b", password="x"),
            EMPTY,
            "colon",
        ),
        (rules.password_is_hexadecimal, hexadecimal("00f"), EMPTY, "two per byte"),
        (rules.password_is_hexadecimal, hexadecimal("00 ff"), EMPTY, "two per byte"),
        (
            rules.certificates_are_a_backends,
            GatewaySettings(url=URL, certificates="server"),
            EMPTY,
            'must not be "server": those are the certificates that wallboxes see',
        ),
        (
            rules.certificates_are_a_backends,
            UNNAMED,
            Site(evses=(EvseSettings(id="a", address="CP1"), named_as_ours(UNNAMED))),
            'must be named: by themselves they would be called as the EVSE is, "server"',
        ),
        (
            rules.certificates_are_a_backends,
            REPORT,
            beside(REPORT, BEHIND_A_PATH),
            'must be named: by themselves they would be called "a-backend"',
        ),
        (
            rules.whole_wallbox_is_dropped,
            replace(DROPPING, role=GatewayRole.REPORT),
            EMPTY,
            "one that reports only holds",
        ),
        (
            rules.whole_wallbox_is_dropped,
            DROPPING,
            replace(beside(DROPPING, REPORT), site=OBSERVED),
            "leaves the wallbox to one backend, and this EVSE has 2",
        ),
        (
            rules.whole_wallbox_is_dropped,
            DROPPING,
            Site(
                site=OBSERVED,
                evses=(ON_MODBUS,),
            ),
            "keeps none",
        ),
        (
            rules.whole_wallbox_is_dropped,
            DROPPING,
            dropping(LoadManagement.ACTIVE, evses=1),
            'with load_management = "active" it would be out of control',
        ),
        (
            rules.whole_wallbox_is_dropped,
            DROPPING,
            dropping(LoadManagement.OBSERVE, evses=2),
            'the whole wallbox "CP1", and it has 2 EVSEs',
        ),
    ],
)
def test_what_breaks_a_rule_is_complained_about_in_words(
    rule: Rule, settings: GatewaySettings, site: Site, words: str
) -> None:
    complaint = rule(settings, site)
    assert complaint is not None
    assert words in complaint
