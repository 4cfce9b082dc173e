from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.findings import Findings, Path
from wattgate.core.site.model import (
    CardSettings,
    DeviceType,
    EvseSettings,
    GatewayRole,
    GatewaySettings,
    OfflinePolicy,
    Site,
    WallboxSettings,
)
from wattgate.core.site.repetitions import report_repetitions


def evse(
    evse_id: str,
    address: str = "CP1",
    connector: int = 1,
    *urls: str,
    client_id: str = "",
    enabled: bool = True,
    roles: Iterable[GatewayRole] = (GatewayRole.PRIMARY, *[GatewayRole.REPORT] * 9),
) -> EvseSettings:
    return EvseSettings(
        id=evse_id,
        address=address,
        connector=connector,
        enabled=enabled,
        gateways=tuple(
            GatewaySettings(url=url, client_id=client_id, role=role)
            for url, role in zip(urls, roles, strict=False)
        ),
    )


def said(site: Site, *doubted: Path) -> list[str]:
    findings = Findings()
    for path in doubted:
        findings.doubt(path)
    report_repetitions(site, findings)
    return [str(problem).replace(" \u203a ", " > ") for problem in findings.problems]


@pytest.mark.parametrize(
    ("site", "problems"),
    [
        (
            Site(evses=(evse("a"), evse("b", "CP2"), evse("a", "CP3"))),
            ['evse "a" > id: is already the id of evse 1'],
        ),
        (
            Site(wallboxes=(WallboxSettings(id="CP1"), WallboxSettings(id="CP1"))),
            ['wallbox "CP1" > id: is already the id of wallbox 1'],
        ),
        (
            Site(cards=(CardSettings(id_tag="ab"), CardSettings(id_tag="AB"))),
            [
                'card "AB" > id_tag: is already card 1 '
                "(cards differ by more than upper and lower case)"
            ],
        ),
        (
            Site(evses=(evse("a"), evse("b"), evse("c"))),
            [
                'evse "b" > connector: of this address already belongs to evse "a"',
                'evse "c" > connector: of this address already belongs to evse "a"',
            ],
        ),
        (Site(evses=(evse("a"), evse("b", "CP1", 2), evse("c", "CP2"))), []),
        (Site(evses=(evse("a", enabled=False), evse("b"))), []),
    ],
)
def test_p5_what_must_be_there_once_is_complained_about_where_it_is_repeated(
    site: Site, problems: list[str]
) -> None:
    assert said(site) == problems


TWO_WALLBOXES = Site(
    evses=(
        evse("a", "CP1", 1, "ws://host/", client_id="X"),
        evse("b", "CP2", 1, "ws://host", client_id="X"),
    )
)


def test_two_wallboxes_cannot_share_one_identity_at_a_backend() -> None:
    assert said(TWO_WALLBOXES) == [
        'evse "b" > gateway 1 > client_id: the backend of evse "a" has the same url and client '
        "id; two wallboxes cannot share one identity, only EVSEs of one OCPP wallbox, or those on "
        "Modbus, can: give this one a client id of its own"
    ]


def test_r26_the_connectors_of_one_wallbox_may_share_one_login() -> None:
    site = Site(evses=(evse("a", "CP1", 1, "ws://host/"), evse("b", "CP1", 2, "ws://host/")))
    assert said(site) == []


def test_r106_one_evse_does_not_have_one_login_twice() -> None:
    site = Site(evses=(evse("a", "CP1", 1, "ws://other/", "ws://h/", "wss://h/"),))
    assert said(site) == [
        'evse "a" > gateway 3 > client_id: gateway 2 of this EVSE has the same url and client id: '
        "remove one of them, or give this one the client id of its own that the backend knows it by"
    ]


@pytest.mark.parametrize(
    "site",
    [
        Site(evses=(evse("a", "CP1", 1, "ws://host/"), evse("b", "CP2", 1, "ws://host/"))),
        Site(evses=(evse("a", "CP1", 1, "ws://host/"), evse("b", "CP1", 2, "ws://other/"))),
        Site(evses=(evse("a", "CP1", 1, "ws://h/", "ws://other/"),)),
        Site(evses=(evse("a", "CP1", 1, "nonsense"), evse("b", "CP1", 2, "nonsense"))),
        Site(evses=(evse("a", "CP1", 1, "ws://h/", enabled=False), evse("b", "CP1", 1, "ws://h/"))),
    ],
    ids=["two identities", "two backends", "one EVSE", "no URL", "a successor"],
)
def test_p20_backends_of_evses_that_are_told_apart_are_fine(site: Site) -> None:
    assert said(site) == []


PRIMARY, READS = GatewayRole.PRIMARY, GatewayRole.REPORT


@pytest.mark.parametrize(
    ("roles", "refused"),
    [
        ([READS, PRIMARY, READS], []),
        ([READS, READS, READS], []),
        ([READS, PRIMARY, PRIMARY], [3]),
        ([PRIMARY, PRIMARY, PRIMARY], [2, 3]),
    ],
)
def test_r106_one_backend_alone_authorises_and_bills(
    roles: list[GatewayRole], refused: list[int]
) -> None:
    site = Site(evses=(evse("a", "CP1", 1, "ws://a/", "ws://b/", "ws://c/", roles=roles),))
    first = roles.index(PRIMARY) + 1 if PRIMARY in roles else 0
    assert said(site) == [
        f'evse "a" > gateway {number} > role: must be "report": gateway {first} of this EVSE is '
        '"primary" already, and one alone authorises and bills'
        for number in refused
    ]
    assert said(site, ('evse "a"', f"gateway {first}", "role")) == [
        each.replace("gateway 1 of", "gateway 2 of") for each in said(site)[1:]
    ]


def on_modbus(evse_id: str, url: str = "ws://host/", **settings: object) -> EvseSettings:
    """An EVSE without OCPP, with these settings of its gateway."""
    values: dict[str, Any] = {"url": url, "client_id": "SITE"} | settings
    return EvseSettings(
        id=evse_id,
        device_type=DeviceType.POWER_BRAIN,
        address=f"{evse_id}.example",
        gateways=(GatewaySettings(**values),),
    )


def test_p16_evses_on_modbus_may_share_one_login() -> None:
    assert said(Site(evses=(on_modbus("a"), on_modbus("b"), on_modbus("c")))) == []


@pytest.mark.parametrize(
    ("other", "differing"),
    [
        (on_modbus("b", password="secret", role=GatewayRole.REPORT), ["password", "role"]),
        (on_modbus("b", boot_on_reconnect=False), ["boot_on_reconnect"]),
        (
            on_modbus("b", certificates="employer", system_roots=True),
            ["certificates", "system_roots"],
        ),
        (on_modbus("b", offline_policy=OfflinePolicy.DROP), ["offline_policy"]),
        (on_modbus("b", "wss://host/"), ["url"]),
        (on_modbus("b", "ws://host"), ["url"]),
        (on_modbus("SITE", client_id=""), ["client_id"]),
        (on_modbus("b", "ws://host/SITE", append_id=False), ["url", "append_id"]),
    ],
)
def test_p16_those_that_share_a_login_have_the_same_settings_for_it(
    other: EvseSettings, differing: list[str]
) -> None:
    problems = said(Site(evses=(on_modbus("a"), other)))
    assert problems == [
        f'evse "{other.id}" > gateway 1 > {name}: is another one than that of evse "a", which has '
        "the same backend and client id: EVSEs that share a login must have the same settings for "
        "it"
        for name in differing
    ]
    assert "secret" not in "".join(problems)


def test_connectors_that_share_a_login_have_the_same_settings_for_it() -> None:
    first, second = evse("a", "CP1", 1, "ws://host/"), evse("b", "CP1", 2, "ws://host/")
    (gateway,) = second.gateways
    second = replace(second, gateways=(replace(gateway, commands=Rights.READ),))
    (problem,) = said(Site(evses=(first, second)))
    assert problem.startswith('evse "b" > gateway 1 > commands: is another one than that of evse')


def test_a_setting_that_is_wrong_by_itself_is_not_compared_as_well() -> None:
    site = Site(evses=(on_modbus("a"), on_modbus("b", password="x", role=GatewayRole.REPORT)))
    (problem,) = said(site, ('evse "a"', "gateway 1", "password"))
    assert "> role:" in problem


@pytest.mark.parametrize(
    "evses",
    [
        (on_modbus("a"), evse("b", "CP1", 1, "ws://host/", client_id="SITE")),
        (evse("b", "CP1", 1, "ws://host/", client_id="SITE"), on_modbus("a")),
        (evse("b", "a.example", 2, "ws://host/", client_id="SITE"), on_modbus("a")),
    ],
)
def test_an_ocpp_wallbox_shares_its_identity_with_nobody(evses: tuple[EvseSettings, ...]) -> None:
    (problem,) = said(Site(evses=evses))
    assert problem.endswith("or those on Modbus, can: give this one a client id of its own")


@pytest.mark.parametrize(
    "doubted",
    [
        ('evse "b"', "gateway 1", "client_id"),
        ('evse "b"', "gateway 1"),
        ('evse "a"', "address"),
    ],
)
def test_what_is_wrong_by_itself_is_not_taken_for_a_repetition(doubted: Path) -> None:
    assert said(TWO_WALLBOXES, doubted) == []


def test_evses_without_an_id_are_not_compared() -> None:
    assert said(Site(evses=(evse(""), evse(""))), ("evse 1",), ('evse ""',)) == []
