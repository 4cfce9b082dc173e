"""A wallbox between two masters: the lower word counts, and neither ends a transaction."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.power_brains import Brain
from tests.support.wallboxes import CARD, limit_of

from wattgate.core.errors import LocalUsageError
from wattgate.core.modbus.requests import ModbusCode, Read, WriteMany, WriteOne
from wattgate.core.ocpp.frames import Call
from wattgate.core.wallbox.actions import (
    FallAsleep,
    Plug,
    PresentCard,
    ShowFault,
    Unplug,
)
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.deciding import Decider
from wattgate.core.wallbox.effects import CutPilot, Offer, SelectPhases
from wattgate.core.wallbox.modbus_side import Stored
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.options import Options, Permission
from wattgate.core.wallbox.power_brain import BrainOptions, PowerBrain
from wattgate.core.wallbox.sensed import Pilot, Sensed

LIMIT, ENABLE, CUT, RELAY = (
    "charging_cur_limit",
    "charging_enable",
    "disconnect_cp",
    "relay_select",
)


def charging(**options: Any) -> Brain:  # noqa: ANN401 - the fields of Options
    """In a transaction, charging with 16 A."""
    brain = Brain(**options)
    brain.connect()
    brain.act(Plug(), PresentCard(CARD))
    return brain


def free(**options: Any) -> Brain:  # noqa: ANN401 - the fields of Options
    """Without a central system; a car is plugged in."""
    brain = Brain(permission=Permission.PLUG, **options)
    brain.act(Plug())
    return brain


def profile(brain: Brain, limit: float) -> None:
    answer = brain.command(
        "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": limit_of(limit)}
    )
    assert answer == {"status": "Accepted"}


def status(brain: Brain) -> str:
    return str(brain.machine.look.status.value)


def who(brain: Brain) -> tuple[Decider, float]:
    decision = brain.machine.view(brain.now).decision
    return decision.by, decision.current_a


@pytest.mark.parametrize(
    ("modbus_a", "enabled", "ocpp_a", "offered_a", "by", "expected"),
    [
        (16, 1, 16, 16.0, Decider.HARDWARE, "Charging"),
        (10, 1, 16, 10.0, Decider.MODBUS, "Charging"),
        (16, 1, 10, 10.0, Decider.OCPP, "Charging"),
        (8, 1, 7, 7.0, Decider.OCPP, "Charging"),
        (7, 1, 8, 7.0, Decider.MODBUS, "Charging"),
        (16, 0, 16, 0.0, Decider.MODBUS, "SuspendedEVSE"),
        (16, 1, 0, 0.0, Decider.OCPP, "SuspendedEVSE"),
        (16, 1, 5.9, 0.0, Decider.OCPP, "SuspendedEVSE"),
        (16, 0, 0, 0.0, Decider.MODBUS, "SuspendedEVSE"),
        (6, 1, 6, 6.0, Decider.MODBUS, "Charging"),
    ],
)
def test_the_lower_counts_and_both_must_allow_p31_p32_r100i(
    modbus_a: float, enabled: int, ocpp_a: float, offered_a: float, by: Decider, expected: str
) -> None:
    brain = charging()
    brain.write(LIMIT, round(modbus_a * 10))
    brain.write(ENABLE, enabled)
    profile(brain, ocpp_a)
    assert brain.offered_a == offered_a
    assert who(brain) == (by, offered_a)
    assert status(brain) == expected
    assert brain.read("charging_current") == offered_a
    assert brain.sent("StopTransaction") == []


def test_each_side_can_suspend_and_resume_in_any_order_p32() -> None:
    brain = charging()
    steps: list[tuple[bool, int]] = [(True, 0), (False, 0), (False, 16), (True, 0), (True, 16)]
    for enabled, ocpp_a in steps:
        brain.write(ENABLE, int(enabled))
        profile(brain, ocpp_a)
        both = enabled and ocpp_a > 0
        assert (brain.offered_a > 0) is both
        assert status(brain) == ("Charging" if both else "SuspendedEVSE")
    assert [each["status"] for each in brain.events("status")][-1] == "Charging"
    assert brain.events("stopped") == []


@pytest.mark.parametrize("raw", [0, 59, 631, 65535])
def test_a_limit_that_no_car_understands_is_refused_and_changes_nothing(raw: int) -> None:
    brain = charging()
    assert brain.write(LIMIT, raw) is ModbusCode.ILLEGAL_DATA_VALUE
    assert brain.offered_a == 16.0


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Read(7999, 1), ModbusCode.ILLEGAL_DATA_ADDRESS),
        (Read(8000, 126), ModbusCode.ILLEGAL_DATA_VALUE),
        (WriteOne(8092, 1), ModbusCode.ILLEGAL_DATA_ADDRESS),
        (WriteOne(8083, 1), ModbusCode.ILLEGAL_DATA_ADDRESS),
        (WriteMany(8093, (100, 2)), ModbusCode.ILLEGAL_DATA_VALUE),
    ],
)
def test_what_is_refused_does_nothing_and_does_not_feed_the_watchdog(
    request_: Read | WriteOne | WriteMany, code: ModbusCode
) -> None:
    brain = charging()
    brain.later(200)
    assert brain.ask(request_) is code
    brain.later(101)
    assert brain.events("watchdog") == [{"master": "silent"}]


def test_two_registers_in_one_write_count_together() -> None:
    brain = charging()
    assert brain.ask(WriteMany(8093, (100, 0))) == ()
    assert (brain.read(LIMIT), brain.read(ENABLE), brain.offered_a) == (10.0, 0, 0.0)


def test_a_limit_above_the_hardware_is_cut_to_it() -> None:
    brain = charging()
    brain.write(LIMIT, 320)
    assert brain.read(LIMIT) == 16.0


# The watchdog


def test_without_a_master_the_fail_safe_counts_and_with_it_its_word_again_r100i() -> None:
    brain = charging(brain=BrainOptions(stored=Stored(fail_safe_current=8.0)))
    brain.write(LIMIT, 130)
    brain.later(299)
    assert brain.offered_a == 13.0
    assert brain.machine.view(brain.now).watchdog_left_s == pytest.approx(1.0)
    brain.later(1)
    assert who(brain) == (Decider.FAIL_SAFE, 8.0)
    assert brain.offered_a == 8.0
    assert brain.machine.view(brain.now).watchdog_left_s == 0.0
    brain.later(1000)
    assert brain.read(ENABLE) == 1
    assert brain.offered_a == 13.0
    assert brain.events("watchdog") == [{"master": "silent"}, {"master": "heard"}]
    assert brain.events("stopped") == []


def test_every_read_and_every_write_feeds_it() -> None:
    brain = charging()
    for turn in range(6):
        brain.later(250)
        if turn % 2:
            brain.read("charge_pilot_state")
        else:
            brain.write(ENABLE, 1)
    assert brain.events("watchdog") == []


@pytest.mark.parametrize(
    ("duration_s", "current_a", "offered_a"), [(10, 0, 0.0), (10, 60, 6.0), (0, 60, 16.0)]
)
def test_the_fail_safe_is_what_was_written(
    duration_s: int, current_a: int, offered_a: float
) -> None:
    brain = charging()
    assert brain.write("fail_safe_duration", duration_s) == ()
    assert brain.write("fail_safe_current", current_a) == ()
    brain.later(3600)
    assert brain.offered_a == offered_a
    assert status(brain) == ("Charging" if offered_a else "SuspendedEVSE")


def test_a_pause_ends_by_the_fail_safe_as_its_register_says() -> None:
    brain = charging()
    brain.write(ENABLE, 0)
    brain.later(301)
    assert brain.offered_a == 6.0


def test_without_modbus_nobody_is_waited_for() -> None:
    brain = charging(brain=BrainOptions(has_modbus=False))
    brain.later(4000)
    assert brain.offered_a == 16.0
    view = brain.machine.view(brain.now)
    assert (view.modbus_a, view.watchdog_left_s) == (None, None)
    assert view.decision.by is Decider.HARDWARE


# Waking up a car


def test_a_sleeping_car_is_woken_by_a_cut_of_the_pilot() -> None:
    brain = charging()
    brain.act(FallAsleep())
    assert brain.read("charge_pilot_state") == 1
    brain.write(CUT, 5)
    assert (brain.is_cut, brain.offered_a, status(brain)) == (True, 0.0, "SuspendedEVSE")
    assert brain.read("charge_pilot_state") == 1
    assert who(brain) == (Decider.PILOT_CUT, 0.0)
    brain.later(3)
    assert brain.read(CUT) == 2
    brain.later(2)
    assert (brain.is_cut, brain.offered_a, brain.read(CUT)) == (False, 16.0, 0)
    assert brain.read("charge_pilot_state") == 2
    assert brain.events("stopped") == []


@pytest.mark.parametrize("pilot", [Pilot.A, Pilot.E])
def test_while_the_pilot_is_cut_nobody_believes_that_the_car_has_left(pilot: Pilot) -> None:
    brain = charging()
    brain.write(CUT, 5)
    brain.do(brain.machine.sensed(Sensed(pilot), brain.moment))
    assert brain.events("stopped") == []
    brain.later(5)
    brain.do(brain.machine.sensed(Sensed(pilot), brain.moment))
    assert len(brain.events("stopped")) == (pilot is Pilot.A)


@pytest.mark.parametrize(
    ("name", "raw", "after_s"), [(ENABLE, 1, 300), (CUT, 7, 7), (RELAY, 1, 120)]
)
def test_what_ends_by_itself_is_awaited(name: str, raw: int, after_s: float) -> None:
    brain = free()
    brain.later(9)
    brain.write(name, raw)
    assert brain.machine.deadline() == brain.now + after_s


def test_a_second_cut_while_one_runs_does_not_lengthen_it_and_0_ends_it() -> None:
    brain = charging()
    brain.write(CUT, 5)
    brain.later(3)
    brain.write(CUT, 60000)
    assert brain.read(CUT) == 2
    brain.write(CUT, 0)
    assert (brain.is_cut, brain.offered_a) == (False, 16.0)


# Phases


def test_phases_change_in_a_pause_that_keeps_the_transaction() -> None:
    brain = charging()
    brain.forget()
    brain.write(RELAY, 1)
    kinds = [each for each in brain.effects if isinstance(each, Offer | CutPilot | SelectPhases)]
    assert kinds == [Offer(1, 0.0), CutPilot(1, is_cut=True), SelectPhases(1, 1)]
    assert who(brain) == (Decider.PHASE_SWITCH, 0.0)
    assert brain.read("capabilities") == 0x700
    brain.later(119)
    assert brain.offered_a == 0.0
    brain.later(1)
    assert (brain.offered_a, brain.read(RELAY), brain.read("power")) == (16.0, 1, 3680)
    assert (brain.read("current_l1"), brain.read("current_l2")) == (16.0, 0.0)
    assert brain.events("stopped") == []
    profile(brain, 10.0)
    assert brain.offered_a == 10.0


def test_watts_mean_what_flows_on_the_phases_in_use() -> None:
    brain = charging()
    brain.write(RELAY, 1)
    brain.later(120)
    words = limit_of(2300.0, unit="W")
    brain.command("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": words})
    assert brain.offered_a == 10.0


def test_where_it_may_not_be_switched_under_a_car_it_is_when_that_has_left() -> None:
    brain = charging(brain=BrainOptions(switch_pause_s=None))
    brain.write(RELAY, 1)
    assert (brain.offered_a, brain.phases, brain.read("capabilities")) == (16.0, 3, 0x600)
    brain.act(Unplug())
    assert brain.phases == 1


def test_without_a_car_phases_are_switched_at_once() -> None:
    brain = Brain()
    brain.write(RELAY, 1)
    assert (brain.phases, brain.is_cut) == (1, False)


def test_a_wallbox_on_one_phase_cannot_have_three() -> None:
    brain = Brain(phases=1)
    assert brain.read(RELAY) == 1
    assert brain.write(RELAY, 0) is ModbusCode.ILLEGAL_DATA_VALUE
    assert brain.write(RELAY, 1) == ()


def test_a_switch_back_within_the_pause_does_not_lengthen_it() -> None:
    brain = charging()
    brain.write(RELAY, 1)
    brain.later(60)
    brain.write(RELAY, 0)
    assert brain.phases == 3
    brain.later(60)
    assert brain.offered_a == 16.0


# Cards


def test_a_card_can_be_read_until_its_car_leaves() -> None:
    brain = free()
    brain.act(PresentCard(CARD))
    assert (brain.read("last_rfid"), brain.read("num_rfid")) == (CARD, 1)
    brain.later(500)
    assert brain.read("last_rfid") == CARD
    assert brain.machine.view(brain.now).card == CARD
    brain.act(Unplug())
    assert (brain.read("last_rfid"), brain.read("num_rfid")) == ("", 1)


def test_a_card_without_a_car_is_forgotten_after_a_while() -> None:
    brain = Brain(permission=Permission.PLUG)
    brain.act(PresentCard("card \u00e4"))
    assert brain.read("last_rfid") == "card ?"
    brain.later(119)
    assert brain.read("last_rfid") == "card ?"
    brain.later(1)
    assert brain.read("last_rfid") == ""


# Modbus alone


def test_without_a_central_system_modbus_alone_decides() -> None:
    brain = free()
    assert (brain.offered_a, status(brain)) == (16.0, "Charging")
    assert brain.machine.view(brain.now).ocpp_a is None
    brain.write(ENABLE, 0)
    assert (brain.offered_a, status(brain)) == (0.0, "SuspendedEVSE")
    brain.write(ENABLE, 1)
    brain.write(LIMIT, 80)
    assert (brain.offered_a, who(brain)) == (8.0, (Decider.MODBUS, 8.0))
    brain.act(Unplug())
    assert (brain.offered_a, status(brain), who(brain)[0]) == (0.0, "Available", Decider.NOBODY)


def test_before_a_card_nothing_flows_whatever_modbus_allows_p29() -> None:
    brain = Brain()
    brain.connect()
    brain.act(Plug())
    assert (brain.offered_a, who(brain)) == (0.0, (Decider.NOBODY, 0.0))
    assert brain.machine.view(brain.now).ocpp_a == 0.0


@pytest.mark.parametrize(
    ("code", "state"), [("GroundFailure", 9), ("OtherError", 2), ("NoError", 2)]
)
def test_a_fault_stops_the_energy(code: str, state: int) -> None:
    brain = charging()
    brain.act(ShowFault(code))
    is_well = code == "NoError"
    assert (brain.offered_a == 0.0) is not is_well
    assert (who(brain)[0] is Decider.FAULT) is not is_well
    assert brain.read("charge_pilot_state") == (state if is_well or state == 9 else 1)


def test_a_cable_that_carries_less_limits() -> None:
    brain = charging(brain=BrainOptions(cable_a=13.0))
    assert (brain.offered_a, who(brain)) == (13.0, (Decider.CABLE, 13.0))
    assert brain.read("cable_current") == 13.0
    brain.write("fixed_current", 100)
    assert brain.offered_a == 10.0
    brain.act(Unplug())
    assert brain.read("cable_current") == 10.0
    brain.write("fixed_current", 0)
    assert brain.read("cable_current") == 0.0


def test_it_has_one_connector() -> None:
    brain = Brain()
    with pytest.raises(LocalUsageError):
        PowerBrain(Options("CP1", connectors=2), BrainOptions(), brain.moment)


def test_a_lost_link_and_a_password_are_those_of_the_charge_point_r24() -> None:
    brain = charging()
    brain.disconnect()
    assert brain.events("disconnected") == [{"reason": "gone"}]
    assert brain.machine.password is None


def test_decisions_are_told_when_they_change() -> None:
    brain = charging()
    brain.forget()
    brain.read(ENABLE)
    brain.write(LIMIT, 100)
    brain.write(LIMIT, 100)
    (told,) = brain.events("decides")
    assert told == {
        "by": "Modbus",
        "current_a": 10.0,
        "modbus_a": 10.0,
        "ocpp_a": 16.0,
        "pilot": "C",
        "phases": 3,
    }


MODBUS = st.one_of(
    st.tuples(st.just(LIMIT), st.integers(0, 700)),
    st.tuples(st.just(ENABLE), st.integers(0, 1)),
    st.tuples(st.just(CUT), st.integers(0, 20)),
    st.tuples(st.just(RELAY), st.integers(0, 1)),
    st.tuples(st.just("fail_safe_duration"), st.integers(0, 400)),
    st.tuples(st.just("fail_safe_current"), st.sampled_from([0, 60, 100, 630])),
    st.tuples(st.just("fixed_current"), st.sampled_from([0, 30, 100, 320])),
)
STEPS = st.one_of(
    MODBUS,
    st.tuples(st.just("profile"), st.integers(0, 320)),
    st.tuples(st.just("wait"), st.integers(0, 400)),
    st.tuples(st.just("card"), st.just(0)),
)


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=25), st.booleans())
def test_whatever_both_say_the_offer_is_0_or_6_and_within_both_p31_p32(
    steps: list[tuple[str, int]], has_transaction: bool
) -> None:
    brain = charging() if has_transaction else free()
    said_a = 16.0
    for what, number in steps:
        if what == "profile" and has_transaction:
            profile(brain, number / 10)
            said_a = number / 10
        elif what == "wait":
            brain.later(number)
        elif what == "card":
            brain.act(PresentCard("other"))
        elif what != "profile":
            brain.write(what, number)
        view = brain.machine.view(brain.now)
        assert view.modbus_a is not None
        most_a = min(view.modbus_a, said_a, 16.0)
        assert brain.offered_a == 0 or 6 <= brain.offered_a <= most_a + 1e-9
        if not (brain.is_cut or most_a < 6 or view.decision.by is Decider.CABLE):
            assert brain.offered_a == pytest.approx(most_a, abs=0.1)
        assert brain.events("stopped") == []


def test_a_call_of_the_central_system_reaches_the_charge_point() -> None:
    brain = charging()
    brain.do(brain.machine.called(Call("x", "GetConfiguration", "{}"), brain.moment))
    assert isinstance(brain.machine.tick(Moment(brain.now, brain.moment.wall)), list)
    assert brain.machine.deadline() is not None


def test_a_full_car_is_seen_and_the_meter_agrees() -> None:
    brain = charging(car=Car(capacity_wh=1000.0, charged_wh=500.0))
    brain.later(600)
    assert status(brain) == "SuspendedEV"
    assert brain.read("energy") == pytest.approx(500, abs=1)
