from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.charging.behaviour import Proof
from wattgate.core.charging.proof_steps import GRANT_S, WAKING_GRANT_S, WORDS, Step
from wattgate.core.charging.proving import (
    Grant,
    Sight,
    Trial,
    TrialTerms,
    begun,
    cancelled,
    granted,
    looked,
    why_not,
)
from wattgate.core.load.sensing import Draw

TERMS = TrialTerms(current_a=16, standing_a=0, settle_s=30)
CHARGING = Sight(
    now=1000,
    may_go_on=True,
    is_ready=True,
    charging_since=500.0,
    connection=1,
    links=1,
    has_booted=True,
    has_room=True,
    draw=Draw(995, 15.5, 15.5),
)


def seen(now: float, drawn_a: float | None = None, **changes: object) -> Sight:
    """The usual, at `now`, with a sample of that moment."""
    draw = None if drawn_a is None else Draw(now, drawn_a, drawn_a)
    return replace(CHARGING, now=now, draw=draw, **changes)  # type: ignore[arg-type]  # fields of Sight


def lapsing() -> Trial:
    """The grant was accepted at 1010 and ends at 1070."""
    return granted(looked(begun(CHARGING, TERMS), seen(1009)), 1010, accepted=True)


def waking() -> Trial:
    """The current fell, and was allowed again at 1080, until 1260."""
    return granted(looked(lapsing(), seen(1075, 0.1)), 1080, accepted=True)


def cycling() -> Trial:
    """Expiry is proven; the wallbox is to be switched off."""
    return looked(waking(), seen(1100, 15.5))


def powered(now: float = 1200) -> Trial:
    """It has booted on a new connection."""
    return looked(cycling(), seen(now, charging_since=None, connection=3, links=2))


def resting(now: float = 1300) -> Trial:
    """A new transaction began, without a profile of ours since the boot."""
    return looked(powered(), seen(now, charging_since=now, connection=3, links=2))


def quiet(now: float, drawn_a: float | None = None, **changes: object) -> Sight:
    """The usual after the power cycle."""
    return seen(now, drawn_a, **({"charging_since": 1300.0, "connection": 3} | changes))


def resuming() -> Trial:
    """Nothing flowed; current was allowed at 1400."""
    return granted(looked(resting(), quiet(1370, 0.1)), 1400, accepted=True)


@pytest.mark.parametrize(
    ("changes", "expires", "reason"),
    [
        ({}, True, None),
        ({"may_go_on": False}, True, "load management does not limit this EVSE"),
        ({}, False, "the wallbox is told its limits in a way that has no end"),
        ({"is_ready": False}, True, "the wallbox is not connected"),
        ({"charging_since": None}, True, "no car charges"),
        ({"draw": None}, True, "the wallbox measures no current"),
        ({"draw": Draw(995, 4, 4)}, True, "the car draws less than 5 A"),
    ],
)
def test_a_proof_begins_with_a_car_that_draws_on_a_grant_that_ends(
    changes: dict[str, object], expires: bool, reason: str | None
) -> None:
    sight = replace(CHARGING, **changes)  # type: ignore[arg-type]  # fields of Sight
    assert why_not(sight, TERMS, expires=expires) == reason


def test_the_whole_proof_r100a() -> None:
    done = looked(resuming(), quiet(1420, 15.5))
    assert (done.expiry, done.persistence, done.reason) == (Proof.PROVEN, Proof.PROVEN, "")
    assert done.done


@pytest.mark.parametrize(
    ("trial", "step", "grant"),
    [
        (begun(CHARGING, TERMS), Step.ROOM, None),
        (looked(begun(CHARGING, TERMS), seen(1009)), Step.LAPSE, Grant(16, GRANT_S)),
        (lapsing(), Step.LAPSE, None),
        (looked(lapsing(), seen(1075, 0.1)), Step.WAKE, Grant(16, WAKING_GRANT_S)),
        (waking(), Step.WAKE, None),
        (cycling(), Step.POWER_CYCLE, None),
        (powered(), Step.START, None),
        (resting(), Step.QUIET, None),
        (looked(resting(), quiet(1370, 0.1)), Step.RESUME, Grant(16, WAKING_GRANT_S)),
        (resuming(), Step.RESUME, None),
    ],
)
def test_each_step_says_what_to_do_and_grants_once(
    trial: Trial, step: Step, grant: Grant | None
) -> None:
    assert (trial.step, trial.grant_due, trial.words) == (step, grant, WORDS[step])
    assert not trial.done


@pytest.mark.parametrize(
    ("trial", "sight"),
    [
        (begun(CHARGING, TERMS), seen(1009, has_room=False)),
        (lapsing(), seen(1080)),
        (looked(begun(CHARGING, TERMS), seen(1009)), seen(1010, 0.1)),  # not answered yet
        (lapsing(), replace(CHARGING, now=1090, draw=Draw(1010, 0.1, 0.1))),  # before the grant
        (lapsing(), seen(1065, 15.5)),
        (lapsing(), seen(1130, 15.5)),  # late, by a clock that may be off
        (lapsing(), seen(1140, 3)),  # neither flows nor rests
        (waking(), seen(1090, 0.1)),
        (waking(), replace(CHARGING, now=1090, draw=Draw(1080, 16, 16))),
        (cycling(), seen(1110, connection=2, has_booted=False)),  # a connection, no boot
        (cycling(), seen(1110, connection=2)),  # a boot on the same connection: still powered
        (powered(), seen(1210, connection=3, links=2)),  # the old transaction
        (powered(), seen(1210, charging_since=None, connection=3, links=2)),
        (resting(), quiet(1310)),
        (resting(), quiet(1310, 15.5)),  # it had no time to settle
        (resting(), quiet(1335, 0.1)),  # not quiet for long enough
        (resting(), quiet(1370, 3)),
        (resuming(), quiet(1410, 0.1)),
    ],
)
def test_what_says_nothing_is_waited_over(trial: Trial, sight: Sight) -> None:
    assert looked(trial, sight) is trial


@pytest.mark.parametrize(
    ("trial", "sight", "proofs", "reason"),
    [
        (
            lapsing(),
            seen(1131, 15.5),
            (Proof.REFUTED, Proof.UNPROVEN),
            "the current went on after the end of the grant",
        ),
        (
            lapsing(),
            seen(1040, 0.1),
            (Proof.UNPROVEN, Proof.UNPROVEN),
            "the current fell before the grant ended",
        ),
        (
            lapsing(),
            seen(1040, 15, connection=2),
            (Proof.UNPROVEN, Proof.UNPROVEN),
            "the wallbox has connected anew",
        ),
        (
            waking(),
            seen(1090, charging_since=None),
            (Proof.UNPROVEN, Proof.UNPROVEN),
            "the charging process has ended",
        ),
        (
            resting(),
            quiet(1340, 15.5),
            (Proof.PROVEN, Proof.REFUTED),
            "current flowed after the power cycle, though nothing allowed it",
        ),
        (
            resting(),
            quiet(1340, may_go_on=False),
            (Proof.PROVEN, Proof.UNPROVEN),
            "load management no longer limits this EVSE",
        ),
    ],
)
def test_what_ends_a_proof_keeps_what_was_seen_before(
    trial: Trial, sight: Sight, proofs: tuple[Proof, Proof], reason: str
) -> None:
    ended = looked(trial, sight)
    assert ended.done
    assert ((ended.expiry, ended.persistence), ended.reason) == (proofs, reason)
    assert looked(ended, seen(9999)) is ended
    assert cancelled(ended) is ended


def test_a_grant_from_before_the_power_cycle_is_no_refutation() -> None:
    early = looked(powered(1120), seen(1150, charging_since=1150.0, connection=3, links=2))
    # The car was woken with a grant until 1260, by the wallbox's clock perhaps until 1320.
    assert looked(early, quiet(1300, 15.5, charging_since=1150.0)) is early
    assert looked(early, quiet(1321, 15.5, charging_since=1150.0)).persistence is Proof.REFUTED


@pytest.mark.parametrize("charging_since", [None, 1350.0])
def test_another_transaction_is_watched_from_its_beginning(charging_since: float | None) -> None:
    again = looked(resting(), quiet(1360, 0.1, charging_since=charging_since))
    assert again.step is Step.START
    begins = looked(again, quiet(1361, charging_since=1350.0))
    assert (begins.step, begins.since) == (Step.QUIET, 1361)


@pytest.mark.parametrize(
    ("trial", "after_s", "sight", "reason"),
    [
        (begun(CHARGING, TERMS), 331, seen(0, has_room=False), "the circuit had no room"),
        (lapsing(), 451, seen(0), "no current was measured after the end of the grant"),
        (waking(), 331, seen(0, 0.1), "the car took no current"),
        (cycling(), 631, seen(0, charging_since=None), "the wallbox did not boot"),
        (powered(), 631, quiet(0, charging_since=None), "no charging began"),
        (resting(), 631, quiet(0), "no current was measured after the power cycle"),
        (resuming(), 331, quiet(0, 0.1), "the car took no current"),
    ],
)
def test_no_step_is_waited_for_without_an_end(
    trial: Trial, after_s: float, sight: Sight, reason: str
) -> None:
    now = trial.since + after_s
    draw = None if sight.draw is None else replace(sight.draw, at=now)
    late = looked(trial, replace(sight, now=now, draw=draw))
    assert late.done
    assert late.reason.startswith(reason)
    assert looked(trial, replace(sight, now=now - 2, draw=draw)).step is trial.step


def test_a_grant_that_is_not_accepted_ends_the_proof() -> None:
    due = looked(begun(CHARGING, TERMS), seen(1009))
    ended = granted(due, 1010, accepted=False)
    assert (ended.done, ended.reason) == (True, "the wallbox did not accept the grant")
    assert granted(ended, 1011, accepted=True) is ended


def test_it_can_be_given_up_at_any_time() -> None:
    ended = cancelled(cycling())
    assert (ended.step, ended.expiry, ended.reason) == (Step.DONE, Proof.PROVEN, "cancelled")


def test_what_may_flow_without_a_manager_is_no_refutation() -> None:
    terms = replace(TERMS, standing_a=6.0)
    due = looked(begun(CHARGING, terms), seen(1009))
    fallen = looked(granted(due, 1010, accepted=True), seen(1140, 6.1))
    assert fallen.step is Step.WAKE


sights = st.builds(
    Sight,
    now=st.just(0.0),
    may_go_on=st.just(True),
    is_ready=st.booleans(),
    charging_since=st.none() | st.floats(0, 4000),
    connection=st.integers(1, 5),
    has_booted=st.booleans(),
    has_room=st.booleans(),
    draw=st.none() | st.builds(Draw, st.floats(0, 4000), st.just(0.1), st.just(0.1)),
)


@given(st.lists(st.tuples(st.floats(0, 200), sights), max_size=40))
def test_a_car_that_never_draws_proves_nothing(sightings: list[tuple[float, Sight]]) -> None:
    trial, now = begun(CHARGING, TERMS), CHARGING.now
    for after_s, sight in sightings:
        now += after_s
        trial = looked(trial, replace(sight, now=now))
        trial = granted(trial, now, accepted=True)
    assert (trial.expiry, trial.persistence) == (Proof.UNPROVEN, Proof.UNPROVEN)


@pytest.mark.parametrize("trial", [lapsing(), waking(), cycling(), powered()])
def test_a_circuit_that_is_over_for_longer_than_its_neighbours_need_ends_the_proof(
    trial: Trial,
) -> None:
    """Nobody else holds the EVSE meanwhile (R89)."""
    at = trial.since + 3

    def over(now: float, *, has_room: bool = False) -> Sight:
        charging_since = None if trial == powered() else CHARGING.charging_since
        sight = seen(now, connection=trial.connection, charging_since=charging_since)
        return replace(sight, has_room=has_room, links=trial.links)

    crowded = looked(trial, over(at))
    assert not crowded.done
    assert not looked(crowded, over(at + 10)).done
    ended = looked(crowded, over(at + 10.1))
    assert (ended.done, ended.reason) == (True, "the circuit has no room for it any more")
    relieved = looked(crowded, over(at + 5, has_room=True))
    assert relieved.crowded_since is None
    assert not looked(relieved, over(at + 15)).done
