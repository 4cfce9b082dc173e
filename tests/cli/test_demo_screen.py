import asyncio
from io import StringIO

import pytest
from rich.console import Console
from tests.support.demo_answers import evse, snapshot
from tests.support.virtual_time import FakeClock, in_virtual_time

from wattgate.cli.demo_api import DemoApi
from wattgate.cli.demo_screen import Paper, Screen
from wattgate.cli.demo_snapshot import Snapshot


class Answers(DemoApi):
    """Gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: Snapshot | str) -> None:
        super().__init__("http://127.0.0.1:1", "secret")
        self._answers = list(answers)

    async def snapshot(self) -> Snapshot | str:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def paper(*, terminal: bool, height: int = 40) -> Console:
    file = StringIO()
    return Console(file=file, force_terminal=terminal, width=120, height=height, soft_wrap=True)


async def shown(console: Console, api: DemoApi, *words: str, for_s: float) -> str:
    screen = Screen(console, FakeClock())
    for each in words:
        screen.happened("Left", each)
    screen.happened("Left", None)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(for_s):
            await screen.show(api)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@in_virtual_time()
async def test_lines_come_every_two_seconds_and_events_at_once() -> None:
    api = Answers(snapshot(evse("left")), "The manager's API cannot be read: why")
    text = await shown(paper(terminal=False), api, "now free", for_s=5)
    lines = text.splitlines()
    assert lines[0].endswith("Left    now free")
    assert "house  offered 10.0/10.0/10.0 A" in lines[1]
    assert "Left: charging" in lines[2]
    assert lines[3].endswith("The manager's API cannot be read: why")
    assert len(lines) == 4


@in_virtual_time()
async def test_a_terminal_shows_all_in_one_place() -> None:
    api = Answers("The manager's API cannot be read: why", snapshot(evse("left")))
    text = await shown(paper(terminal=True), api, "now free", for_s=0.6)
    assert "cannot be read: why" in text
    assert "30 A for cars" in text
    assert "what happened" in text
    assert text.count("now free") == 2, "once more at the end, where the cursor moves on"


@pytest.mark.parametrize(("height", "count"), [(40, 8), (20, 6), (10, 3)])
def test_a_low_terminal_shows_fewer_events(height: int, count: int) -> None:
    @in_virtual_time()
    async def show() -> None:
        events = [f"event {number}." for number in range(20)]
        console = paper(terminal=True, height=height)
        text = await shown(console, Answers(snapshot()), *events, for_s=0.1)
        last = text.rpartition("what happened")[2]
        assert [each for each in events if each in last] == events[-count:]

    show()


@in_virtual_time()
async def test_before_the_first_event_there_is_room_for_all() -> None:
    text = await shown(paper(terminal=True), Answers(snapshot()), for_s=0.1)
    assert text.rpartition("what happened")[2].count("\n") >= 9


def test_a_line_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(Paper(lambda: None), FakeClock()).say("[red]{}[/red] " + "x" * 200)
    assert capsys.readouterr().out == "[red]{}[/red] " + "x" * 200 + "\n"


def test_a_reader_who_left_is_noticed_and_ends_nothing_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leave(_console: Console) -> None:
        raise SystemExit(1)

    monkeypatch.setattr(Console, "on_broken_pipe", leave)
    gone: list[str] = []
    Paper(lambda: gone.append("gone")).on_broken_pipe()
    assert gone == ["gone"]
