"""Which of its commands a backend may give, by its rights and by where it stands (R106)."""

from enum import StrEnum
from typing import Final

from wattgate.core.errors import PeerError
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.gateway.link.link_messages import (
    CertificateMatter,
    certificate_matter,
    link_key_change,
)
from wattgate.core.ocpp.codes import ErrorCode
from wattgate.core.ocpp.frames import Call


class Standing(StrEnum):
    """Where a backend stands with its EVSE."""

    PRESENT = "present"
    """The site names it: it may do what its rights say."""
    RETIRING = "retiring"
    """The site names it no more: it only hears the end of what began there, and may end that."""


_ENDING: Final = frozenset({"RemoteStopTransaction"})


class NotAllowedError(PeerError):
    """A backend commands what it may not; the wallbox never hears of it."""

    def __init__(self, description: str) -> None:
        super().__init__(description, code=ErrorCode.SECURITY_ERROR)


def require_access(call: Call, rights: Rights, standing: Standing) -> None:
    """Whether the backend may give this command.

    What concerns its own login only is its own affair, unless it has no rights at all. Raises
    NotAllowedError.
    """
    action = call.action
    if standing is Standing.RETIRING and action not in _ENDING:
        raise NotAllowedError(f"{action}: this backend is no longer one of this charge point")
    is_upkeep = rights != Rights.NONE and _concerns_login(call)
    if not (is_upkeep or rights.may(action)):
        raise NotAllowedError(f"{action} is not among the commands that this backend may give")


def require_relayed_access(call: Call, rights: Rights, standing: Standing) -> None:
    """As `require_access`, where wallbox and backend talk to each other directly (mode T).

    A backend with all rights may then ask for what nobody here knows (R13). Raises NotAllowedError.
    """
    if (rights, standing) != (Rights.ALL, Standing.PRESENT):
        require_access(call, rights, standing)


def _concerns_login(call: Call) -> bool:
    is_of_link = certificate_matter(call) is CertificateMatter.LINK
    return is_of_link or link_key_change(call) is not None
