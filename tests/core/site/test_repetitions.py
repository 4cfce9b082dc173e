import pytest

from wattgate.core.site.findings import Findings, Path
from wattgate.core.site.model import (
    CardSettings,
    EvseSettings,
    GatewaySettings,
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
) -> EvseSettings:
    return EvseSettings(
        id=evse_id,
        address=address,
        connector=connector,
        enabled=enabled,
        gateways=tuple(GatewaySettings(url=url, client_id=client_id) for url in urls),
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
        "id; two wallboxes cannot share one identity"
    ]


def test_r26_two_connectors_share_their_charge_box_id_unless_told_otherwise() -> None:
    site = Site(evses=(evse("a", "CP1", 1, "ws://host/"), evse("b", "CP1", 2, "ws://host/")))
    assert said(site) == [
        'evse "b" > gateway 1 > client_id: the backend of evse "a" has the same url and client '
        "id; in this version every EVSE needs its own client id"
    ]


@pytest.mark.parametrize(
    "site",
    [
        Site(evses=(evse("a", "CP1", 1, "ws://host/"), evse("b", "CP2", 1, "ws://host/"))),
        Site(evses=(evse("a", "CP1", 1, "ws://host/"), evse("b", "CP1", 2, "ws://other/"))),
        Site(evses=(evse("a", "CP1", 1, "ws://h/", "ws://h/"),)),
        Site(evses=(evse("a", "CP1", 1, "nonsense"), evse("b", "CP1", 2, "nonsense"))),
        Site(evses=(evse("a", "CP1", 1, "ws://h/", enabled=False), evse("b", "CP1", 1, "ws://h/"))),
    ],
    ids=["two identities", "two backends", "one EVSE", "no URL", "a successor"],
)
def test_p20_backends_of_evses_that_are_told_apart_are_fine(site: Site) -> None:
    assert said(site) == []


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
