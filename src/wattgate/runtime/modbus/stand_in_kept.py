"""What of a stand-in outlives a restart, as one note of the store."""

from collections.abc import Iterable
from typing import Final, Self

import msgspec
import structlog

from wattgate.core.modbus.virtual_register import VirtualRegister
from wattgate.core.modbus.wallbox_values import WallboxModel
from wattgate.ports.store import NoteRecord, SaveNote

log = structlog.get_logger()

SCOPE: Final = "stand-in"
"""Scope of the notes; their names are the ids of EVSEs."""


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """All of it.

    `register` has counted as far as `charge_point` knows of it or further; `model` is what the
    wallbox last said of its make; `charge_point` is the text of the newest `Keep`, None before one.
    """

    register: VirtualRegister = VirtualRegister()
    model: WallboxModel = WallboxModel()
    charge_point: str | None = None

    def note(self, evse_id: str) -> SaveNote:
        """What is to be stored."""
        return SaveNote(NoteRecord(SCOPE, evse_id, msgspec.json.encode(self).decode()))

    @classmethod
    def recovered(cls, evse_id: str, notes: Iterable[NoteRecord]) -> Self:
        """What was stored of an EVSE; a note that cannot be read counts as none."""
        for note in notes:
            if (note.scope, note.name) == (SCOPE, evse_id):
                try:
                    return msgspec.json.decode(note.text, type=cls)
                except msgspec.DecodeError as exc:
                    log.warning("what was kept cannot be read", evse=evse_id, reason=str(exc))
                    break
        return cls()
