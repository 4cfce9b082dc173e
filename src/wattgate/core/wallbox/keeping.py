"""What of the software wallbox outlives a restart, as one JSON text."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from wattgate.core.ocpp.schedules import ProfileStack
from wattgate.core.wallbox.authorisation import TagInfo
from wattgate.core.wallbox.connector import Connector, Reservation, Transaction
from wattgate.core.wallbox.effects import Effect, Keep
from wattgate.core.wallbox.offline_queue import TransactionMessage
from wattgate.core.wallbox.sealing import Damaged, opened, sealed
from wattgate.core.wallbox.state import State
from wattgate.core.wallbox.transactions import STILL_S

FORMAT: Final = 1
"""Number of this layout."""


class KeptConnector(msgspec.Struct, frozen=True, kw_only=True):
    """Of one connector; `transaction` is the one that runs, or that a loss of power broke off."""

    register_wh: float
    is_operative: bool
    is_plugged: bool
    is_done: bool
    reservation: Reservation | None
    transaction: Transaction | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Everything; `saved_at` is when it was, by the wallbox's clock.

    `configuration` holds the keys that somebody has changed; `ids` the central system's
    transaction ids by the wallbox's own numbers; `pages` counts signed readings (R117).
    """

    saved_at: datetime
    clock_offset_s: float
    configuration: dict[str, str]
    key_text: str = ""
    cache: dict[str, TagInfo]
    local_list: dict[str, TagInfo]
    list_version: int
    profiles: ProfileStack
    is_operative: bool
    transactions: int
    pages: int
    messages: tuple[TransactionMessage, ...]
    ids: dict[int, int]
    connectors: tuple[KeptConnector, ...]


def kept_text(state: State) -> str:
    """Everything that outlives a restart."""
    configuration, key_text = state.configuration, state.key_text
    authorisation, queue = state.authorisation, state.queue
    kept = Kept(
        saved_at=state.clock,
        clock_offset_s=state.clock_offset.total_seconds(),
        configuration=configuration.changed(),
        key_text=key_text,
        cache=authorisation.cache,
        local_list=authorisation.local_list,
        list_version=authorisation.list_version,
        profiles=state.profiles,
        is_operative=state.is_operative,
        transactions=state.transactions,
        pages=state.pages,
        messages=queue.messages,
        ids=queue.ids,
        connectors=tuple(
            KeptConnector(
                register_wh=connector.register_wh,
                is_operative=connector.is_operative,
                is_plugged=connector.is_plugged,
                is_done=connector.is_done,
                reservation=connector.reservation,
                transaction=connector.transaction or connector.broken_off,
            )
            for connector in state.connectors
        ),
    )
    return sealed(kept, FORMAT)


def read_kept(text: str, connectors: int) -> Kept:
    """Read what `kept_text` wrote for a wallbox of so many connectors.

    Raises:
        Damaged: it is another text.
    """
    try:
        kept = msgspec.json.decode(opened(text, FORMAT), type=Kept)
    except msgspec.DecodeError as error:
        raise Damaged(f"what was kept cannot be read: {error}") from error
    if len(kept.connectors) != connectors:
        raise Damaged(f"what was kept is of a wallbox with {len(kept.connectors)} connectors")
    return kept


def keep_first(state: State, effects: list[Effect]) -> list[Effect]:
    """Put a Keep before effects that may follow only when what they follow from is stored."""
    if not state.options.keeps:
        return effects
    now = mark(state)
    if now == state.kept:
        return effects
    state.kept = now
    return [Keep(kept_text(state)), *effects]


def mark(state: State) -> object:
    """What must not be lost, for comparing: two that are equal need no storing in between.

    Registers, clock and a few samples are not in it: they go along with what is.
    """
    return (
        state.configuration.changed(),
        state.key_text,
        dict(state.authorisation.cache),
        state.authorisation.local_list,
        state.authorisation.list_version,
        state.profiles,
        state.is_operative,
        state.transactions,
        state.pages,
        state.queue.revision,
        dict(state.queue.ids),
        tuple(_mark_of(connector) for connector in state.connectors),
    )


def _mark_of(connector: Connector) -> object:
    running = connector.transaction
    return (
        connector.is_operative,
        connector.is_plugged,
        connector.is_done,
        connector.reservation,
        connector.broken_off is None,
        None if running is None else _mark_of_running(running),
    )


def _mark_of_running(running: Transaction) -> object:
    return (running.transaction_id, running.is_refused, running.ending is None)


def restore(state: State, kept: Kept) -> None:
    """Put what was kept into a fresh wallbox; what its options say of a key counts no more."""
    state.configuration.restore(kept.configuration)
    state.key_text = kept.key_text
    state.authorisation.restore(kept.cache, kept.local_list, kept.list_version)
    state.queue.restore(kept.messages, kept.ids)
    state.profiles = kept.profiles
    state.is_operative = kept.is_operative
    state.transactions = kept.transactions
    state.pages = kept.pages
    if state.options.clock_offset_s is None:
        state.clock_offset = timedelta(seconds=kept.clock_offset_s)
    for connector, known in zip(state.connectors, kept.connectors, strict=True):
        connector.register_wh = known.register_wh
        connector.is_operative = known.is_operative
        connector.reservation = known.reservation
        if state.options.resumes:
            _resume(state, connector, known)
        elif known.transaction is not None:
            connector.broken_off = known.transaction
            connector.power_lost_at = kept.saved_at


def _resume(state: State, connector: Connector, known: KeptConnector) -> None:
    """The car has stood here all the while: its plug and its transaction are as they were."""
    connector.is_plugged = known.is_plugged
    connector.is_done = known.is_done
    connector.transaction = known.transaction
    running = known.transaction
    if running is not None:
        running.sampled_at = state.now
        if running.ending is not None:
            running.ending = replace(running.ending, until=state.now + STILL_S)
