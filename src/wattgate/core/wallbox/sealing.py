"""Text that gives damage away: a layout, a digest, a content."""

from hashlib import sha256

import msgspec


class Damaged(Exception):  # noqa: N818 - says what the text is
    """The text is not what was kept; the message is for a person."""


class Newer(Damaged):
    """It was kept by a later version of this program, and is nothing to be written over."""


class Envelope(msgspec.Struct, frozen=True):
    """A layout, and a digest of its content that damage would give away."""

    format: int
    digest: str
    content: msgspec.Raw


def sealed(content: object, layout: int) -> str:
    """Write a content as text that `opened` can check."""
    raw = msgspec.json.encode(content)
    return msgspec.json.encode(Envelope(layout, _digest(raw), msgspec.Raw(raw))).decode()


def opened(text: str, layout: int) -> bytes:
    """The content of a sealed text.

    Raises:
        Newer: it was sealed in a later layout.
        Damaged: it was sealed by nobody, in another layout, or has changed since.
    """
    try:
        envelope = msgspec.json.decode(text.encode(), type=Envelope)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Damaged(f"what was kept cannot be read: {error}") from error
    if envelope.format != layout:
        kind = Newer if envelope.format > layout else Damaged
        raise kind(f"what was kept has layout {envelope.format}, known here is {layout}")
    raw = bytes(envelope.content)
    if _digest(raw) != envelope.digest:
        raise Damaged("what was kept has been changed since")
    return raw


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()
