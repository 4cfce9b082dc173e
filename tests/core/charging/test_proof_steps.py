from wattgate.core.charging.proof_steps import (
    CHARGES_THROUGHOUT,
    DEADLINES_S,
    GRANTS_S,
    TOO_LATE,
    WORDS,
    Step,
)

UNDER_WAY = set(Step) - {Step.DONE}


def test_every_step_says_what_is_to_be_done() -> None:
    assert set(WORDS) == set(Step)


def test_no_step_lasts_for_ever_and_each_says_what_was_missing() -> None:
    assert set(DEADLINES_S) == set(TOO_LATE) == UNDER_WAY


def test_nothing_is_granted_between_the_power_cycle_and_the_quiet_that_it_is_to_show() -> None:
    assert GRANTS_S.keys().isdisjoint({Step.POWER_CYCLE, Step.START, Step.QUIET})


def test_the_power_cycle_may_end_the_transaction() -> None:
    assert {Step.ROOM, Step.LAPSE, Step.WAKE} == CHARGES_THROUGHOUT
