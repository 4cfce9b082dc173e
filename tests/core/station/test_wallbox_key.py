"""A key of ours takes the place of a wallbox's password, and never locks it out (A01 of SEC)."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.station.wallbox_key import (
    NO_KEY,
    Answer,
    KeyStep,
    NextKey,
    WallboxKey,
    answered,
    came_with,
    came_with_present,
    offered,
    read,
    restarted_with_present,
    stayed_away,
    write,
)

_TAKEN = (Answer.ACCEPTED, Answer.REBOOT_REQUIRED, Answer.UNKNOWN)
OWN, ONE, TWO = "kept own password", "kept key one", "kept key two"


def on_its_way(step: KeyStep, present: str = "") -> WallboxKey:
    return WallboxKey(OWN, present, NextKey(ONE, step))


@pytest.mark.parametrize("step", [KeyStep.SHOWN, KeyStep.SENT])
@pytest.mark.parametrize("present", ["", TWO])
def test_a_new_key_opens_the_door_beside_what_does_so_now(step: KeyStep, present: str) -> None:
    key = offered(WallboxKey(OWN, present), OWN, ONE, step)
    assert (key.present, key.next_kept, key.step) == (present, ONE, step)
    assert not key.is_empty


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        (Answer.ACCEPTED, KeyStep.TAKEN),
        (Answer.REBOOT_REQUIRED, KeyStep.AFTER_RESTART),
        (Answer.UNKNOWN, KeyStep.SENT),
        (Answer.REFUSED, None),
        (Answer.UNSENT, None),
    ],
)
def test_only_a_key_that_the_wallbox_has_certainly_not_taken_is_forgotten(
    answer: Answer, step: KeyStep | None
) -> None:
    key = answered(on_its_way(KeyStep.SENT, TWO), ONE, answer)
    assert key.step is step
    assert key.next_kept == ("" if step is None else ONE)
    assert key.present == TWO


@pytest.mark.parametrize("answer", Answer)
def test_an_answer_that_comes_after_the_wallbox_did_changes_nothing(answer: Answer) -> None:
    for key in (
        WallboxKey(OWN, ONE),
        on_its_way(KeyStep.SET_ASIDE),
        on_its_way(KeyStep.SHOWN),
        NO_KEY,
    ):
        assert answered(key, ONE, answer) == key
    assert answered(on_its_way(KeyStep.SENT), TWO, answer) == on_its_way(KeyStep.SENT)


@pytest.mark.parametrize("step", KeyStep)
def test_a_wallbox_that_comes_with_the_key_has_it_however_late_that_is(step: KeyStep) -> None:
    assert came_with(on_its_way(step, TWO), ONE) == WallboxKey(OWN, ONE)


def test_one_that_comes_with_its_key_again_has_it_still() -> None:
    assert came_with(WallboxKey(OWN, ONE), ONE) == WallboxKey(OWN, ONE)


@pytest.mark.parametrize(
    ("step", "came", "restarted", "away"),
    [
        (KeyStep.SHOWN, KeyStep.SHOWN, KeyStep.SHOWN, KeyStep.SHOWN),
        (KeyStep.SENT, KeyStep.SET_ASIDE, KeyStep.SET_ASIDE, KeyStep.SET_ASIDE),
        (KeyStep.TAKEN, KeyStep.SET_ASIDE, KeyStep.SET_ASIDE, KeyStep.SET_ASIDE),
        (KeyStep.AFTER_RESTART, KeyStep.AFTER_RESTART, KeyStep.SET_ASIDE, KeyStep.AFTER_RESTART),
        (KeyStep.SET_ASIDE, KeyStep.SET_ASIDE, KeyStep.SET_ASIDE, KeyStep.SET_ASIDE),
    ],
)
def test_a_key_that_it_does_not_come_with_is_set_aside_and_stays_good(
    step: KeyStep, came: KeyStep, restarted: KeyStep, away: KeyStep
) -> None:
    key = on_its_way(step, TWO)
    assert came_with_present(key) == on_its_way(came, TWO)
    assert restarted_with_present(key) == on_its_way(restarted, TWO)
    assert stayed_away(key) == on_its_way(away, TWO)


def test_without_a_key_on_its_way_nothing_changes() -> None:
    for change in (came_with_present, restarted_with_present, stayed_away):
        assert change(WallboxKey(OWN, ONE)) == WallboxKey(OWN, ONE)
    assert WallboxKey(OWN).is_empty
    assert (WallboxKey(OWN, ONE).step, WallboxKey(OWN, ONE).next_kept) == (None, "")


@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.UNSENT])
@pytest.mark.parametrize("earlier", [KeyStep.SHOWN, KeyStep.SET_ASIDE])
def test_where_a_second_key_is_refused_the_first_may_still_be_taken_up(
    earlier: KeyStep, answer: Answer
) -> None:
    key = offered(on_its_way(earlier), OWN, TWO, KeyStep.SENT)
    assert key.it_may_have == (TWO, ONE)
    assert answered(key, TWO, answer) == on_its_way(KeyStep.SET_ASIDE)


def test_a_key_from_before_the_last_one_is_good_too_and_the_last_one_stays_so() -> None:
    key = offered(on_its_way(KeyStep.SET_ASIDE, "present"), OWN, TWO, KeyStep.TAKEN)
    assert came_with(key, ONE) == WallboxKey(OWN, ONE, NextKey(TWO, KeyStep.TAKEN))
    assert came_with(key, TWO) == WallboxKey(OWN, TWO)
    assert came_with(key, "unknown") == key


def test_a_key_that_is_set_aside_leaves_those_before_it_as_they_are() -> None:
    key = offered(on_its_way(KeyStep.SET_ASIDE), OWN, TWO, KeyStep.SENT)
    for aside in (came_with_present(key), stayed_away(key), restarted_with_present(key)):
        assert aside.step is KeyStep.SET_ASIDE
        assert aside.it_may_have == (TWO, ONE)


def test_of_many_keys_that_it_did_not_come_with_the_newest_are_remembered() -> None:
    key = NO_KEY
    for number in range(10):
        key = offered(key, OWN, f"key {number}", KeyStep.SHOWN)
    assert key.it_may_have == ("key 9", "key 8", "key 7", "key 6")


@dataclass
class Box:
    """A wallbox: what it logs in with, and what it was told for later."""

    has: str = ""
    later: str = ""

    def takes(self, kept: str, *, at_once: bool) -> None:
        if at_once:
            self.has, self.later = kept, ""
        else:
            self.later = kept

    def restarts(self) -> None:
        self.has, self.later = self.later or self.has, ""


MOVES = st.sampled_from(["write", "refuse", "come", "restart", "wait", "kill"])
AT_ONCE_OR_LATER = st.booleans()


@given(st.lists(st.tuples(MOVES, AT_ONCE_OR_LATER, st.sampled_from([*_TAKEN])), max_size=20))
def test_whatever_happens_the_wallbox_is_let_in_with_what_it_has(
    story: list[tuple[str, bool, Answer]],
) -> None:
    box, key = Box(), WallboxKey(OWN)
    for number, (move, at_once, answer) in enumerate(story):
        new = f"kept key {number}"
        if move in ("come", "write", "refuse"):  # only who is here can be told a key
            key = comes(box, key)
        match move:
            case "write" if not key.is_on_its_way:
                key = offered(key, OWN, new, KeyStep.SENT)
                box.takes(new, at_once=at_once)
                key = answered(key, new, answer)
            case "refuse" if not key.is_on_its_way:
                key = answered(offered(key, OWN, new, KeyStep.SENT), new, Answer.REFUSED)
            case "restart":
                box.restarts()
                key = comes(box, key)
                key = key if box.has == key.present else restarted_with_present(key)
            case "wait":
                key = stayed_away(key)
            case "kill":
                key = read(write(key), OWN)
            case _:
                pass
        assert box.has in (key.present, *key.it_may_have)
        assert box.later in ("", key.present, *key.it_may_have)


def comes(box: Box, key: WallboxKey) -> WallboxKey:
    """The wallbox logs in with what it has."""
    return came_with_present(key) if box.has == key.present else came_with(key, box.has)


def come_with_next(key: WallboxKey) -> WallboxKey:
    return came_with(key, key.next_kept)


STEPS = st.sampled_from(
    [
        lambda key: offered(key, OWN, TWO, KeyStep.SENT),
        lambda key: answered(key, key.next_kept, Answer.ACCEPTED),
        lambda key: answered(key, key.next_kept, Answer.UNKNOWN),
        come_with_next,
        came_with_present,
        restarted_with_present,
        stayed_away,
        lambda key: read(write(key), OWN),
    ]
)


@given(st.lists(STEPS), st.sampled_from([ONE, ""]))
def test_what_the_wallbox_last_came_with_opens_the_door_until_it_comes_with_another(
    steps: list[object], present: str
) -> None:
    key, has = WallboxKey(OWN, present), present
    for step in steps:
        if step is come_with_next and key.next is not None:
            has = key.next_kept
        key = step(key)  # type: ignore[operator] # a change of the list above
        assert key.present == has


@pytest.mark.parametrize("key", [NO_KEY, WallboxKey(OWN, ONE), *map(on_its_way, KeyStep)])
def test_what_is_stored_is_read_back(key: WallboxKey) -> None:
    assert read(write(key), key.own_password) == key


@pytest.mark.parametrize("text", [None, "", "{", "null", "[]", '{"own_password": 5}'])
def test_what_cannot_be_read_is_no_key(text: str | None) -> None:
    assert read(text, OWN) == WallboxKey(OWN)


def test_a_password_newly_written_in_the_site_wins() -> None:
    assert read(write(on_its_way(KeyStep.TAKEN, TWO)), "another") == WallboxKey("another")


def test_s4_it_does_not_say_what_is_kept() -> None:
    assert repr([on_its_way(KeyStep.SENT, TWO), WallboxKey(OWN)]) == (
        "[WallboxKey(key, next=sent), WallboxKey(password, next=None)]"
    )
