"""Plays a recording at the terminal; answers the exit status."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import typer

from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.adapters.ocpp_socket.dialer import PicowsDialer
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.cli.check import say_problems
from wattgate.cli.evse_words import plain
from wattgate.cli.logs import log_to_stderr
from wattgate.cli.tls_options import ClientTls
from wattgate.cli.wallbox_tls import WallboxTls, opened
from wattgate.core.errors import ConfigError
from wattgate.core.ocpp.handshake import backend_url, basic_authorization
from wattgate.core.replay.player import Difference, Outcome, Player
from wattgate.core.replay.recording import Recording, read_recording
from wattgate.core.site.destinations import identity_complaint, url_complaint
from wattgate.ports.links import DialFailed, DialTarget
from wattgate.runtime.ends.replay_loop import ReplayLoop
from wattgate.runtime.peer import Tools


@dataclass(frozen=True, slots=True)
class Wish:
    """The options of the command, as typed; `speed` None: as fast as answers come."""

    file: Path
    station_id: str
    url: str
    speed: float | None = 1.0
    password: str = field(default="", repr=False)
    authorities: tuple[Path, ...] = ()


def run(wish: Wish) -> int:
    """Play it; every difference is said at once, a summary at the end."""
    tls, wrong_files = opened(ClientTls(wish.authorities), SystemClock().wall())
    problems = [*_problems(wish), *map(str, wrong_files)]
    for problem in problems:
        typer.echo(problem, err=True)
    recording = _read(wish.file)
    if problems or recording is None:
        return 2
    log_to_stderr(as_json=False)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_play(wish, Player(recording), tls))


def _problems(wish: Wish) -> Iterator[str]:
    complaint = identity_complaint(wish.station_id) if wish.station_id else "must not be empty"
    if complaint is not None:
        yield f"--id: {complaint}"
    complaint = url_complaint(wish.url)
    if complaint is not None:
        yield f"--to: {complaint}"
    if wish.speed is not None and not 0.001 <= wish.speed <= 100_000:
        yield f"--speed {wish.speed:g}: must be within 0.001 to 100000"


def _read(file: Path) -> Recording | None:
    try:
        return read_recording(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        typer.echo(f"Cannot read {file}: {getattr(exc, 'strerror', None) or exc}", err=True)
    except ConfigError as exc:
        say_problems(file, exc)
    return None


async def _play(wish: Wish, player: Player, tls: WallboxTls) -> int:
    tools = Tools(SystemClock(), SystemIdentifiers())
    dialer = PicowsDialer(tls.contexts, read_facts=facts_of_der)
    loop = ReplayLoop(player, dialer, tools, _say_difference, speed=wish.speed)
    target = DialTarget(
        backend_url(wish.url, wish.station_id, append_id=True),
        basic_authorization(wish.station_id, wish.password),
    )
    try:
        ended_early = await loop.run(target)
    except DialFailed as exc:
        typer.echo(f"It did not work: {exc}", err=True)
        return 1
    for line in summary(player.outcome):
        typer.echo(line)
    if ended_early:
        typer.echo(plain(f"It ended early: {ended_early}"), err=True)
    return 1 if ended_early or player.outcome.differences else 0


def summary(outcome: Outcome) -> Iterator[str]:
    """What came of it, a fact per line."""
    different = len(outcome.differences)
    same = outcome.compared - different
    yield f"{outcome.sent} messages sent; {same} answers as recorded, {different} different"
    if outcome.masked:
        yield f"{outcome.masked} of them with masked fields, sent as they stand in the recording"
    if outcome.cut:
        yield f"{outcome.cut} not sent: too long to be in the recording"
    if outcome.strange:
        ids = ", ".join(map(str, sorted(outcome.strange)))
        yield f"transactions from before the recording, their ids sent as recorded: {ids}"


def _say_difference(difference: Difference) -> None:
    typer.echo(
        plain(
            f"#{difference.number} {difference.action}: "
            f"recorded {difference.before}, now {difference.now}"
        )
    )
