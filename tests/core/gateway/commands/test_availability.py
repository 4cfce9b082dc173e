from random import Random

import pytest

from wattgate.core.gateway.commands.availability import Holds, holds_text, read_holds

ALL = ("one", "two")
FREE = Holds()


def test_a_connector_is_held_until_the_last_lets_go_r86() -> None:
    held = FREE.taken("one", 2).taken("two", 2)
    assert held.others("one", ALL) == {"two"}
    assert held.others("three", ALL) == {"one", "two"}
    assert held.freed("one", 2) == FREE.taken("two", 2)
    assert held.freed("one", 2).freed("two", 2) == FREE


def test_who_lets_go_first_leaves_a_debt_that_the_last_one_pays_r86() -> None:
    held = FREE.taken("one", 2).taken("two", 2).let_go("one")
    assert held == Holds({"two": frozenset({2})}, frozenset({2}))
    assert held.due is None
    assert held.freed("two", 2) == FREE


def test_the_whole_wallbox_is_not_forgotten_over_one_connector_r86() -> None:
    held = FREE.taken("one", 0).taken("two", 1).let_go("one").freed("two", 1)
    assert held.due == 0
    assert held.paid(0) == FREE


def test_who_takes_it_again_owes_nothing_r86() -> None:
    assert FREE.taken("one", 1).let_go("one").taken("two", 1) == FREE.taken("two", 1)


def test_who_holds_nothing_lets_nothing_go() -> None:
    assert FREE.let_go("one") == FREE
    assert FREE.freed("one", 1) == FREE
    assert FREE.due is None


def test_who_may_not_hold_it_any_more_has_let_go_r86() -> None:
    held = FREE.taken("one", 2).taken("two", 0)
    assert held.of(ALL) == held
    assert held.of(("one",)) == Holds({"one": frozenset({2})}, frozenset({0}))
    assert held.of(()) == Holds({}, frozenset({0, 2}))
    assert held.of(()).due == 0
    assert held.others("one", ()) == frozenset()


def test_holds_are_read_as_they_were_written() -> None:
    holds = FREE.taken("one", 2).taken("two", 1).let_go("one")
    assert read_holds(holds_text(holds)) == holds


@pytest.mark.parametrize("text", ["", "[]", '{"held":{"a":[-1]}}', '{"held":{"a":"x"}}'])
def test_what_is_no_such_text_holds_nothing(text: str) -> None:
    assert read_holds(text) == FREE


def test_the_whole_wallbox_is_held_beside_a_connector_of_it_r86() -> None:
    held = FREE.taken("one", 0).taken("one", 1)
    assert held.freed("one", 1).others("two", ALL) == {"one"}
    assert held.freed("one", 0) == FREE
    assert held.let_go("one", 1) == Holds({"one": frozenset({0})}, frozenset({1}))
    assert held.let_go("one", 0) == Holds({}, frozenset({0, 1}))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_backends_do_the_wallbox_is_in_service_when_nobody_holds_it_r86(seed: int) -> None:
    """A wallbox by the book (OCPP 1.6 §5.2): connector 0 is it with its connector 1."""
    chance, holds, out = Random(seed), FREE, set[int]()  # noqa: S311 - a story, not a secret
    for _ in range(60):
        link_id, connector = chance.choice(ALL), chance.choice((0, 1))
        told = {0, 1} if connector == 0 else {connector}
        match chance.choice(("off", "on", "on", "gone")):
            case "off":
                out |= told
                holds = holds.taken(link_id, connector)
            case "on" if holds.others(link_id, ALL):
                holds = holds.let_go(link_id, connector)
            case "on":
                out -= told
                holds = holds.freed(link_id, connector)
            case _:
                holds = holds.of(set(ALL) - {link_id})
        while (due := holds.due) is not None:
            out -= {0, 1} if due == 0 else {due}
            holds = holds.paid(due)
        assert bool(out) is bool(holds.held)
