"""The list of cards that a backend keeps in a wallbox (R52, R55, R56, R105).

SendLocalList (OCPP 1.6 §5.15) passes on to a wallbox with one backend, and is mirrored here for the
time in which the backend is away. Where several backends have a part in a wallbox, each has its
list here and nowhere else.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.splice import read_scalar
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


class Keeper(StrEnum):
    """Who answers a backend about its list."""

    WALLBOX = "wallbox"
    GATEWAY = "gateway"


class ListStatus(StrEnum):
    """Answers to a SendLocalList (OCPP 1.6 §7.46)."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    VERSION_MISMATCH = "VersionMismatch"


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """What the gateway answers to an update of a list that it keeps, and the list from then on."""

    status: ListStatus
    after: LocalList


MOST_ENTRIES: Final = 20_000
"""Cards in a list that the gateway keeps (LocalAuthListMaxLength)."""

MOST_CHANGES: Final = 5_000
"""Cards in one update of it (SendLocalListMaxLength)."""

NOBODY: Final = ""
"""Whose the list in a wallbox is that is empty."""

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


class _Change(msgspec.Struct):
    id_tag: Annotated[str, msgspec.Meta(max_length=20)] = msgspec.field(name="idTag")


class _Changes(msgspec.Struct, rename="camel"):
    list_version: int
    update_type: Literal["Full", "Differential"]
    local_authorization_list: list[_Change] | None = None


def answered(before: LocalList, payload_text: str) -> ListAnswer:
    """Carry out an update of a list that the gateway keeps, as a wallbox does (16 §5.15).

    A differential update needs a higher version than the list has, and a list has no version below
    1 (16E 3.52); one that is too long fails. Then nothing changes.

    Raises:
        PeerError: the payload is no SendLocalList.
    """
    changes = decode_payload(payload_text, _Changes)
    if len(changes.local_authorization_list or ()) > MOST_CHANGES:
        return ListAnswer(ListStatus.FAILED, before)
    if changes.update_type == "Differential" and changes.list_version <= before.version:
        return ListAnswer(ListStatus.VERSION_MISMATCH, before)
    after = updated(before, payload_text)
    if isinstance(after, NotMirrored) or len(after.entries) > MOST_ENTRIES:
        return ListAnswer(ListStatus.FAILED, before)
    return ListAnswer(ListStatus.ACCEPTED, after)


def keeper_of(link_id: str, ours: LocalList, links: Collection[str], owner: str | None) -> Keeper:
    """Who answers a link about its list; `ours` is what the gateway has of it.

    `links` are those whose backends authorise at the wallbox. `owner` is the one whose list is in
    the wallbox: NOBODY where that is empty, None where it is not known. A list that was kept here
    stays here until it is sent anew as a whole: a change of it would be lost in the wallbox.
    """
    if set(links) != {link_id}:
        return Keeper.GATEWAY
    is_there = owner in (None, link_id) or not ours.version
    return Keeper.WALLBOX if is_there else Keeper.GATEWAY


def is_whole(payload_text: str) -> bool:
    """Whether a SendLocalList replaces the list."""
    return read_scalar(payload_text, ("updateType",)) == "Full"


def is_anothers(links: Collection[str], owner: str | None) -> bool:
    """Whether the wallbox may have a list by which it lets in whom its backends do not know.

    See `keeper_of`. A list of which nothing is known is believed to be that of the only backend, or
    of the wallbox's owner where there is none.
    """
    if owner is None:
        return len(set(links)) > 1
    return owner != NOBODY and set(links) != {owner}


CLEARING: Final = '{"listVersion":1,"updateType":"Full"}'
"""The SendLocalList that empties a list."""


def list_text(mirrored: LocalList) -> str:
    """A list as text, for the store."""
    return msgspec.json.encode(mirrored).decode()


def read_list(text: str) -> LocalList | None:
    """Read what `list_text` wrote; None for anything else."""
    try:
        return decode_payload(text, LocalList)
    except PeerError:
        return None
