"""What is kept of a frame's text: secrets masked, long ones cut, all else as it was."""

from typing import Final, NamedTuple

from wattgate.core.gateway.traffic.masking import (
    MASKED,
    Mask,
    is_public,
    masked_answer,
    masked_call,
)
from wattgate.core.gateway.traffic.traffic import MAX_CHARS
from wattgate.core.ocpp.frames import Call, CallError, CallResult, Frame, encode

CUT: Final = "(cut"
"""How the text begins that stands for the payload of a frame that was too long."""


class Shown(NamedTuple):
    """What is kept of one frame.

    `payload_text` is that part of it, `chars` how long the frame was. `action` and `public` concern
    the CALL that it is or answers. Where `is_hidden`, something in it may not be read, and a
    refusal might repeat that.
    """

    text: str
    chars: int
    payload_text: str = ""
    action: str | None = None
    public: bool = False
    is_hidden: bool = False


def shown_call(call: Call, text: str, mask: Mask) -> Shown:
    """What is kept of a CALL."""
    public = is_public(call.action, call.payload_text)
    if len(text) > MAX_CHARS:
        payload_text = _cut(text)
        shown_text = encode(Call(call.unique_id, call.action, payload_text))
    else:
        payload_text = masked_call(call.action, call.payload_text, mask)
        shown_text = _spliced(text, call.payload_text, payload_text)
    is_hidden = payload_text != call.payload_text
    return Shown(shown_text, len(text), payload_text, call.action, public, is_hidden)


def shown_answer(
    answer: CallResult | CallError, text: str, mask: Mask, call: Shown | None
) -> Shown:
    """What is kept of an answer; `call` is what was kept of its CALL, None for an unknown one."""
    action = call.action if call is not None else None
    if isinstance(answer, CallError):
        return Shown(_refusal(answer, text, mask, call), len(text), action=action)
    if len(text) > MAX_CHARS:
        payload_text = _cut(text)
        shown_text = encode(CallResult(answer.unique_id, payload_text))
    else:
        public = call is not None and call.public
        payload_text = masked_answer(action, answer.payload_text, mask, public=public)
        shown_text = _spliced(text, answer.payload_text, payload_text)
    is_hidden = payload_text != answer.payload_text
    return Shown(shown_text, len(text), payload_text, action, is_hidden=is_hidden)


def shown_again(before: Shown, frame: Call | CallResult, text: str) -> Shown:
    """What is kept of another frame with the same payload, which is not masked anew."""
    shown_text = text
    if len(text) > MAX_CHARS:
        shown_text = encode(_with_payload(frame, _cut(text)))
    elif before.is_hidden:
        shown_text = _spliced(text, frame.payload_text, before.payload_text)
    return Shown(
        shown_text, len(text), before.payload_text, before.action, before.public, before.is_hidden
    )


def shown_junk(text: str) -> Shown:
    """What is kept of a text that is no frame: that it came; nobody knows what is secret in it."""
    return Shown(f'"(no frame: {len(text)} characters, not kept)"', len(text))


def _refusal(answer: CallError, text: str, mask: Mask, call: Shown | None) -> str:
    """A refusal repeats now and then what it refuses."""
    repeats = call is None or call.is_hidden or (call.action == "DataTransfer" and not call.public)
    if not repeats and len(text) <= MAX_CHARS:
        details_text = masked_answer(None, answer.details_text, mask, public=False)
        return _spliced(text, answer.details_text, details_text)
    chars = len(answer.description) + len(answer.details_text)
    words = f"{MASKED}: {chars} characters)"
    return encode(CallError(answer.unique_id, answer.code[:50], words))


def _with_payload(frame: Call | CallResult, payload_text: str) -> Frame:
    if isinstance(frame, Call):
        return Call(frame.unique_id, frame.action, payload_text)
    return CallResult(frame.unique_id, payload_text)


def _cut(text: str) -> str:
    return f'"{CUT}: the frame had {len(text)} characters)"'


def _spliced(text: str, before: str, after: str) -> str:
    """The frame with another payload; the payload is the last thing in it."""
    if before == after:
        return text
    start = text.rindex(before)
    return text[:start] + after + text[start + len(before) :]
