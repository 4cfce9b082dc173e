from dataclasses import replace

import pytest
from rich.console import Console

from wattgate.cli.wallbox_view import View, picture

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
        "limits   OCPP 16.0 A   Modbus 10.0 A   hardware 16.0 A   Modbus decides",
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
        (replace(VIEW, decides=""), "hardware 16.0 A  "),
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
    assert len(lines) == 9
    assert len(lines[-1]) <= width
