import ast
import json
from pathlib import Path

import pytest
from tests.support.wallboxes import NOON

import wattgate.core.wallbox
from wattgate.cli import wallbox_doors, wallbox_run
from wattgate.cli.wallbox_words import WORDS, json_line, plain_line
from wattgate.core.wallbox.effects import Happened


def told_kinds() -> set[str]:
    """The first argument of every `tell(…)` and `Happened(…)` of the wallbox."""
    root = Path(wattgate.core.wallbox.__file__).parent
    ends = root.parents[1] / "runtime" / "ends"
    files = [*root.glob("*.py"), ends / "wallbox_loop.py", ends / "wallbox_certificates.py"]
    files += [Path(wallbox_doors.__file__), Path(wallbox_run.__file__)]
    kinds: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if name in {"tell", "Happened"} and isinstance(first, ast.Constant):
                    kinds.add(str(first.value))
    return kinds


def test_every_event_has_words_and_no_words_are_idle() -> None:
    assert told_kinds() | {"sent", "received"} == set(WORDS)


def test_an_event_is_one_line_of_json() -> None:
    event = Happened("stopped", {"connector": 1, "transaction_id": None, "reason": "L\u00f6"})
    line = json_line("CP1", NOON, event)
    assert json.loads(line) == {
        "event": "stopped",
        "id": "CP1",
        "at": "2026-05-15T12:00:00.000Z",
        "connector": 1,
        "transaction_id": None,
        "reason": "L\u00f6",
    }
    assert "\n" not in line


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Happened("limit", {"connector": 1, "current_a": 10}), "connector 1 may draw 10.0 A"),
        (Happened("command", {"action": "Reset", "answer": "{}"}), "asked for Reset"),
        (
            Happened("command", {"action": "Foo", "refused": "NotImplemented"}),
            "asked for Foo, refused with NotImplemented",
        ),
        (Happened("received", {"text": "\x1b[2J"}), "<- \\x1b[2J"),
    ],
)
def test_an_event_has_words(event: Happened, words: str) -> None:
    time, said = plain_line(NOON, event).split(" ", 1)
    assert said == words
    assert time == f"{NOON.astimezone():%H:%M:%S}"
