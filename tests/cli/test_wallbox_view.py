from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from tests.support.wallboxes import NOON

from wattgate.cli.wallbox_view import View, picture, view_of
from wattgate.core.modbus.requests import WriteOne
from wattgate.core.wallbox.actions import PresentCard
from wattgate.core.wallbox.moment import Moment
from wattgate.core.wallbox.options import Options
from wattgate.core.wallbox.power_brain import BrainOptions, PowerBrain
from wattgate.core.wallbox.sensed import Pilot, Sensed

VIEW = View(
    name="CP1",
    status="Charging",
    pilot="C",
    offered_a=10.0,
    currents_a=(10.0, 10.0, 9.9),
    power_w=6890.0,
    limits_a=(("OCPP", 16.0), ("Modbus", 10.0), ("hardware", 16.0)),
    decides="Modbus",
    relay="3 phases, closed",
    watchdog="287 s, then 6.0 A",
    energy_wh=12345.0,
    transaction="transaction 42, 3.210 kWh",
    card="04A1B2C3",
    backend="connected, 0 queued",
)


def drawn(view: View, typed: str = "", width: int = 80) -> list[str]:
    console = Console(width=width, force_terminal=False)
    with console.capture() as capture:
        console.print(picture(view, typed, width))
    return capture.get().splitlines()


def test_a_glance_shows_both_limits_and_who_decides() -> None:
    lines = drawn(VIEW, "rfid 04")
    assert [line.strip("│ ") for line in lines[1:-2]] == [
        "pilot    C car asks for current",
        "current  offered 10.0 A   drawn 10.0/10.0/9.9 A   6.89 kW",
        "limits   OCPP 16.0 A   Modbus 10.0 A   hardware 16.0 A",
        "decides  Modbus",
        "relay    3 phases, closed   watchdog 287 s, then 6.0 A",
        "meter    12.345 kWh   transaction 42, 3.210 kWh   card 04A1B2C3",
        "backend  connected, 0 queued",
    ]
    assert "CP1  Charging" in lines[0]
    assert lines[-1].startswith("> rfid 04")


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (replace(VIEW, limits_a=(("OCPP", None), ("Modbus", 6.0))), "OCPP -   Modbus 6.0 A"),
        (replace(VIEW, watchdog=""), "relay    3 phases, closed  "),
        (replace(VIEW, card="", transaction=""), "12.345 kWh   no card"),
        (replace(VIEW, pilot="?"), "? -"),
    ],
)
def test_what_there_is_not_is_said_or_left_out(view: View, words: str) -> None:
    assert words in "\n".join(drawn(view))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_the_terminal_and_is_never_wider_than_80(width: int) -> None:
    lines = drawn(replace(VIEW, card="C" * 200), "x" * 300, width)
    assert max(len(line.rstrip()) for line in lines[:-1]) == min(width, 80)
    assert len(lines) == 10
    assert len(lines[-1]) <= width
    names = [line[2:9].strip() for line in lines[1:-2]]
    assert names == ["pilot", "current", "limits", "decides", "relay", "meter", "backend"]


def brain_of(**options: Any) -> tuple[PowerBrain, Moment]:  # noqa: ANN401 - of BrainOptions
    """One with a car that charges with a card, at noon."""
    keys = {"AllowOfflineTxForUnknownId": "true"}
    moment = Moment(0.0, NOON)
    brain = PowerBrain(
        Options("CP1", has_hardware=True, configuration=keys), BrainOptions(**options), moment
    )
    brain.sensed(Sensed(Pilot.B), moment)
    brain.handle(PresentCard("04A1"), moment)
    brain.sensed(Sensed(Pilot.C, 1500.0, (10.0, 10.0, 10.0), 6900.0), moment)
    return brain, moment


def view(brain: PowerBrain, now: float, closed_phases: int = 3) -> View:
    return view_of("CP1", brain.view(now), closed_phases=closed_phases, backend="none")


def test_a_wallbox_at_work_is_shown_as_it_is() -> None:
    brain, moment = brain_of()
    brain.request(WriteOne(8093, 100), moment)
    shown = view(brain, 20.0)
    assert (shown.status, shown.pilot, shown.decides) == ("Charging", "C", "Modbus")
    assert shown.limits_a == (("OCPP", 16.0), ("Modbus", 10.0), ("hardware", 16.0))
    assert (shown.offered_a, shown.power_w, shown.energy_wh) == (10.0, 6900.0, 1500.0)
    assert (shown.relay, shown.watchdog) == ("3 phases, closed", "280 s left")
    assert (shown.transaction, shown.card) == ("transaction, 1.500 kWh", "04A1")
    brain.request(WriteOne(8086, 9), moment)
    assert view(brain, 2.0, 0).relay == "pilot cut for 7 s"


def test_a_silent_master_and_a_single_phase_are_shown() -> None:
    brain, moment = brain_of(switch_pause_s=0.0)
    brain.request(WriteOne(8087, 1), moment)
    brain.tick(Moment(301.0, NOON))
    shown = view(brain, 301.0, 0)
    assert shown.relay == "1 phase, open"
    assert shown.watchdog == "bites: the master is silent"
    assert shown.limits_a[1] == ("fail-safe", 6.0)
    assert view(brain_of(has_modbus=False)[0], 0.0).watchdog == ""


def test_what_a_peer_calls_a_card_is_nothing_that_a_terminal_obeys() -> None:
    hostile = "\x1b[2J\x9b1mA\nB"
    text = "\n".join(drawn(replace(VIEW, card=hostile)))
    assert "card ?[2J?1mA?B" in text
    assert "\x1b" not in text
