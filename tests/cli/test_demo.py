"""The demo as a person starts it: real processes, real sockets."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner

from wattgate.cli import demo_run
from wattgate.cli.main import app

LIMIT_S: Final = 90
PROGRAM: Final = (sys.executable, "-c", "from wattgate.cli.main import main; main()")
BEGUN: Final = "Ctrl-C ends everything."
SUMS: Final = re.compile(r"house {2}offered ([\d.]+)/([\d.]+)/([\d.]+) A")


class Demo:
    """A running `wattgate demo` whose folder for temporary things is `folder`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*PROGRAM, "demo", "--free-ports", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        self.children: dict[str, int] = {}
        """A descriptor of each child, which says when it is gone."""

    def read_until(self, words: str) -> list[str]:
        """What is said up to a line with these words."""
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line.rstrip())
            if words in line:
                return said
        raise AssertionError(f"ended before {words!r}: {said} {self.process.communicate()[1]}")

    def play(self) -> None:
        """Wait until all is running; then all children are known."""
        self.read_until("house  offered")
        self.children = dict(self._find_children())
        assert len(self.children) == 5

    def finish(self) -> tuple[int, str, str]:
        """Exit status, the rest of the output, standard error; every child is gone."""
        out, err = self.process.communicate(timeout=LIMIT_S)
        for name in self.children:
            assert self.is_gone(name, wait_s=0), f"{name} is left"
        return self.process.returncode, out, err

    def is_gone(self, name: str, *, wait_s: float = LIMIT_S) -> bool:
        return bool(select.select([self.children[name]], [], [], wait_s)[0])

    def kill_child(self, beginning: str) -> None:
        name = next(each for each in self.children if each.startswith(beginning))
        signal.pidfd_send_signal(self.children[name], signal.SIGKILL)

    def close(self) -> None:
        self.process.kill()
        with self.process:
            pass  # its pipes are closed
        for descriptor in self.children.values():
            os.close(descriptor)

    def _find_children(self) -> Iterator[tuple[str, int]]:
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            number_of_command = words.index("wattgate.cli.demo_child") + 2
            yield " ".join(words[number_of_command:]), os.pidfd_open(int(child))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[list[Demo]]:
    demos: list[Demo] = []
    yield demos
    for demo in demos:
        demo.close()


def started(demos: list[Demo], folder: Path, *options: str) -> Demo:
    demo = Demo(folder, *options)
    demos.append(demo)
    return demo


@pytest.mark.e2e
def test_three_cars_charge_within_the_house_connection_and_nothing_is_left(
    start: list[Demo], tmp_path: Path
) -> None:
    demo = started(start, tmp_path, "--seconds", "16")
    addresses = "\n".join(demo.read_until(BEGUN))
    for place in ("Backend    ws://", "Wallboxes  ws://", "API        http://", "curl -u admin:"):
        assert place in addresses
    demo.play()
    assert [each.name.startswith("wattgate-demo-") for each in tmp_path.iterdir()] == [True]
    status, out, err = demo.finish()
    assert (status, err) == (0, "")
    for name in ("Left", "Middle", "Right"):
        last = [line for line in out.splitlines() if f"{name}: " in line][-1]
        assert "charging, offered 10.0 A" in last
        assert "backend online" in last
    offered_a = [float(current_a) for sums in SUMS.findall(out) for current_a in sums]
    assert 0 < max(offered_a) <= 30
    assert "backend: bills CARLA" in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything_cleanly(
    start: list[Demo], tmp_path: Path, number: signal.Signals
) -> None:
    demo = started(start, tmp_path)
    demo.play()
    demo.process.send_signal(number)
    status, out, err = demo.finish()
    assert (status, err) == (0, "")
    assert out.endswith("Everything has ended; nothing is left behind.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.e2e
def test_a_process_that_fails_is_named_and_ends_the_demo(start: list[Demo], tmp_path: Path) -> None:
    demo = started(start, tmp_path)
    demo.play()
    demo.kill_child("wallbox --json --id CP1")
    status, _, err = demo.finish()
    assert status == 1
    assert err.startswith("Wallbox CP1 has ended (killed by SIGKILL). It said last:\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.e2e
def test_its_processes_end_even_if_the_demo_is_killed(start: list[Demo], tmp_path: Path) -> None:
    demo = started(start, tmp_path)
    demo.play()
    demo.process.kill()
    assert all(demo.is_gone(name) for name in demo.children)


@pytest.mark.e2e
def test_nobody_who_reads_is_no_failure(start: list[Demo], tmp_path: Path) -> None:
    demo = started(start, tmp_path)
    demo.play()
    assert demo.process.stdout is not None
    demo.process.stdout.close()
    assert demo.process.wait(LIMIT_S) == 0
    assert demo.process.stderr is not None
    assert demo.process.stderr.read() == ""
    assert all(demo.is_gone(name, wait_s=0) for name in demo.children)


def test_the_options_are_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[float | None, bool]] = []

    def run_demo(seconds: float | None, *, free_ports: bool) -> int:
        heard.append((seconds, free_ports))
        return 1

    monkeypatch.setattr(demo_run, "run_demo", run_demo)
    for options in ([], ["--seconds", "5", "--free-ports"]):
        assert CliRunner().invoke(app, ["demo", *options]).exit_code == 1
    assert heard == [(None, False), (5, True)]
