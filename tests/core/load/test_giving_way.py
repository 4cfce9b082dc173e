"""Room for one that only doubts about the house keep from charging."""

from wattgate.core.load.giving_way import LONGEST_S, PATIENCE_S, SPACING_S, GivingWay


def played(*looks: tuple[float, bool]) -> list[bool]:
    """Whether the others give way, look by look: (now, whether somebody is kept)."""
    state, on = GivingWay(), []
    for now, is_kept in looks:
        state = state.looked(is_kept=is_kept, now=now)
        on.append(state.is_on)
    return on


def test_the_others_give_way_after_some_patience_and_until_it_has_started() -> None:
    looks = [(0.0, True), (PATIENCE_S - 1, True), (PATIENCE_S, True), (PATIENCE_S + 3, True)]
    assert played(*looks, (PATIENCE_S + 6, False)) == [False, False, True, True, False]


def test_whoever_is_kept_for_a_moment_only_has_no_claim() -> None:
    assert played((0.0, True), (30.0, False), (40.0, True), (PATIENCE_S, True)) == [False] * 4


def test_an_attempt_in_vain_ends_and_is_repeated_much_later() -> None:
    ends = PATIENCE_S + LONGEST_S
    again = PATIENCE_S + SPACING_S
    looks = [(0.0, True), (PATIENCE_S, True), (ends, True), (again - 1, True), (again, True)]
    assert played(*looks) == [False, True, False, False, True]
