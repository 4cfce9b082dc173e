"""The list of cards that a backend keeps in a wallbox, as the gateway mirrors it (R52, R56).

SendLocalList (OCPP 1.6 §5.15) passes on to the wallbox; what is here is for the time in which the
backend is away.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.authorisation import AuthorizationStatus, TagInfo, fold, read_tag_info


class LocalList(msgspec.Struct, frozen=True):
    """The cards of a list, folded, and its version; 0 while it is empty (R55)."""

    version: int = 0
    entries: dict[str, TagInfo] = {}

    def entry(self, id_tag: str) -> TagInfo | None:
        """What the list says of a card; None where it is not in it."""
        return self.entries.get(fold(id_tag))


@dataclass(frozen=True, slots=True)
class NotMirrored:
    """The wallbox may have taken the update, but it means nothing to us; `reason` says why."""

    reason: str


_ABSENT: Final = msgspec.Raw(b"null")
_UNREADABLE: Final = TagInfo(AuthorizationStatus.INVALID)


class _Entry(msgspec.Struct):
    id_tag: str = msgspec.field(name="idTag")
    info: msgspec.Raw = msgspec.field(name="idTagInfo", default=_ABSENT)


class _Update(msgspec.Struct, rename="camel"):
    list_version: int
    update_type: str
    local_authorization_list: list[_Entry] | None = None


def updated(before: LocalList, payload_text: str) -> LocalList | NotMirrored:
    """The list after a SendLocalList that the wallbox accepted.

    A differential update is laid over what we know, whatever version that has: the wallbox has
    compared the versions with its own. An entry without idTagInfo goes; one whose idTagInfo cannot
    be read stays and refuses its card.
    """
    try:
        update = decode_payload(payload_text, _Update)
    except PeerError as exc:
        return NotMirrored(exc.description)
    if update.update_type not in ("Full", "Differential"):
        return NotMirrored(f"{update.update_type!r} is no kind of update")
    full = update.update_type == "Full"
    changes = update.local_authorization_list or []
    if full and not changes:
        return LocalList()
    if update.list_version < 1:
        return NotMirrored(f"a list has no version {update.list_version} (16E 3.52)")
    entries = {} if full else dict(before.entries)
    for change in changes:
        entries.pop(fold(change.id_tag), None)
        if change.info != _ABSENT:
            info = read_tag_info(bytes(change.info).decode())
            entries[fold(change.id_tag)] = info or _UNREADABLE
    return LocalList(update.list_version, entries)


def list_text(mirrored: LocalList) -> str:
    """A list as text, for the store."""
    return msgspec.json.encode(mirrored).decode()


def read_list(text: str) -> LocalList | None:
    """Read what `list_text` wrote; None for anything else."""
    try:
        return decode_payload(text, LocalList)
    except PeerError:
        return None
