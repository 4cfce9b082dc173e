"""One file on its way through the manager, as it is stored (R87)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from wattgate.core.files.rewriting import Direction
from wattgate.core.gateway.link.backoff import Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file that a wallbox has put here, whole: how it did so says how it is passed on.

    `name` is that of the file in our folder, `names` what the wallbox put behind our address,
    decoded. `headers` are those that say what the file is, with names in lower case.
    """

    name: str
    size: int
    at: datetime
    method: str
    names: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A wallbox's report that its file has arrived, which the backend hears once that is true."""

    action: str
    payload_text: str


class TransferState(StrEnum):
    """How far a file has come."""

    OFFERED = "offered"
    """The wallbox has been told where to fetch or to bring it."""
    DELIVERING = "delivering"
    """It is here, and on its way to the backend's server."""
    FAILED = "failed"
    """It was here, and the backend's server did not take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What a backend asked for, and how far it has come.

    `id` names the file on the disk and in the API; whoever knows `token` and comes from
    `wallbox_host` (empty: from anywhere) may fetch or bring the file until `ends_at`. `location` is
    the backend's own place for it, `link_id` and `action` say which of its commands named it.
    `failed` says why a file that was received could not be delivered: it is kept until the wallbox
    has reported that its part is done.
    """

    id: str
    token: str = field(repr=False)
    direction: Direction
    action: str
    station_id: str
    link_id: str
    location: str = field(repr=False)
    wallbox_host: str
    begun_at: datetime
    ends_at: datetime
    received: Received | None = None
    held: Held | None = None
    failed: str = ""

    @property
    def state(self) -> TransferState:
        """How far it has come; of one that has ended nothing is kept."""
        if self.received is None:
            return TransferState.OFFERED
        return TransferState.FAILED if self.failed else TransferState.DELIVERING

    def is_for(self, host: str) -> bool:
        """Whether somebody from that address may use it."""
        return self.wallbox_host in ("", host)

    def is_over(self, now: datetime) -> bool:
        """Whether its time has passed, and no file of it is still to be delivered."""
        return now >= self.ends_at and (self.received is None or bool(self.failed))

    def is_replaced_by(self, other: "Transfer") -> bool:
        """Whether the same backend has asked for the same anew, before anything had come of it.

        A wallbox has one firmware: of that, whoever asked.
        """
        if self.received is not None or self.id == other.id:
            return False
        mine, its = (
            (each.station_id, each.action, each.direction is Direction.DOWNLOAD or each.link_id)
            for each in (self, other)
        )
        return mine == its


KEPT_HEADERS: Final = ("content-type", "content-encoding", "content-disposition")
"""Headers of an upload that say what the file is, and are passed on with it."""

DELIVERY: Final = Backoff(minimum_s=5.0, range_s=5.0, doublings=7)
"""How long to wait before a file is offered to the backend's server once more."""


def as_text(transfer: Transfer) -> str:
    """Write it for the store."""
    return msgspec.json.encode(transfer).decode()


def from_text(text: str) -> Transfer | None:
    """Read what was stored; None where another version wrote it otherwise."""
    try:
        return msgspec.json.decode(text, type=Transfer)
    except msgspec.MsgspecError:
        return None
