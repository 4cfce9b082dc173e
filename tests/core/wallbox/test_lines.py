import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.wallbox import actions as do
from wattgate.core.wallbox.lines import (
    COMMANDS,
    HELP,
    Help,
    Line,
    Misunderstood,
    Quit,
    ReadMeterFile,
    SendRaw,
    read_line,
)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("plug", do.Plug(1)),
        ("  plug 2\r\n", do.Plug(2)),
        ("unplug", do.Unplug(1)),
        ("rfid 04A1", do.PresentCard("04A1")),
        ("rfid 04A1 2", do.PresentCard("04A1", 2)),
        ("stop 2", do.PressStop(2)),
        ("status", do.ShowState()),
        ("max 10.5", do.SetHardwareCurrent(10.5)),
        ("car-max 8 2", do.SetCarCurrent(8.0, 2)),
        ("sleep", do.FallAsleep()),
        ("wake 2", do.WakeUp(2)),
        ("fault GroundFailure", do.ShowFault("GroundFailure")),
        ("clear-fault", do.ClearFault()),
        ("data V", do.SendData("V", None, None)),
        ("data V M", do.SendData("V", "M", None)),
        ("data V - a  b ", do.SendData("V", None, "a  b ")),
        ("data V M {}", do.SendData("V", "M", "{}")),
        ("raw [2, 1]", SendRaw("[2, 1]")),
        ("meter-text OCMF|{}  ", do.AddSignedText("OCMF|{}  ")),
        ("meter-file /a b", ReadMeterFile("/a b")),
        ("restart", do.PowerCycle()),
        ("help", Help()),
        ("quit", Quit()),
        ("", None),
        ("   ", None),
    ],
)
def test_a_line_means_what_it_says(line: str, meaning: Line | None) -> None:
    assert read_line(line) == meaning


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("foo", "try help"),
        ("plug x", "not a number"),
        ("plug 0", "within 1"),
        ("plug 1 2", "usage: plug"),
        ("rfid", "usage: rfid"),
        ("rfid " + "A" * 21, "20 characters"),
        ("max -1", "within 0"),
        ("max nan", "within 0"),
        ("max", "usage: max"),
        ("car-max 5", "within 6"),
        ("fault Foo", "OverVoltage"),
        ("data", "usage: data"),
        ("raw", "usage: raw"),
        ("quit now", "usage: quit"),
    ],
)
def test_a_line_that_means_nothing_says_why(line: str, words: str) -> None:
    misunderstood = read_line(line)
    assert isinstance(misunderstood, Misunderstood)
    assert words in misunderstood.reason


def test_the_help_names_every_command() -> None:
    assert [line.split()[0] for line in HELP.splitlines()] == list(COMMANDS)


@given(st.text())
def test_no_line_is_too_odd(line: str) -> None:
    read_line(line)


@given(st.sampled_from(list(COMMANDS)), st.text())
def test_no_words_after_a_command_are_too_odd(command: str, rest: str) -> None:
    assert read_line(f"{command} {rest}") is not None
