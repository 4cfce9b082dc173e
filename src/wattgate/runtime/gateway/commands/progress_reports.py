"""How firmware, diagnostics and logs get on: told to the backend that asked for them (R88, R102).

Who asked is stored before the wallbox is: an upload may outlast a restart.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from wattgate.core.gateway.commands.progress import (
    NOTICES,
    REQUEST,
    Requester,
    Requests,
    hearers,
    read_requests,
    requests_text,
)
from wattgate.core.gateway.policy import Rule
from wattgate.core.gateway.traffic.traffic_line import Copy
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.splice import read_scalar, remove_member, replace_scalar
from wattgate.ports.store import NoteRecord, SaveNote, Store, StoreFailed
from wattgate.runtime.ask import Ask
from wattgate.runtime.files.relay import FileRelay
from wattgate.runtime.gateway.evse_backend import EvseBackend
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.station.station_evse import StationEvse
from wattgate.runtime.store_failures import say_not_stored
from wattgate.runtime.supervisor import Supervisor

_COMMANDS: Final = {notice: command for command, notice in NOTICES.items()}
_TAKEN_ON: Final = (None, "Accepted", "AcceptedCanceled")
"""What a wallbox answers that has taken it on; two of the commands have no word for it."""


class ProgressReports:
    """The requests of one wallbox's backends, and its notices about them.

    `main` gives the backend that hears of what nobody asked for.
    """

    def __init__(
        self,
        presence: Presence,
        evses: Sequence[StationEvse],
        store: Store,
        tasks: Supervisor,
        main: Callable[[], EvseBackend | None],
        files: FileRelay,
    ) -> None:
        self._presence = presence
        self._evses = evses
        self._store = store
        self._tasks = tasks
        self._main = main
        self._files = files
        self._scope = f"progress {presence.station_id}"
        self._in_order = asyncio.Lock()
        self._requests: dict[str, Requests] = {}

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take over who had asked before a restart."""
        mine = (note for note in notes if note.scope == self._scope)
        self._requests = {note.name: read_requests(note.text) for note in mine}

    # What a backend asks for

    async def asked(self, link_id: str, action: str, payload_text: str) -> tuple[str, Requester]:
        """Keep who asks; the payload for the wallbox, with a number that nobody else has given.

        Raises StoreFailed.
        """
        theirs = _number(payload_text)
        async with self._in_order:
            before = self._known(action)
            number = None if theirs is None else before.numbered(link_id, theirs)
            requester = Requester(link_id, number, theirs)
            await self._keep(action, before.with_one(requester))
        if number != theirs:
            payload_text = replace_scalar(payload_text, REQUEST, str(number))
        return payload_text, requester

    def answered(self, action: str, requester: Requester, outcome: Outcome) -> None:
        """The wallbox has answered the command; what it has not taken on is nobody's."""
        if is_declined(outcome):
            self._tasks.spawn(self._forget(action, requester), name=self._scope)

    async def _forget(self, action: str, requester: Requester) -> None:
        try:
            async with self._in_order:
                await self._keep(action, self._known(action).without(requester))
        except StoreFailed as exc:
            say_not_stored(exc, note=self._scope)

    def _known(self, action: str) -> Requests:
        return self._requests.get(action, Requests())

    async def _keep(self, action: str, requests: Requests) -> None:
        note = NoteRecord(self._scope, action, requests_text(requests))
        await self._store.commit(SaveNote(note))
        self._requests[action] = requests

    # What the wallbox says

    async def noticed(self, ask: Ask, rule: Rule) -> None:
        """Tell those that are to hear of it; the wallbox gets the answer of the first.

        Nobody waits for the others, nor for one that only listens (R106).
        """
        number = _number(ask.call.payload_text)
        requester = self._known(_COMMANDS[ask.call.action]).requester(number)
        told = self._hearers(ask, requester)
        if not told:
            ask.answer(rule.local_answer, "no backend")
            return
        texts = [_text_for(each, ask.call.payload_text, requester) for each in told]
        going = [
            (each, text)
            for each, text in zip(told, texts, strict=True)
            if not await self._is_held(ask, each, text)
        ]
        for place, (backend, text) in enumerate(going):
            if place == 0 and not backend.is_report:
                await self._forward(ask, rule, backend, text)
            else:
                self._copy(ask, backend, text)
        if not going or going[0][0].is_report:
            ask.answer(rule.away_answer)

    async def _is_held(self, ask: Ask, backend: EvseBackend, text: str) -> bool:
        """A file that is still on its way from us to the backend has not been uploaded (R87)."""
        station_id, action = self._presence.station_id, ask.call.action
        is_held = await self._files.holds(station_id, backend.link_id, action, text)
        if is_held:
            ask.stored(text, "until the backend's server has the file (R87)")
        return is_held

    def _hearers(self, ask: Ask, requester: Requester | None) -> list[EvseBackend]:
        main = self._main()
        asked = self._backend(requester.link_id) if requester is not None else None
        link_ids = hearers(
            asked.link_id if asked is not None else None,
            main.link_id if main is not None else None,
            self._presence.notice_for(ask.call.action),
            is_idle=read_scalar(ask.call.payload_text, ("status",)) == "Idle",
        )
        found = (self._backend(link_id) for link_id in link_ids)
        return [each for each in found if each is not None]

    def _backend(self, link_id: str) -> EvseBackend | None:
        backends = (each for evse in self._evses for each in evse.present_backends)
        return next((each for each in backends if each.link_id == link_id), None)

    async def _forward(self, ask: Ask, rule: Rule, backend: EvseBackend, text: str) -> None:
        kept, action = backend.north.kept_reports, ask.call.action
        if not backend.link.is_online:
            await self._keep_last(ask, rule, backend, text)
            return

        def heard(outcome: Outcome) -> None:
            match outcome:
                case NoAnswer():
                    self._tasks.spawn(self._keep_late(ask, rule, backend, text), name=self._scope)
                    return
                case CallResult(_, payload_text):
                    ask.answer(payload_text)
                case CallError(_, code, description, details_text):
                    ask.fail(code, description, details_text)
            kept.replaced(action)

        kept.overtaken(action)
        backend.link.ask(action, text, heard, timeout_s=rule.timeout_s, source=ask.source)

    async def _keep_late(self, ask: Ask, rule: Rule, backend: EvseBackend, text: str) -> None:
        try:
            await self._keep_last(ask, rule, backend, text)
        except StoreFailed as exc:
            say_not_stored(exc, action=ask.call.action)
            ask.refuse("InternalError", "not stored, please send again")

    async def _keep_last(self, ask: Ask, rule: Rule, backend: EvseBackend, text: str) -> None:
        await backend.north.kept_reports.keep(ask.call.action, text)
        ask.stored(text, "the backend gets the last one when it is back")
        ask.answer(rule.away_answer)

    def _copy(self, ask: Ask, backend: EvseBackend, text: str) -> None:
        """Nobody waits for it; a backend that is away gets it when it is back."""
        kept, action = backend.north.kept_reports, ask.call.action

        def heard(outcome: Outcome) -> None:
            if isinstance(outcome, NoAnswer):
                self._tasks.spawn(_keep_copy(backend, action, text), name=self._scope)
            else:
                kept.replaced(action)

        kept.overtaken(action)
        source = Copy(ask.call.payload_text, "as reported")
        backend.link.ask(action, text, heard, source=source)


async def _keep_copy(backend: EvseBackend, action: str, text: str) -> None:
    try:
        await backend.north.kept_reports.keep(action, text)
    except StoreFailed as exc:
        say_not_stored(exc, action=action)


def _text_for(backend: EvseBackend, text: str, requester: Requester | None) -> str:
    """The notice as a backend reads it: with its own number, or without that of another's."""
    if requester is None or requester.number is None or _number(text) is None:
        return text
    if backend.link_id != requester.link_id:
        return remove_member(text, REQUEST[0])
    if requester.theirs == requester.number:
        return text
    return replace_scalar(text, REQUEST, str(requester.theirs))


def is_declined(outcome: Outcome) -> bool:
    """Whether a wallbox will not do it: it has said so, or was never asked.

    Silence says nothing.
    """
    match outcome:
        case CallResult(_, text):
            return read_scalar(text, ("status",)) not in _TAKEN_ON
        case CallError():
            return True
        case NoAnswer(_, was_sent):
            return not was_sent


def _number(payload_text: str) -> int | None:
    number = read_scalar(payload_text, REQUEST)
    return number if isinstance(number, int) and not isinstance(number, bool) else None
