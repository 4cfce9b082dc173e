from datetime import UTC, datetime
from typing import Final

import pytest

from wattgate.core.backend.commands import FORMS, HELP, Misunderstood, read_command
from wattgate.core.backend.orders import (
    AskStation,
    Command,
    DropStation,
    ForgetTag,
    Help,
    ListStations,
    ListTag,
    Quit,
    SetRegistration,
)

WALL: Final = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", None),
        ("   ", None),
        ("list", ListStations()),
        (" list ", ListStations()),
        ("help", Help()),
        ("quit", Quit()),
        ("drop CP1", DropStation("CP1")),
        ('drop "RDAM 123"', DropStation("RDAM 123")),
        ("tag add 04A1", ListTag("04A1", "Accepted")),
        ("tag block 04A1", ListTag("04A1", "Blocked")),
        ("tag remove 04A1", ForgetTag("04A1")),
        ("boot accepted", SetRegistration("Accepted")),
        ("boot pending", SetRegistration("Pending")),
        ("boot rejected", SetRegistration("Rejected")),
        ("call CP1 ClearCache", AskStation("CP1", "ClearCache", "{}")),
        ('call CP1 Foo {"a":  1.10}', AskStation("CP1", "Foo", '{"a":  1.10}')),
    ],
)
def test_a_line_is_understood(line: str, command: Command | None) -> None:
    assert read_command(line, WALL) == command


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("fly CP1", "unknown command 'fly'; try help"),
        ("start CP1", "usage: start ID TAG [CONNECTOR] [LIMIT_A]"),
        ("start CP1 A 1 16 x", "usage: start ID TAG [CONNECTOR] [LIMIT_A]"),
        ("start CP1 A one", "'one' is no whole number"),
        ("start CP1 A 1 much", "'much' is no current in A"),
        ("profile CP1 -1", "'-1' is no current in A"),
        ("profile CP1 nan", "'nan' is no current in A"),
        ("reset CP1 gently", "(soft or hard?)"),
        ("available CP1 maybe", "(on or off?)"),
        ("tag like 04A1", "(add, block or remove?)"),
        ("boot perhaps", "(accepted, pending or rejected?)"),
        ("call CP1 Foo {bad", "that is no JSON"),
        ("set CP1 Key", "usage: set ID KEY VALUE"),
        ("list all", "usage: list"),
    ],
)
def test_a_wrong_line_is_explained(line: str, reason: str) -> None:
    answer = read_command(line, WALL)
    assert isinstance(answer, Misunderstood)
    assert reason in answer.reason


def test_help_shows_every_command() -> None:
    assert [line.split()[0] for line in HELP.splitlines()] == list(FORMS)
