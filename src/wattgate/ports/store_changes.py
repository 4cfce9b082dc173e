"""What can be changed in the store: imperative, a closed union."""

from dataclasses import dataclass
from datetime import datetime

from wattgate.core.gateway.outbox import Draft
from wattgate.core.station.transactions import TransactionStop
from wattgate.ports.store_records import (
    BehaviourRecord,
    FrameRecord,
    GrantRecord,
    NoteRecord,
    ProfileRecord,
    ReleaseRecord,
    TagRecord,
)


@dataclass(frozen=True, slots=True)
class RememberStation:
    """Note that a wallbox was here; a `boot_text` of None keeps the last one."""

    station_id: str
    seen_at: datetime
    boot_text: str | None = None


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Append a message to its link's queue."""

    draft: Draft


@dataclass(frozen=True, slots=True)
class AnswerTransaction:
    """Keep what the wallbox was told about its StartTransaction, for a repetition (R68).

    An unknown transaction is a bug (LocalUsageError).
    """

    transaction_id: int
    answer_text: str


@dataclass(frozen=True, slots=True)
class BindTransaction:
    """Keep the id that the backend behind a link gave a transaction; the same id again is fine.

    A second, different id on one link is a bug, and so is an unknown transaction, or a link that
    was not told of its start (LocalUsageError). A backend that gives one id to two transactions
    is not: both keep it.
    """

    transaction_id: int
    link_id: str
    backend_transaction_id: int


@dataclass(frozen=True, slots=True)
class CloseTransaction:
    """Close a transaction of this very wallbox (S5).

    An unknown one changes nothing; a closed one keeps its first stop, but for an inferred one,
    whose place the wallbox's own takes.
    """

    station_id: str
    transaction_id: int
    stop: TransactionStop


@dataclass(frozen=True, slots=True)
class MoveTransaction:
    """The wallbox of a transaction has another ChargeBox ID: from now on it is that one's (S5).

    An unknown transaction changes nothing, nor does one whose start is already known from there.
    """

    transaction_id: int
    station_id: str


@dataclass(frozen=True, slots=True)
class Settle:
    """The backend took the message: remove it from the queue; an unknown number is fine."""

    number: int


@dataclass(frozen=True, slots=True)
class CountAttempt:
    """The backend refused the message or stayed silent once more."""

    number: int


@dataclass(frozen=True, slots=True)
class Bury:
    """Give the message up: move it to the dead letters."""

    number: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Requeue:
    """Take a dead letter up again: it goes to the end of its link's queue, with no attempts.

    An unknown number changes nothing, and queues nothing.
    """

    number: int


@dataclass(frozen=True, slots=True)
class KeepAside:
    """Put a message among the dead letters that no backend is to get by itself."""

    draft: Draft
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RejectTransaction:
    """Keep that the backend refused the card of a transaction, in time or too late (R65).

    `verdict` is its idTagInfo.status. An unknown transaction is a bug (LocalUsageError).
    """

    transaction_id: int
    verdict: str


@dataclass(frozen=True, slots=True)
class KeepFrame:
    """Keep a frame as evidence of its transaction (R122)."""

    frame: FrameRecord


@dataclass(frozen=True, slots=True)
class SaveGrant:
    """Keep a grant, replacing the EVSE's earlier one."""

    grant: GrantRecord


@dataclass(frozen=True, slots=True)
class RememberTag:
    """Keep what a backend said about a card, replacing the earlier word.

    Cards are told apart without regard to case (R54): the record comes back with `id_tag` folded
    (`str.casefold`).
    """

    tag: TagRecord


@dataclass(frozen=True, slots=True)
class ForgetTags:
    """Forget what one backend link said about cards (ClearCache, R55)."""

    link_id: str


@dataclass(frozen=True, slots=True)
class SaveProfile:
    """Keep a backend's charging profile, replacing the same id of the same link."""

    profile: ProfileRecord


@dataclass(frozen=True, slots=True)
class DeleteProfile:
    """Forget a backend's charging profile; an unknown one is fine."""

    link_id: str
    profile_id: int


@dataclass(frozen=True, slots=True)
class SaveBehaviour:
    """Keep what was seen of a make, replacing what was kept of the same firmware."""

    behaviour: BehaviourRecord


@dataclass(frozen=True, slots=True)
class SaveRelease:
    """Keep that an EVSE is released, replacing its earlier release."""

    release: ReleaseRecord


@dataclass(frozen=True, slots=True)
class DeleteRelease:
    """The EVSE is limited again; one that was not released is fine."""

    evse_id: str


@dataclass(frozen=True, slots=True)
class SaveNote:
    """Keep a note, replacing the earlier one of that scope and name."""

    note: NoteRecord


@dataclass(frozen=True, slots=True)
class DeleteNote:
    """Forget a note; an unknown one is fine."""

    scope: str
    name: str


@dataclass(frozen=True, slots=True)
class SaveDocument:
    """Keep a named text (the site, the admin password's hash), replacing the earlier one."""

    name: str
    text: str


Change = (
    RememberStation
    | Enqueue
    | AnswerTransaction
    | BindTransaction
    | CloseTransaction
    | MoveTransaction
    | Settle
    | CountAttempt
    | Bury
    | Requeue
    | KeepAside
    | RejectTransaction
    | KeepFrame
    | SaveGrant
    | RememberTag
    | ForgetTags
    | SaveProfile
    | DeleteProfile
    | SaveBehaviour
    | SaveRelease
    | DeleteRelease
    | SaveNote
    | DeleteNote
    | SaveDocument
)
