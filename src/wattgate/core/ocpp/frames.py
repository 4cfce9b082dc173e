"""OCPP-J frames (OCPP-J 1.6 §4.2): the three message types, payload text kept verbatim."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Final, assert_never

import msgspec

from wattgate.core.ocpp.codes import ErrorCode

MAX_UNIQUE_ID_CHARS: Final = 255
"""36 by the specification (OCPP-J 1.6 §4.1.4); more is accepted, an unbounded id is not."""

MAX_DESCRIPTION_CHARS: Final = 255
"""Of a CALLERROR's errorDescription (OCPP-J 2.0.1 part 4 §4.2.3); 1.6 names no length."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    `payload_text` is the payload exactly as received, so that signed meter data can be
    forwarded without re-encoding (R17); `frame_text` the whole message, empty for one of ours.
    """

    unique_id: str
    action: str
    payload_text: str
    frame_text: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CallResult:
    """The answer to a request; `payload_text` exactly as received."""

    unique_id: str
    payload_text: str


@dataclass(frozen=True, slots=True)
class CallError:
    """The refusal of a request; `code` as spelled by the peer (R10)."""

    unique_id: str
    code: str
    description: str
    details_text: str = "{}"


Frame = Call | CallResult | CallError


@dataclass(frozen=True, slots=True)
class Junk:
    """A text that is no frame.

    `reply` is the CALLERROR that OCPP 1.6 wants: given when the text was meant as a CALL and its
    id could be read, None otherwise (R3, R11, R12).
    """

    reason: str
    reply: CallError | None


def decode(text: str) -> Frame | Junk:
    """Read one message of a peer; what is no frame is `Junk`, never an exception.

    A payload of null, or the null or "" that some wallboxes send for the details of a CALLERROR,
    becomes `{}` (R1). Every other payload keeps the characters it came with (R17).
    """
    try:
        elements = _split(text)
        read = _READERS.get(bytes(elements[0])) if elements else None
        if read is None:
            return Junk("the message type is none of 2, 3, 4", None)
        return read(elements, text)
    except msgspec.ValidationError:
        return Junk("the message is not a JSON array", None)
    except (ValueError, RecursionError) as error:  # broken JSON, half a surrogate pair, too deep
        return _refusal(_id_of_broken_call(text), f"the message is not valid JSON: {error}")


def encode(frame: Frame) -> str:
    """The frame as it goes over the wire; payload and details are inserted as they are.

    The description of an error may quote what a peer sent, and is cut to what a peer has to read.
    """
    unique_id = _quoted(frame.unique_id)
    match frame:
        case Call():
            return f"[2,{unique_id},{_quoted(frame.action)},{frame.payload_text}]"
        case CallResult():
            return f"[3,{unique_id},{frame.payload_text}]"
        case CallError():
            code = _quoted(frame.code)
            description = _quoted(frame.description[:MAX_DESCRIPTION_CHARS])
            return f"[4,{unique_id},{code},{description},{frame.details_text}]"
        case _:
            assert_never(frame)


_quoted: Final = encode_basestring_ascii
_split: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_string: Final = msgspec.json.Decoder(str).decode
_BROKEN_CALL: Final = re.compile(
    rf'\s*\[\s*2\s*,\s*"([^"\\\x00-\x1f\ud800-\udfff]{{1,{MAX_UNIQUE_ID_CHARS}}})"'
)


def _id_of_broken_call(text: str) -> str | None:
    found = _BROKEN_CALL.match(text)
    return found[1] if found else None


def _refusal(unique_id: str | None, reason: str) -> Junk:
    if unique_id is None:
        return Junk(reason, None)
    return Junk(reason, CallError(unique_id, ErrorCode.FORMATION_VIOLATION, reason))


def _string(element: msgspec.Raw) -> str | None:
    try:
        return _read_string(element)
    except msgspec.ValidationError:
        return None


def _unique_id(elements: list[msgspec.Raw]) -> str | None:
    unique_id = _string(elements[1]) if len(elements) > 1 else None
    return unique_id if unique_id and len(unique_id) <= MAX_UNIQUE_ID_CHARS else None


def _object(element: msgspec.Raw) -> str | None:
    text = str(element, "utf-8")
    if text[0] == "{":
        return text
    return "{}" if text == "null" else None


def _read_call(elements: list[msgspec.Raw], text: str) -> Call | Junk:
    unique_id = _unique_id(elements)
    if unique_id is None:
        return Junk("the CALL has no usable id", None)
    if len(elements) != 4:
        return _refusal(unique_id, f"a CALL has 4 elements, this one has {len(elements)}")
    action = _string(elements[2])
    if not action:
        return _refusal(unique_id, "the action of the CALL is not a name")
    payload_text = _object(elements[3])
    if payload_text is None:
        return _refusal(unique_id, "the payload of the CALL is not a JSON object")
    return Call(unique_id, action, payload_text, text)


def _read_result(elements: list[msgspec.Raw], _text: str) -> CallResult | Junk:
    unique_id = _unique_id(elements)
    payload_text = _object(elements[2]) if len(elements) == 3 else None
    if unique_id is None or payload_text is None:
        return Junk("the CALLRESULT is not made of an id and a JSON object", None)
    return CallResult(unique_id, payload_text)


def _read_error(elements: list[msgspec.Raw], _text: str) -> CallError | Junk:
    unique_id = _unique_id(elements)
    code = _string(elements[2]) if 3 <= len(elements) <= 5 else None
    if unique_id is None or code is None:
        return Junk("the CALLERROR is not made of an id, a code, a description and details", None)
    description = _string(elements[3]) if len(elements) > 3 else None
    details_text = _object(elements[4]) if len(elements) > 4 else None
    return CallError(unique_id, code, description or "", details_text or "{}")


_READERS: Final[dict[bytes, Callable[[list[msgspec.Raw], str], Frame | Junk]]] = {
    b"2": _read_call,
    b"3": _read_result,
    b"4": _read_error,
}
