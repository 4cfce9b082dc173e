"""Writes a new key into a wallbox, and sees whether it comes back with it (A01 of SEC)."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.session import Priority
from wattgate.core.ocpp.splice import read_scalar
from wattgate.core.station.wallbox_key import Answer, KeyStep
from wattgate.runtime.peer import NoAnswer, Outcome, Peer
from wattgate.runtime.station.station import Station
from wattgate.runtime.station.wallbox_keys import WallboxKeys
from wattgate.runtime.supervisor import Supervisor

log = structlog.get_logger()

PAUSE_S: Final = 10.0
"""s that a wallbox has to hang up by itself after it has accepted a key, as A01 wants it to."""

RETURN_S: Final = 300.0
"""s within which it has to come back; a wallbox that restarts for it needs some minutes."""

ANSWER_S: Final = 30.0

_AWAITED: Final = frozenset({KeyStep.SENT, KeyStep.TAKEN})
_MAY_HAVE_TAKEN: Final = frozenset({"InternalError", "GenericError"})
"""CALLERRORs that can come after the key was stored."""

_ANSWERS: Final[Mapping[object, Answer]] = {
    "Accepted": Answer.ACCEPTED,
    "RebootRequired": Answer.REBOOT_REQUIRED,
    "Rejected": Answer.REFUSED,
    "NotSupported": Answer.REFUSED,
}


class KeyNotWritten(Exception):  # noqa: N818 - an event in the past, like every outcome here
    """A key cannot be written now; the text says why, and nothing has changed."""


@dataclass(frozen=True, slots=True)
class Written:
    """How the wallbox took the key; `restarts` tells that it was asked to restart for it."""

    answer: Answer
    restarts: bool = False


class KeyWriting:
    """Gives wallboxes keys of their own."""

    def __init__(self, keys: WallboxKeys, tasks: Supervisor) -> None:
        self._keys = keys
        self._tasks = tasks

    def recover(self, station_ids: tuple[str, ...]) -> None:
        """Wait for those that were on their way to a new key when the manager stopped."""
        for station_id in station_ids:
            if self._keys.of(station_id).step in _AWAITED:
                self._wait_for(station_id)

    async def write(self, station: Station, *, restart: bool = False) -> Written:
        """Make a key and tell it the wallbox; what it had opens the door until it comes with it.

        With `restart` a wallbox that asks for that is restarted, unless a car is charging; one that
        has asked for it before is told no other key.

        Raises:
            KeyNotWritten: the wallbox is not here, or on its way to a key already.
            StoreFailed: the key could not be stored, so it was not sent.
        """
        name = f"{station.station_id} new key"
        # Whoever asked may go away; the wallbox has to be followed to the end.
        return await asyncio.shield(self._tasks.start(self._write(station, restart), name=name))

    async def show(self, station_id: str) -> str:
        """Make a key for somebody to enter at the wallbox; in hexadecimal.

        Raises:
            KeyNotWritten: the wallbox is on its way to another one.
            StoreFailed: it could not be stored, and counts for nothing.
        """
        self._is_not_on_the_way(station_id)
        return await self._keys.offer(station_id, KeyStep.SHOWN)

    async def forget(self, station_id: str) -> None:
        """Let the site's password hold again.

        Raises:
            KeyNotWritten: the wallbox is on its way to a key, and would be locked out.
            StoreFailed: that could not be stored, and nothing has changed.
        """
        self._is_not_on_the_way(station_id)
        await self._keys.forget(station_id)

    def _is_not_on_the_way(self, station_id: str) -> None:
        if self._keys.of(station_id).is_on_its_way:
            raise KeyNotWritten(
                "the wallbox was told a key already, and has to come back first, or to restart"
            )

    async def _write(self, station: Station, restart: bool) -> Written:
        station_id, peer = station.station_id, station.presence.peer
        if peer is None:
            raise KeyNotWritten("the wallbox is not connected")
        if restart and self._keys.of(station_id).step is KeyStep.AFTER_RESTART:
            return Written(Answer.REBOOT_REQUIRED, restarts=await _restart(station, peer))
        self._is_not_on_the_way(station_id)
        text = await self._keys.offer(station_id, KeyStep.SENT)
        payload = json.dumps({"key": "AuthorizationKey", "value": text}, separators=(",", ":"))
        answer = _read(await _call(peer, "ChangeConfiguration", payload))
        await self._keys.answered(station_id, text, answer)
        if answer in (Answer.ACCEPTED, Answer.UNKNOWN):
            self._wait_for(station_id, peer)
        wants_restart = restart and answer is Answer.REBOOT_REQUIRED
        return Written(answer, restarts=wants_restart and await _restart(station, peer))

    def _wait_for(self, station_id: str, peer: Peer | None = None) -> None:
        self._tasks.spawn(self._wait(station_id, peer), name=f"{station_id} comes back")

    async def _wait(self, station_id: str, peer: Peer | None) -> None:
        kept = self._keys.of(station_id).next_kept
        if peer is not None:
            await asyncio.sleep(PAUSE_S)
            if peer.is_open and self._is_expected(station_id, kept):
                log.info("wallbox is to come back with its new key", station=station_id)
                peer.close(1000, "come back with the new key, please")
        await asyncio.sleep(RETURN_S)
        if self._is_expected(station_id, kept):
            self._keys.stayed_away(station_id)

    def _is_expected(self, station_id: str, kept: str) -> bool:
        """Whether it should still come back with this very key."""
        return self._keys.of(station_id).next_kept == kept


async def _restart(station: Station, peer: Peer) -> bool:
    """Restart it softly, unless a car would be cut off (R83); whether it has agreed."""
    if any(evse.transaction is not None for evse in station.evses):
        return False
    outcome = await _call(peer, "Reset", '{"type":"Soft"}')
    return _status(outcome) == "Accepted"


async def _call(peer: Peer, action: str, payload_text: str) -> Outcome:
    return await peer.call(action, payload_text, timeout_s=ANSWER_S, priority=Priority.BACKEND)


def _read(outcome: Outcome) -> Answer:
    match outcome:
        case NoAnswer(was_sent=False):
            return Answer.UNSENT
        case CallError(code=code) if code not in _MAY_HAVE_TAKEN:
            return Answer.REFUSED
        case _:
            return _ANSWERS.get(_status(outcome), Answer.UNKNOWN)


def _status(outcome: Outcome) -> object:
    return read_scalar(outcome.payload_text, ("status",)) if isinstance(outcome, CallResult) else ""
