"""What the wallbox reads in the central system's answers; everything else in them is ignored."""

from typing import Annotated

import msgspec

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.profile_text import parse_time
from wattgate.core.wallbox.authorisation import TagInfo


class TagInfoPart(msgspec.Struct, rename="camel"):
    """An idTagInfo (OCPP 1.6 §7.27)."""

    status: str
    expiry_date: str | None = None

    def value(self) -> TagInfo:
        """The same, its time read; an unreadable time counts as none."""
        if self.expiry_date is None:
            return TagInfo(self.status)
        try:
            return TagInfo(self.status, parse_time(self.expiry_date))
        except PeerError:
            return TagInfo(self.status)


class BootAnswer(msgspec.Struct, rename="camel"):
    """BootNotification.conf (OCPP 1.6 §6.4)."""

    status: str
    current_time: str
    interval: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class HeartbeatAnswer(msgspec.Struct, rename="camel"):
    """Heartbeat.conf (OCPP 1.6 §6.30)."""

    current_time: str


class AuthorizeAnswer(msgspec.Struct, rename="camel"):
    """Authorize.conf (OCPP 1.6 §6.2)."""

    id_tag_info: TagInfoPart


class StartAnswer(msgspec.Struct, rename="camel"):
    """StartTransaction.conf (OCPP 1.6 §6.46)."""

    id_tag_info: TagInfoPart
    transaction_id: int


class StopAnswer(msgspec.Struct, rename="camel"):
    """StopTransaction.conf (OCPP 1.6 §6.50)."""

    id_tag_info: TagInfoPart | None = None


class DataAnswer(msgspec.Struct, rename="camel"):
    """DataTransfer.conf (OCPP 1.6 §6.18); `data` may be any JSON (R91)."""

    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")

    def data_text(self) -> str | None:
        """A string as it is meant, anything else as its JSON text, null as none."""
        text = bytes(self.data).decode()
        if text.startswith('"'):
            return msgspec.json.decode(text, type=str)
        return None if text == "null" else text
