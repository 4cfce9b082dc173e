"""Which of a backend's messages concern its link with us, and never the wallbox (R36, R37)."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from wattgate.core.gateway.configuration.config_keys import KeyRule, Treatment, folded_key, rule_of
from wattgate.core.gateway.configuration.config_overlay import named_keys
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.splice import read_scalar, read_scalars

SIGN_OURS: Final = "SignChargePointCertificate"
"""What ExtendedTriggerMessage asks for where a certificate is to be renewed (R40)."""

_MANUFACTURER: Final = "ManufacturerRootCertificate"
_BY_TYPE: Final = frozenset({"GetInstalledCertificateIds", "InstallCertificate"})
_ALWAYS: Final = frozenset({"CertificateSigned", "DeleteCertificate"})


class CertificateMatter(Enum):
    """Who has to do with a message about certificates."""

    LINK = auto()
    """The gateway: it is about the link with that backend."""
    WALLBOX = auto()
    """The wallbox: it is about its maker's certificates, with which firmware is signed."""


def certificate_matter(call: Call) -> CertificateMatter | None:
    """Who has to do with it; None for a message that is not about certificates.

    One that names several kinds of certificate is ours: a wallbox might read another one than we.
    """
    if call.action in _ALWAYS:
        return CertificateMatter.LINK
    if call.action in _BY_TYPE:
        kinds = set(read_scalars(call.payload_text, ("certificateType",)))
        return CertificateMatter.WALLBOX if kinds == {_MANUFACTURER} else CertificateMatter.LINK
    if call.action == "ExtendedTriggerMessage":
        asked = read_scalars(call.payload_text, ("requestedMessage",))
        return CertificateMatter.LINK if SIGN_OURS in asked else None
    return None


@dataclass(frozen=True, slots=True)
class LinkKeyChange:
    """ChangeConfiguration of a key that belongs to one link; `value` "" where it has no text."""

    row: KeyRule
    value: str


def link_key_change(call: Call) -> LinkKeyChange | None:
    """What it changes of the backend's own link; None where it changes nothing there.

    One that names several keys changes nothing, since a wallbox might read another one than we do.
    """
    keys = _changed_keys(call)
    row = rule_of(keys[0]) if len(keys) == 1 else None
    if row is None or row.treatment is not Treatment.LINK:
        return None
    value = read_scalar(call.payload_text, ("value",))
    return LinkKeyChange(row, value if isinstance(value, str) else "")


def names_several_keys(call: Call) -> bool:
    """Whether it is a ChangeConfiguration that nobody can be trusted to read as we do."""
    return len(_changed_keys(call)) > 1


def _changed_keys(call: Call) -> tuple[str, ...]:
    if call.action != "ChangeConfiguration":
        return ()
    return tuple(map(folded_key, named_keys(call.payload_text)))
