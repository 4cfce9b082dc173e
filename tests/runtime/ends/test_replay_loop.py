import json
from dataclasses import dataclass, field

import pytest
from tests.support.recordings import ACCEPTED, START, Tape, a_session
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time
from tests.support.world import Pipe, Scripted, connect

from wattgate.core.replay.player import Difference, Player
from wattgate.core.replay.recording import read_recording
from wattgate.ports.links import DialFailed, DialStep, DialTarget, Link, Receiver
from wattgate.runtime.ends.replay_loop import ReplayLoop
from wattgate.runtime.peer import Tools

TARGET = DialTarget("ws://manager.example/CP1", None)


@dataclass
class Bench:
    """A scripted manager, dialled in virtual time, and what was reported."""

    manager: Scripted
    clock: FakeClock = field(default_factory=FakeClock)
    heard_at: list[tuple[float, str]] = field(default_factory=list)
    reported: list[Difference] = field(default_factory=list)
    pipe: Pipe | None = None
    is_there: bool = True

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        assert target == TARGET
        if not self.is_there:
            raise DialFailed(DialStep.TCP, "connection refused")
        self.pipe = connect(receiver, self.manager)
        return self.pipe

    async def play(self, tape: Tape, speed: float | None = 1.0) -> tuple[str, Player]:
        player = Player(read_recording(tape.text))
        tools = Tools(self.clock, ScriptedIdentifiers())
        loop = ReplayLoop(player, self, tools, self.reported.append, speed=speed)
        return await loop.run(TARGET), player


def a_manager(transaction_id: int = 3) -> Scripted:
    boot = {"status": "Accepted", "currentTime": "x", "interval": 1}
    return Scripted(
        {
            "BootNotification": lambda _: boot,
            "StartTransaction": lambda _: ACCEPTED | {"transactionId": transaction_id},
            "StopTransaction": lambda _: ACCEPTED,
        }
    )


@in_virtual_time()
async def test_the_session_is_played_with_the_ids_of_now() -> None:
    bench = Bench(a_manager(3))
    ended, player = await bench.play(a_session(17))
    assert ended == ""
    assert [action for action, _ in bench.manager.calls] == [
        "BootNotification",
        "StartTransaction",
        "MeterValues",
        "StopTransaction",
    ]
    assert bench.manager.all_of("StartTransaction") == [START]
    assert bench.manager.all_of("StopTransaction")[0]["transactionId"] == 3
    assert (player.outcome.sent, player.outcome.compared) == (4, 4)
    assert bench.reported == []


@pytest.mark.parametrize(("speed", "took_s"), [(1.0, 6.0), (2.0, 3.0), (None, 0.0)])
@in_virtual_time()
async def test_the_pace_is_that_of_the_recording_or_that_of_the_answers(
    speed: float | None, took_s: float
) -> None:
    bench = Bench(a_manager())
    began = bench.clock.monotonic()
    await bench.play(a_session(), speed)
    assert bench.clock.monotonic() - began == pytest.approx(took_s, abs=0.01)


@in_virtual_time()
async def test_a_difference_is_reported_when_it_shows() -> None:
    manager = a_manager()
    manager.answers["StopTransaction"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    bench = Bench(manager)
    await bench.play(a_session(), None)
    assert bench.reported == [Difference(7, "StopTransaction", "Accepted", "Blocked")]


@in_virtual_time()
async def test_silence_is_a_difference_and_the_play_goes_on() -> None:
    manager = a_manager()
    manager.answers["BootNotification"] = lambda _: None
    bench = Bench(manager)
    _, player = await bench.play(a_session(), None)
    assert [each.now for each in bench.reported] == ["no answer"]
    assert player.outcome.sent == 4


@in_virtual_time()
async def test_the_manager_is_answered_as_the_wallbox_did() -> None:
    tape = Tape()
    tape.answers(tape.asks("Reset", {}, direction="out"), {"status": "Rejected"}, direction="in")
    tape.asks("Heartbeat", {})
    manager = a_manager()
    asked = [
        '[2,"1","Reset",{}]',
        '[2,"2","Nonsense",{}]',
    ]

    def heartbeat(_: object) -> dict[str, str]:
        for text in asked:
            manager.send(text)
        return {"currentTime": "x"}

    manager.answers["Heartbeat"] = heartbeat
    tape.asks("Heartbeat", {}, at_s=60)
    manager_calls = Bench(manager)
    await manager_calls.play(tape)
    answers = [json.loads(text) for text in manager.texts if not text.startswith("[2")]
    assert answers[:2] == [
        [3, "1", {"status": "Rejected"}],
        [4, "2", "NotImplemented", "not in the recording", {}],
    ]


@in_virtual_time()
async def test_a_manager_that_hangs_up_ends_the_play() -> None:
    manager = a_manager()

    def hang_up(_: object) -> None:
        manager.hang_up(1008)

    manager.answers["StartTransaction"] = hang_up
    bench = Bench(manager)
    ended, player = await bench.play(a_session())
    assert ended == "the manager closed the connection: 1008"
    assert player.outcome.sent == 2


@in_virtual_time()
async def test_nobody_at_the_other_end_is_told_to_the_caller() -> None:
    with pytest.raises(DialFailed, match="connection refused"):
        await Bench(a_manager(), is_there=False).play(a_session())
