from dataclasses import replace
from typing import Any

import pytest
from tests.support.power_brains import Brain
from tests.support.wallboxes import CARD, charging

from wattgate.core.wallbox.actions import Plug, PowerCycle, PresentCard
from wattgate.core.wallbox.brain_keeping import (
    FORMAT,
    KeptBrain,
    StoredMeter,
    check_kept_brain,
    kept_brain_text,
    read_kept_brain,
    without_keeps,
)
from wattgate.core.wallbox.car import Car
from wattgate.core.wallbox.effects import Keep, Offer
from wattgate.core.wallbox.modbus_side import Stored
from wattgate.core.wallbox.options import Permission
from wattgate.core.wallbox.sealing import Damaged, sealed

KEPT = KeptBrain("text", Stored(slave_id=9), 4)


def test_what_was_kept_is_read_back() -> None:
    assert read_kept_brain(kept_brain_text(KEPT)) == KEPT


@pytest.mark.parametrize("text", ["", sealed({"a": 1}, FORMAT), sealed(KEPT, FORMAT + 1)])
def test_anything_else_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        read_kept_brain(text)


def test_only_what_a_start_can_take_up_is_fine() -> None:
    check_kept_brain(text_of(free(keeps=True)))
    with pytest.raises(Damaged):
        check_kept_brain(kept_brain_text(KEPT))


@pytest.mark.parametrize(
    ("energy_wh", "power_w", "is_due"),
    [(100.0, 0.0, False), (109.9, 50.0, False), (110.0, 50.0, True), (100.1, 0.0, True)],
)
def test_the_meter_stores_in_steps_and_at_the_end(
    energy_wh: float, power_w: float, is_due: bool
) -> None:
    look = charging().machine.look()
    reading = replace(look.reading, energy_wh=energy_wh, power_w=power_w)
    assert StoredMeter(100.0).is_due(replace(look, reading=reading)) is is_due


@pytest.mark.parametrize(
    ("chars", "step_wh"), [(100, 10), (8192, 10), (16_384, 20), (2_000_000, 1000)]
)
def test_a_longer_text_is_stored_less_often(chars: int, step_wh: float) -> None:
    meter = StoredMeter(0.0)
    meter.store(100.0, chars)
    look = charging().machine.look()
    for grown_wh, is_due in ((step_wh - 0.1, False), (step_wh, True)):
        reading = replace(look.reading, energy_wh=100.0 + grown_wh, power_w=50.0)
        assert meter.is_due(replace(look, reading=reading)) is is_due


def test_what_one_side_keeps_is_left_to_both() -> None:
    assert without_keeps([Keep("a"), Offer(1, 0.0)]) == [Offer(1, 0.0)]


CUT, ENABLE, LIMIT, RELAY = "disconnect_cp", "charging_enable", "charging_cur_limit", "relay_select"


def free(**options: Any) -> Brain:  # noqa: ANN401 - the fields of Options
    """Without a central system; a car is plugged in."""
    brain = Brain(permission=Permission.PLUG, **options)
    brain.act(Plug())
    return brain


def in_transaction(**options: Any) -> Brain:  # noqa: ANN401 - the fields of Options
    brain = Brain(**options)
    brain.connect()
    brain.act(Plug(), PresentCard(CARD))
    return brain


def text_of(brain: Brain) -> str:
    return [effect.text for effect in brain.effects if isinstance(effect, Keep)][-1]


def test_what_was_stored_outlives_a_restart_and_the_rest_begins_anew() -> None:
    brain = free(keeps=True)
    for name, raw in (
        ("def_charg_cur_limit", 130),
        ("def_charging_enable", 0),
        ("fail_safe_duration", 70000),
        ("fail_safe_current", 0),
        ("slave_id", 7),
        (LIMIT, 80),
        (RELAY, 1),
    ):
        assert brain.write(name, raw) == ()
    assert brain.offered_a == 0.0
    brain.later(120)
    assert brain.offered_a == 8.0
    again = Brain(text_of(brain), brain.now, permission=Permission.PLUG, keeps=True)
    values = [again.read(n) for n in (LIMIT, ENABLE, "fail_safe_duration", "restarts", RELAY)]
    assert values == [13.0, 0, 70000, 1, 0]
    assert again.machine.unit == 7
    assert Brain(text_of(again), brain.now, keeps=True).read("restarts") == 2


def test_a_reset_applies_what_was_stored_for_it() -> None:
    brain = in_transaction()
    brain.write("def_charg_cur_limit", 90)
    brain.write(LIMIT, 140)
    brain.write(CUT, 50)
    brain.act(PowerCycle())
    assert (brain.read(LIMIT), brain.read("restarts"), brain.read(CUT)) == (9.0, 1, 0)
    assert not brain.is_cut
    assert [each["reason"] for each in brain.events("stopped")] == ["PowerLoss"]


def test_after_a_reset_all_phases_are_used_again_behind_a_pause() -> None:
    brain = in_transaction()
    brain.write(RELAY, 1)
    brain.later(120)
    assert brain.closed == 1
    brain.act(PowerCycle())
    assert (brain.read(RELAY), brain.is_cut) == (0, True)
    brain.later(120)
    assert (brain.is_cut, brain.phases) == (False, 3)


def test_volatile_registers_cost_no_flash() -> None:
    brain = free(keeps=True)
    brain.write(ENABLE, 0)
    brain.forget()
    for name, raw in ((LIMIT, 80), (RELAY, 1), (CUT, 3), ("relay2", 1), ("fixed_current", 200)):
        brain.write(name, raw)
    assert not any(isinstance(each, Keep) for each in brain.effects)
    brain.write("fail_safe_duration", 60)
    brain.write("fail_safe_duration", 60)
    assert sum(isinstance(each, Keep) for each in brain.effects) == 1


def test_the_energy_that_is_read_never_falls_over_a_loss_of_power_r109() -> None:
    brain = free(keeps=True)
    seen = 0
    for _ in range(40):
        brain.later(2)
        read = brain.read("energy")
        assert isinstance(read, int)
        assert read >= seen
        seen = read
        again = Brain(text_of(brain), brain.now, permission=Permission.PLUG, keeps=True)
        assert again.read("energy") == seen
    brain.write(ENABLE, 0)
    assert brain.read("energy") == int(brain.machine.look.reading.energy_wh)


def test_a_transaction_that_power_broke_off_is_billed_to_what_its_meter_shows() -> None:
    brain = in_transaction(keeps=True)
    brain.later(100)
    again = Brain(text_of(brain), brain.now, keeps=True)
    again.connect()
    (stop,) = again.sent("StopTransaction")
    assert stop["reason"] == "PowerLoss"
    assert stop["meterStop"] == again.read("energy")


@pytest.mark.parametrize("text", ["junk", Brain(keeps=True).machine._charge_point.kept()])
def test_a_text_of_others_counts_as_none_and_is_told(text: str) -> None:
    brain = Brain(text, keeps=True)
    (problem,) = brain.events("problem")
    assert "kept" in problem["what"]
    assert brain.read("restarts") == 0


def test_many_waiting_messages_cost_no_more_to_store_than_few_r58() -> None:
    brain = Brain(keeps=True, car=Car(capacity_wh=1e9))
    brain.connect()
    brain.act(Plug(), PresentCard(CARD))
    brain.command("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "10"})
    brain.disconnect()
    for minutes, most in ((1, 250_000), (20, 5_000_000), (200, 50_000_000)):
        brain.forget()
        brain.later(minutes * 60)
        texts = [effect.text for effect in brain.effects if isinstance(effect, Keep)]
        assert texts, "what is stored is never far behind"
        assert sum(map(len, texts)) < most
    waiting = text_of(brain).count("MeterValues")
    assert waiting > 1000
    brain.forget()
    brain.answers["MeterValues"] = None
    brain.connect()
    while any(call.action == "MeterValues" for call in brain.open):
        brain.reply("MeterValues", {})
    texts = [effect.text for effect in brain.effects if isinstance(effect, Keep)]
    assert "MeterValues" not in texts[-1]
    assert sum(map(len, texts)) < waiting * 50_000


def test_while_few_messages_wait_each_sample_is_stored_at_once_r58() -> None:
    brain = in_transaction(keeps=True)
    brain.disconnect()
    for waiting in range(1, 10):
        brain.later(60)
        assert text_of(brain).count("MeterValues") == waiting
