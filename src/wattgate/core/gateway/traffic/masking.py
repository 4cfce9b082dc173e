"""Hides what nobody may read in a recorded message, and leaves every other character alone.

Hidden are the values of secret configuration keys, `data` of DataTransfer, `techInfo` of security
events, what stands for a user in a URL, private keys, and, where the site wants it, cards (R121).
A text is masked before it is kept, never when it is shown.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hmac import digest as keyed_digest
from json.encoder import encode_basestring_ascii
from typing import Final, NamedTuple

import msgspec

from wattgate.core.files.rewriting import TOKEN, UNDER
from wattgate.core.gateway.policy import POLICY
from wattgate.core.gateway.traffic.first_look import is_suspicious, parts_around
from wattgate.core.gateway.traffic.secret_words import is_secret_key, is_secret_member
from wattgate.core.ocpp.splice import read_scalar

MASKED: Final = "(masked"
"""How every text begins that stands for something hidden, but for a card and a URL."""

CARD: Final = "card-"
"""How what stands for a card begins."""

_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Mask:
    """How to hide. `salt` is new with every start: what was hidden cannot be found by trying.

    The same secret or card gives the same text while the salt is the same.
    """

    salt: bytes = field(repr=False)
    hide_cards: bool = False


def masked_call(action: str, payload_text: str, mask: Mask) -> str:
    """The payload of a CALL without its secrets; a JSON object as `frames.decode` accepts it."""
    if is_public(action, payload_text):
        return _masked(payload_text, mask, _NOTHING)
    return _masked(payload_text, mask, _opaque_in(action))


def masked_answer(action: str | None, payload_text: str, mask: Mask, *, public: bool) -> str:
    """The payload of an answer without its secrets.

    `action` and `public` are those of its CALL; None where nobody knows which that was.
    """
    if action is None:
        return _masked(payload_text, mask, _EVERYTHING_OPAQUE)
    return _masked(payload_text, mask, _NOTHING if public else _opaque_in(action))


def is_public(action: str, payload_text: str) -> bool:
    """Whether it is vendor data that everybody may read: the announcement of a meter (R114)."""
    return (
        action == "DataTransfer"
        and _ANNOUNCEMENT in payload_text
        and read_scalar(payload_text, ("vendorId",)) == "generalConfiguration"
        and read_scalar(payload_text, ("messageId",)) == _ANNOUNCEMENT
    )


def card_alias(id_tag: str, mask: Mask) -> str:
    """What stands for a card: 17 characters, so that it fits where an idTag does (OCPP 1.6 §7)."""
    folded = id_tag.casefold().encode("utf-8", "surrogatepass")
    return f"{CARD}{keyed_digest(mask.salt, folded, 'sha256').hex()[:_DIGITS]}"


_ANNOUNCEMENT: Final = "setMeterConfiguration"
_NOTHING: Final[frozenset[str]] = frozenset()
_OPAQUE: Final = {
    "DataTransfer": frozenset({"data"}),
    "SecurityEventNotification": frozenset({"techinfo"}),
}
"""Members of the payload that are hidden whatever they hold, by action; folded."""

_EVERYTHING_OPAQUE: Final[frozenset[str]] = frozenset().union(*_OPAQUE.values())


def _opaque_in(action: str) -> frozenset[str]:
    """What is hidden in a message; one that OCPP 1.6 does not know is vendor data, too."""
    return _OPAQUE.get(action, _NOTHING if action in POLICY else _EVERYTHING_OPAQUE)


_CARDS: Final = frozenset({"idtag", "parentidtag"})


def _masked(text: str, mask: Mask, opaque: frozenset[str]) -> str:
    """Walk through it only where a look at it does not say what is to be hidden."""
    cards = _CARDS if mask.hide_cards else _NOTHING
    parts = parts_around(text, opaque) if opaque else None
    if parts is not None and not is_suspicious(parts.head + parts.tail, cards):
        return f"{parts.head}{_words(parts.value, _comparable)}{parts.tail}"
    return _walked(text, mask, opaque) if is_suspicious(text, opaque | cards) else text


def _walked(text: str, mask: Mask, opaque: frozenset[str]) -> str:
    edits = sorted(_Walk(text, mask, opaque).edits(), key=lambda edit: (edit.start, -edit.end))
    pieces: list[str] = []
    done = 0
    for edit in edits:
        if edit.start >= done:  # what lies within another one is hidden with it
            pieces += text[done : edit.start], edit.json_text
            done = edit.end
    return "".join(pieces) + text[done:]


class _Edit(NamedTuple):
    start: int
    end: int
    json_text: str


class _Box:
    """An object or array that is being walked through."""

    __slots__ = ("has_names", "is_secret", "name", "start", "values")

    def __init__(self, start: int, *, has_names: bool) -> None:
        self.start = start
        self.has_names = has_names
        self.name: str | None = None
        self.is_secret = False
        self.values: list[tuple[int, int]] = []


_read: Final[Callable[[str], str]] = msgspec.json.Decoder(str).decode
_quoted: Final = encode_basestring_ascii
_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|[^\s{}\[\]",:]+')
_BEHIND_SLASHES: Final = re.compile(r"(?<=//)\S+")
_PRIVATE_KEY: Final = "PRIVATE KEY-----"


class _Walk:
    """One pass through a payload; what it finds to hide."""

    def __init__(self, text: str, mask: Mask, opaque: frozenset[str]) -> None:
        self._text = text
        self._mask = mask
        self._opaque = opaque
        self._boxes: list[_Box] = []
        self._found: list[_Edit] = []

    def edits(self) -> list[_Edit]:
        """Everything to hide, inner ones and those around them."""
        text, boxes = self._text, self._boxes
        for token in _TOKEN.finditer(text):
            start, end = token.span()
            mark = text[start]
            if mark in "{[":
                boxes.append(_Box(start, has_names=mark == "{"))
            elif mark in "}]":
                self._close(boxes.pop(), end)
            elif boxes[-1].has_names and boxes[-1].name is None:
                boxes[-1].name = _string(text[start:end]).casefold()
            else:
                self._value(start, end)
        return self._found

    def _close(self, box: _Box, end: int) -> None:
        if box.is_secret:
            for span in box.values:
                self._hide(*span)
        if self._boxes:
            self._value(box.start, end)

    def _value(self, start: int, end: int) -> None:
        box = self._boxes[-1]
        name, box.name = box.name, None
        if name is not None and len(self._boxes) == 1 and name in self._opaque:
            self._hide(start, end, _comparable)
            return
        if name is not None and is_secret_member(name):
            self._hide(start, end)
            return
        if name == "value":
            box.values.append((start, end))
        if self._text[start] == '"':
            self._string(box, name, start, end)

    def _string(self, box: _Box, name: str | None, start: int, end: int) -> None:
        raw = self._text[start:end]
        if name == "key":
            box.is_secret = box.is_secret or is_secret_key(_string(raw))
        elif name in _CARDS and self._mask.hide_cards:
            alias = _quoted(card_alias(_string(raw), self._mask))
            self._found.append(_Edit(start, end, alias))
        elif "//" in raw or "\\" in raw or _PRIVATE_KEY in raw:
            self._look_into(start, end, _string(raw))

    def _look_into(self, start: int, end: int, value: str) -> None:
        if _PRIVATE_KEY in value:
            self._hide(start, end)
        elif "//" in value:
            shown = _BEHIND_SLASHES.sub(lambda found: _shown_of_url(found[0]), value)
            if shown != value:
                self._found.append(_Edit(start, end, _quoted(shown)))

    def _hide(self, start: int, end: int, digest: "Digest | None" = None) -> None:
        raw = self._text[start:end]
        value = _string(raw) if raw[0] == '"' else raw
        self._found.append(_Edit(start, end, _words(value, digest or self._keyed)))

    def _keyed(self, content: bytes) -> str:
        """The digest of something that could be guessed."""
        return keyed_digest(self._mask.salt, content, "sha256").hex()


Digest = Callable[[bytes], str]


def _words(value: str, digest: Digest) -> str:
    """What stands for a value: a JSON string."""
    return f'"{MASKED}: {len(value)} characters, sha256 {digest(value.encode())[:_DIGITS]})"'


def _comparable(content: bytes) -> str:
    """The plain digest of vendor data, so that the other end can say whether it sent the same."""
    return hashlib.sha256(content).hexdigest()


def _string(raw: str) -> str:
    if "\\" not in raw:
        return raw[1:-1]
    try:
        return _read(raw)
    except msgspec.DecodeError:  # half a surrogate pair is no character
        return raw[1:-1]


def _shown_of_url(rest: str) -> str:
    """What may be read of a URL behind its scheme: no user, no query, no token of a file of ours.

    An @ behind the first question mark may belong to a password with a question mark in it.
    """
    place, *query = _QUERY_MARK.split(rest, maxsplit=1)
    if any("@" in part for part in query):
        return _HIDDEN
    _, at, host = place.rpartition("@")
    host = _FILE_TOKEN.sub(_HIDDEN, host)
    return "".join([f"{_HIDDEN}{at}" if at else "", host, *(f"?{_HIDDEN}" for _ in query)])


_HIDDEN: Final = "(masked)"
_QUERY_MARK: Final = re.compile(r"[?#]")
_FILE_TOKEN: Final = re.compile(f"(?<={re.escape(UNDER)}){TOKEN.pattern}", re.ASCII)
"""Whoever knows it may fetch or bring a file for a wallbox (R87)."""
