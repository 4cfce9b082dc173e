from dataclasses import replace

import pytest

from wattgate.core.modbus.held import Holding, is_kept


@pytest.mark.parametrize(
    ("wanted_a", "now_a", "kept"),
    [(10, 10.05, True), (10, 8, True), (10, 10.1, False), (0, 6, False), (10, None, True)],
)
def test_a_limit_is_kept_by_whoever_says_that_it_holds_no_more(
    wanted_a: float, now_a: float | None, kept: bool
) -> None:
    assert is_kept(wanted_a, now_a) is kept


@pytest.mark.parametrize(
    ("load_a", "offer_a", "others_a", "target_a"),
    [
        (None, None, None, None),
        (None, None, 8, None),
        (None, 16, None, 16),
        (None, 16, 8, 8),
        (None, 8, 16, 8),
        (None, 0, 16, 0),
        (None, 16, 5, 0),
        (10, None, None, 10),
        (10, 16, None, 10),
        (16, 10, None, 10),
        (16, 0, None, 0),
        (5.9, 16, None, 0),
        (10.19, 16, None, 10.1),
    ],
)
def test_the_least_of_what_all_allow_counts_and_never_between_0_and_6_a_r100b(
    load_a: float | None, offer_a: float | None, others_a: float | None, target_a: float | None
) -> None:
    assert Holding(load_a, offer_a, others_a).target_a == target_a


def test_whoever_has_no_say_has_told_the_wallbox_everything() -> None:
    assert Holding().is_told


def test_only_load_management_leads_a_wallbox() -> None:
    assert Holding(load_a=0).is_led
    assert not Holding(offer_a=16).is_led


def test_a_wallbox_that_allows_less_than_it_was_told_need_not_be_told_again() -> None:
    assert Holding(load_a=32).confirmed(32, 16).is_told


def test_a_changed_offer_is_to_be_told() -> None:
    told = Holding(offer_a=16).confirmed(16, 16)
    assert not replace(told, offer_a=10).is_told


def test_load_management_leads_whatever_others_have_written() -> None:
    assert Holding(others_a=8).led(16).target_a == 16


def test_with_the_end_of_load_management_its_limit_ends() -> None:
    assert Holding(load_a=6, offer_a=16).left().target_a == 16
    assert Holding(load_a=6).left().target_a is None


def test_only_load_managements_part_is_capped() -> None:
    assert Holding(load_a=16).capped(6).target_a == 6
    assert Holding(offer_a=16).capped(6).target_a == 16


@pytest.mark.parametrize(
    ("held_a", "now_a", "exceeded"),
    [(10, 16, True), (10, 10.05, False), (10, 6, False), (None, 16, False), (10, None, False)],
)
def test_somebody_else_has_raised_it_if_it_holds_more_than_ours(
    held_a: float | None, now_a: float | None, exceeded: bool
) -> None:
    assert Holding(load_a=10, held_a=held_a).is_exceeded(now_a) is exceeded


@pytest.mark.parametrize(
    ("held_a", "now_a", "is_not_done"),
    [
        (None, 16, True),
        (None, 10.05, False),
        (None, 6, False),
        (None, None, False),
        (10, 16, False),
    ],
)
def test_what_was_told_in_vain_is_not_done_until_it_holds_no_more(
    held_a: float | None, now_a: float | None, is_not_done: bool
) -> None:
    assert Holding(load_a=10, held_a=held_a).is_not_done(now_a) is is_not_done


def test_whom_nobody_told_anything_has_nothing_to_do() -> None:
    assert not Holding().is_not_done(16)


# While nobody leads it: what others lowered stays, what is too much is corrected


def test_what_others_lowered_stays() -> None:
    held = Holding(offer_a=16).confirmed(16, 16).seen(8)
    assert held.is_told
    assert replace(held, offer_a=20).target_a == 8


def test_what_others_raised_above_the_offer_is_corrected() -> None:
    held = Holding(offer_a=10).confirmed(10, 10).seen(16)
    assert (held.target_a, held.is_told) == (10, False)


def test_nobody_is_raised_above_what_others_wrote_before_the_offer_was_lower() -> None:
    held = Holding(offer_a=10).seen(16).confirmed(10, 10)
    assert replace(held, offer_a=32).target_a == 16


def test_a_wallbox_that_holds_the_offer_when_first_seen_is_in_nobody_elses_hands() -> None:
    held = Holding(offer_a=0).seen(0)
    assert replace(held, offer_a=16).target_a == 16


def test_what_it_was_found_with_is_somebody_elses_wish() -> None:
    held = Holding(offer_a=16).seen(8)
    assert (held.target_a, held.is_told) == (8, True)


def test_a_wallbox_that_does_not_say_what_it_holds_is_believed() -> None:
    told = Holding(offer_a=16).confirmed(16, None)
    assert (told.held_a, told.seen(None)) == (16, told)


# While load management leads it


def test_what_others_lowered_is_said_again_while_load_management_leads() -> None:
    held = Holding(load_a=16).confirmed(16, 16).seen(8)
    assert not held.is_told
    assert held.target_a == 16


def test_a_limit_in_doubt_stays_so_until_it_is_confirmed() -> None:
    doubtful = Holding(load_a=16).in_doubt()
    assert doubtful.seen(8) == doubtful


# After a restart of the wallbox


def test_after_a_restart_a_led_wallbox_is_told_again() -> None:
    assert not Holding(load_a=16).confirmed(16, 16).begun_anew(32).is_told


def test_after_a_restart_its_own_settings_are_nobodys_wish() -> None:
    held = Holding(offer_a=16).confirmed(16, 16).begun_anew(6)
    assert (held.target_a, held.is_told) == (16, False)


def test_the_first_look_is_no_restart() -> None:
    assert Holding(offer_a=16).begun_anew(8) == Holding(offer_a=16).seen(8)
