"""What a wallbox has done with a message about charging profiles, by its answer."""

import pytest

from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.runtime.gateway.profiles.profile_outcomes import may_have_changed, took_effect
from wattgate.runtime.peer import NoAnswer, Outcome


def said(status: str) -> CallResult:
    return CallResult("1", f'{{"status":"{status}"}}')


@pytest.mark.parametrize(
    ("outcome", "is_set", "is_cleared", "may_differ"),
    [
        (said("Accepted"), True, True, True),
        (said("Unknown"), False, True, False),
        (said("Rejected"), False, False, False),
        (CallResult("1", "{}"), False, False, False),
        (CallError("1", "NotSupported", ""), False, False, False),
        (NoAnswer("no answer in time", was_sent=True), False, False, True),
        (NoAnswer("not connected", was_sent=False), False, False, False),
    ],
)
def test_only_a_yes_is_taken_for_one_and_only_a_no_for_no_change(
    outcome: Outcome, is_set: bool, is_cleared: bool, may_differ: bool
) -> None:
    assert took_effect("SetChargingProfile", outcome) == is_set
    assert took_effect("ClearChargingProfile", outcome) == is_cleared
    assert may_have_changed(outcome) == may_differ
