import dataclasses

import pytest
from tests.support.certificate_facts import NOW, facts

from wattgate.core.security.certificates import CertificateFacts, Held, IssuedEntry, Origin, Role
from wattgate.core.security.endings import AUTHORITY, Ending, Stock, endings
from wattgate.core.security.expiry import Stage

OWN = facts("manager.example", 20)
ROOT = facts("Root", 50, is_authority=True)


def own(origin: Origin, days: float = 20) -> Stock:
    return Stock({"server": (Held(Role.OWN, origin, facts("manager.example", days)),)})


def issued(days: float, *, purpose: str = "client", is_revoked: bool = False) -> IssuedEntry:
    return IssuedEntry(facts("CP1", days), purpose, is_revoked)


def told(stock: Stock) -> list[str]:
    return [said for each in endings(stock) if (said := each.warning(NOW)) is not None]


@pytest.mark.parametrize(
    ("origin", "days", "words"),
    [
        (Origin.IMPORTED, 20, "expires in 20 days, on 2026-06-04: import its successor"),
        (Origin.IMPORTED, -3, "has expired on 2026-05-12: import its successor"),
        (Origin.ISSUED, 20, "issue its successor and put it in place"),
        (Origin.INSTALLED, 20, "the backend has to have a new one requested"),
        (Origin.SELF_SIGNED, 20, None),
        (Origin.SELF_SIGNED, 7, "it should have been renewed by itself"),
        (Origin.SELF_SIGNED, -1, "it should have been renewed by itself"),
        (Origin.IMPORTED, 61, None),
    ],
)
def test_who_has_to_act_before_an_own_certificate_ends_p22(
    origin: Origin, days: float, words: str | None
) -> None:
    said = told(own(origin, days))
    assert len(said) == (words is not None)
    assert all(each.startswith('own "manager.example" ') for each in said)
    assert words is None or words in said[0]


def test_authorities_and_chains_end_as_well() -> None:
    held = Held(Role.OWN, Origin.IMPORTED, facts(), (facts("Between", 5),))
    stock = Stock({"stall-1": (held, Held(Role.AUTHORITY, Origin.INSTALLED, ROOT))}, ROOT)
    kinds = [(each.place, each.kind, each.stage(NOW)) for each in endings(stock)]
    assert kinds == [
        ("stall-1", "own", Stage.FINE),
        ("stall-1", "chain", Stage.URGENT),
        ("stall-1", "authority", Stage.SOON),
        (AUTHORITY, "authority", Stage.SOON),
    ]


@pytest.mark.parametrize(
    ("entries", "days"),
    [
        ((), []),
        ((issued(5),), [5]),
        ((issued(5, is_revoked=True),), []),
        ((issued(500), issued(5)), [500]),
        ((issued(5), issued(500)), [500]),
        ((issued(500, is_revoked=True), issued(5)), [5]),
        ((issued(500, purpose="server"), issued(5)), [500, 5]),
    ],
)
def test_of_what_was_issued_the_last_one_counts_that_is_believed(
    entries: tuple[IssuedEntry, ...], days: list[int]
) -> None:
    found = endings(Stock(issued=entries))
    assert [(each.facts.not_after - NOW).days for each in found] == days


def test_what_was_issued_for_a_set_of_ours_is_told_once() -> None:
    held = Held(Role.OWN, Origin.ISSUED, OWN)
    stock = Stock({"server": (held,)}, issued=(IssuedEntry(OWN, "server", is_revoked=False),))
    assert [(each.place, each.kind) for each in endings(stock)] == [("server", "own")]


@pytest.mark.parametrize(
    ("own", "name"),
    [
        (OWN, "manager.example"),
        (dataclasses.replace(OWN, common_name=""), "CN=manager.example"),
        (dataclasses.replace(OWN, common_name="", subject=""), OWN.id),
    ],
)
def test_a_certificate_is_called_by_its_name_or_what_it_has_instead(
    own: CertificateFacts, name: str
) -> None:
    ending = Ending("server", "own", own, "act")
    assert ending.warning(NOW) == f'own "{name}" expires in 20 days, on 2026-06-04: act'
