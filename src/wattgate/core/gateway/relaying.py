"""What does not pass although wallbox and backend talk to each other directly (R36, R37)."""

from enum import Enum, auto
from typing import Final

from wattgate.core.gateway.link.link_messages import (
    CertificateMatter,
    LinkKeyChange,
    certificate_matter,
    link_key_change,
    names_several_keys,
)
from wattgate.core.gateway.policy import Rule, Sender, rule_for
from wattgate.core.ocpp.frames import Call

RELAY_WAIT_S: Final = 60.0
"""s after which nobody waits for an answer any more, where the table names no longer time (R16)."""


class Ending(Enum):
    """Why a message ends at the gateway."""

    SIGNING = auto()
    """The wallbox wants a certificate for its link with us."""
    LINK_CERTIFICATE = auto()
    """The backend changes certificates of its link with us."""
    SEVERAL_KEYS = auto()
    """It names several configuration keys: the wallbox might read another one than we do."""


def ending(call: Call, sender: Sender) -> Ending | LinkKeyChange | None:
    """Why it ends here; None for what passes on, known or not (R13).

    A LinkKeyChange: the backend changes a configuration key of its link with us.
    """
    if sender is Sender.WALLBOX:
        return Ending.SIGNING if call.action == "SignCertificate" else None
    if names_several_keys(call):
        return Ending.SEVERAL_KEYS
    change = link_key_change(call)
    if change is not None:
        return change
    is_links = certificate_matter(call) is CertificateMatter.LINK
    return Ending.LINK_CERTIFICATE if is_links else None


def wait_s(call: Call, sender: Sender) -> float:
    """For how many s the answer is waited for."""
    rule: Rule | None = rule_for(call.action, sender)
    return RELAY_WAIT_S if rule is None else max(rule.timeout_s, RELAY_WAIT_S)
