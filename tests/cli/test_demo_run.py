import asyncio
import socket
from pathlib import Path

import pytest
from tests.support.demo_answers import evse, snapshot

from wattgate.cli import demo_run
from wattgate.cli.demo_api import DemoApi
from wattgate.cli.demo_processes import Child, Children
from wattgate.cli.demo_snapshot import Snapshot


def test_a_port_is_taken_where_it_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert demo_run._port(port) == 0
    assert demo_run._port(port) == port
    assert demo_run._any_port(port) == 0


def test_addresses_are_printed_with_a_request_to_try() -> None:
    lines = demo_run._addresses("pass", "ws://b/", "ws://o/", "http://h:1")
    assert "  curl -u admin:pass http://h:1/api/v1/evses" in lines
    assert any("wallboxes" in line.lower() and "ws://o/" in line for line in lines)


def test_what_never_starts_is_given_up(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def nothing(*_words: object, **_named: object) -> Child:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(demo_run, "START_S", 0.01)
    monkeypatch.setattr(Children, "start", nothing)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert demo_run.run_demo(None, free_ports=True) == 1
    assert capfd.readouterr().err == "Not everything has started within 0.01 s.\n"
    assert list(tmp_path.iterdir()) == []


def test_the_story_waits_until_every_wallbox_can_ask_its_backend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[Snapshot | str] = [
        "The manager's API cannot be read: not yet",
        snapshot(evse("left", backend="connecting")),
        snapshot(evse("left")),
    ]

    class Api(DemoApi):
        async def snapshot(self) -> Snapshot | str:
            return answers.pop(0)

    monkeypatch.setattr(demo_run, "ASK_AGAIN_S", 0)
    asyncio.run(demo_run._everybody_online(Api("http://127.0.0.1:1", "secret")))
    assert answers == []
