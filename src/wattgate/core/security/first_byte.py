"""Telling TLS from plain HTTP by the first bytes a client sends (R31, P6)."""

from enum import Enum
from typing import Final

_HANDSHAKE_RECORD: Final = 0x16
_LEGACY_MAJOR_VERSION: Final = 0x03


class Opening(Enum):
    """What the first bytes of a connection look like."""

    TLS = "tls"
    PLAIN = "plain"
    NEED_MORE = "need more"


def classify(prefix: bytes) -> Opening:
    """Look at the first bytes; two always suffice, often one.

    A TLS client begins with a handshake record (0x16) whose legacy version starts with 0x03
    (RFC 8446 §5.1); an HTTP request begins with a letter.
    """
    if not prefix:
        return Opening.NEED_MORE
    if prefix[0] != _HANDSHAKE_RECORD:
        return Opening.PLAIN
    if len(prefix) < 2:
        return Opening.NEED_MORE
    return Opening.TLS if prefix[1] == _LEGACY_MAJOR_VERSION else Opening.PLAIN
