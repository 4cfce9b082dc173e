"""What `wattgate traffic` does; each function returns the exit status."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import typer

from wattgate.cli.api_client import ApiClient, ApiError
from wattgate.cli.backend_lines import print_line
from wattgate.cli.evse_run import find, path_of, read
from wattgate.cli.traffic_words import Frame, frame_line

AT_FIRST: Final = 100
"""Frames that are shown."""

PAGE: Final = 1000
EVERY_S: Final = 0.5
"""s between two questions for what is new."""


def show(
    api: ApiClient, evse_id: str, *, as_json: bool, wait: Callable[[float], None] | None
) -> int:
    """Print the last frames; go on with those that come where one can `wait`, until Ctrl-C."""
    find(api, evse_id)
    told = _page(api, evse_id, f"limit={AT_FIRST}")
    last = 0
    try:
        while _print(told, as_json=as_json) and wait is not None:
            last = told[-1].number if told else last
            wait(EVERY_S)
            told = _page(api, evse_id, f"after={last}&limit={PAGE}")
    except KeyboardInterrupt:
        pass  # that is how one ends it
    return 0


def save(api: ApiClient, evse_id: str, path: Path) -> int:
    """Save all that is remembered in a file; raises ApiError where that cannot be written."""
    find(api, evse_id)
    told = api.ask("GET", path_of(evse_id, "traffic/download"))
    try:
        path.write_bytes(told)
    except OSError as exc:
        raise ApiError(f"{path} cannot be written: {exc.strerror}") from None
    frames = len(told.splitlines()) - 1
    typer.echo(f"{frames} frames in {path}")
    return 0


def _page(api: ApiClient, evse_id: str, query: str) -> tuple[Frame, ...]:
    return read(api.ask("GET", f"{path_of(evse_id, 'traffic')}?{query}"), tuple[Frame, ...])


def _print(frames: tuple[Frame, ...], *, as_json: bool) -> bool:
    """Whether somebody still reads."""
    return all(
        print_line(msgspec.json.encode(frame).decode() if as_json else frame_line(frame))
        for frame in frames
    )
