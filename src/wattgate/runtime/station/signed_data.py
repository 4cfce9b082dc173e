"""Which EVSEs deliver signed data, also after a restart (R116)."""

from typing import Final

from wattgate.core.station.signed import holds_signed_data
from wattgate.ports.store import NoteRecord, Recovered, SaveNote
from wattgate.runtime.station.evse_known import KnownEvse

SCOPE: Final = "signed data"
"""Scope of the notes; their name is the EVSE's id."""


def first_seen(evse: KnownEvse | None, payload_text: str) -> tuple[SaveNote, ...]:
    """What to store with a message that holds the first signed data of an EVSE."""
    if evse is None or evse.delivers_signed or not holds_signed_data(payload_text):
        return ()
    evse.delivers_signed = True
    return (SaveNote(NoteRecord(SCOPE, evse.evse_id, "")),)


def recovered_signed(evse_id: str, recovered: Recovered) -> bool:
    """Whether an EVSE had delivered signed data before the restart."""
    return any((note.scope, note.name) == (SCOPE, evse_id) for note in recovered.notes)
