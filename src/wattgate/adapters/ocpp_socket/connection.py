"""One open OCPP-J socket on picows: what the library passes through is checked here.

picows checks opcodes, masks, control frames and the length of a single frame; reserved bits,
fragments and UTF-8 are left to its user.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from wattgate.adapters.ocpp_socket.fragments import CloseCode, Fragments, Violation
from wattgate.adapters.ocpp_socket.pulse import KeepAlive, Pulse, silent_for_s
from wattgate.adapters.ocpp_socket.resets import ResetWatch, is_reset
from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import Receiver

MAX_UNSENT_BYTES: Final = 32 * 2**20
"""A peer that leaves more than this unread is cut off, so that it cannot eat the memory."""

CLOSE_TIMEOUT_S: Final = 5.0
"""How long a peer may take to answer a close frame."""

_MAX_REASON_BYTES: Final = 123
"""RFC 6455 §5.5: a control frame carries 125 bytes, two of them the close code."""

_TEXT: Final = WSMsgType.TEXT
_CONTINUATION: Final = WSMsgType.CONTINUATION
_BINARY: Final = WSMsgType.BINARY
_PING: Final = WSMsgType.PING
_CLOSE: Final = WSMsgType.CLOSE


def _fitting(reason: str) -> bytes:
    cut = reason.encode("utf-8", "replace")[:_MAX_REASON_BYTES]
    return cut.decode("utf-8", "ignore").encode()


def _close_told(payload: bytes) -> tuple[int, str]:
    if len(payload) < 2:
        return CloseCode.NO_STATUS, ""
    return int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace")


def _echo_of(code: int) -> int:
    """Choose the code that answers a close: its own, unless that must not be sent (§7.4.1)."""
    if code == CloseCode.NO_STATUS:
        return CloseCode.NORMAL
    may_be_sent = code >= 1000 and code not in {1004, 1005, 1006, 1015}
    return code if may_be_sent else CloseCode.PROTOCOL_ERROR


class Connection(WSListener):
    """A Link for its receiver, a listener for picows.

    `ended` is called once, after the receiver's `closed`.
    """

    __slots__ = (
        "_ended",
        "_fragments",
        "_give_up",
        "_loop",
        "_outcome",
        "_pulse",
        "_receiver",
        "_resets",
        "_transport",
        "_unsent",
        "peer_address",
        "security",
    )

    def __init__(
        self,
        peer_address: str,
        receiver: Receiver,
        *,
        security: LinkSecurity = LinkSecurity.PLAIN,
        keepalive: KeepAlive | None,
        max_message_bytes: int,
        ended: Callable[["Connection"], None],
    ) -> None:
        super().__init__()
        self.peer_address = peer_address
        self.security = security
        self._receiver = receiver
        self._fragments = Fragments(max_message_bytes)
        self._ended = ended
        self._transport: WSTransport
        self._loop: asyncio.AbstractEventLoop
        self._unsent: list[str] = []
        self._outcome: tuple[int, str] | None = None
        self._give_up: asyncio.TimerHandle | None = None
        self._pulse = Pulse(
            keepalive, ping=self._ping, silent_for_s=self._silent_for_s, gone=self._peer_is_gone
        )
        self._resets = ResetWatch(is_reset=self._is_reset, gone=self._was_reset)

    # Link

    def send(self, text: str) -> None:
        """Send one text message; on a closed link this does nothing.

        It is written at the end of the loop's turn, after all messages that have come in were
        handled: a system call between one and the next makes each of them dearer, together by a
        quarter of a relayed message (bench/relay).
        """
        if self._outcome is None:
            if not self._unsent:
                self._loop.call_soon(self._write)
            self._unsent.append(text)

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake (RFC 6455 §7.4.1 codes); safe to repeat."""
        if self._outcome is None:
            self._begin_closing((code, reason), code, reason)

    def abort(self) -> None:
        """End without waiting for anything; what is unsent is lost."""
        self._transport.disconnect(graceful=False)

    # picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Tell the receiver, first of all."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()  # kept, since asking is a system call, too
        transport.underlying_transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        self._pulse.start()
        self._resets.start()
        self._receiver.opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Check a frame; pass a complete text on."""
        self._pulse.heard = True
        if self._outcome is not None or transport.is_close_frame_sent:
            self._ignore(transport, frame)
            return
        try:
            text = self._text_of(frame)
        except Violation as violation:
            self.close(violation.code, violation.reason)
            return
        if text is not None:
            self._receiver.received(text)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Tell the receiver, last of all."""
        self._unsent.clear()
        if self._outcome is None:
            self._outcome = self._library_outcome(transport)
        self._pulse.stop()
        self._resets.stop()
        if self._give_up is not None:
            self._give_up.cancel()
        try:
            self._receiver.closed(*self._outcome)
        finally:
            self._ended(self)

    def pause_writing(self) -> None:
        """Cut off a peer that does not read: the limit of unsent bytes is passed."""
        if self._outcome is None:
            self._outcome = (CloseCode.TRY_AGAIN_LATER, "the peer does not read what it is sent")
        self._pulse.stop()
        # Not at once: this is called from inside a write.
        self._loop.call_soon(self.abort)

    def resume_writing(self) -> None:
        """Nothing: whoever was paused has been cut off."""

    # Frames

    def _text_of(self, frame: WSFrame) -> str | None:
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise Violation(CloseCode.PROTOCOL_ERROR, "reserved bit set, but no extension agreed")
        kind = frame.msg_type
        if kind is _TEXT and frame.fin and not self._fragments.is_open:
            try:
                return frame.get_payload_as_utf8_text()
            except UnicodeDecodeError:
                raise Violation(CloseCode.INVALID_TEXT, "text is not valid UTF-8") from None
        return self._rare(kind, frame)

    def _rare(self, kind: WSMsgType, frame: WSFrame) -> str | None:
        payload = frame.get_payload_as_bytes()
        if kind is _CONTINUATION:
            return self._fragments.go_on(payload, final=frame.fin)
        if kind is _TEXT:
            self._fragments.begin(payload)
        elif kind is _BINARY:
            raise Violation(CloseCode.UNSUPPORTED_DATA, "OCPP-J messages are text, not binary")
        elif kind is _PING:
            self._transport.send_pong(payload)
        elif kind is _CLOSE:
            told = _close_told(payload)
            self._begin_closing(told, _echo_of(told[0]), told[1])
            self._transport.disconnect()
        return None

    def _ignore(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is _CLOSE:
            transport.disconnect()

    def _write(self) -> None:
        unsent, self._unsent = self._unsent, []
        for text in unsent:
            if self._outcome is None:  # the first ones may have been too much
                self._transport.send(_TEXT, text)

    # Endings

    def _begin_closing(self, outcome: tuple[int, str], code: int, reason: str) -> None:
        self._write()
        self._outcome = outcome
        self._pulse.stop()
        self._transport.send_close(code, _fitting(reason))  # type: ignore[arg-type]  # any number will do
        self._give_up = self._loop.call_later(CLOSE_TIMEOUT_S, self.abort)

    def _peer_is_gone(self) -> None:
        if self._outcome is None:
            self._begin_closing((CloseCode.ABNORMAL, "no pong"), CloseCode.GOING_AWAY, "no pong")
            self.abort()

    def _was_reset(self) -> None:
        if self._outcome is None:
            self._outcome = (CloseCode.ABNORMAL, "connection reset")
        self.abort()

    def _library_outcome(self, transport: WSTransport) -> tuple[int, str]:
        handshake = transport.close_handshake
        if handshake is None or handshake.sent is None:
            return CloseCode.ABNORMAL, "connection lost"
        return cast(int, handshake.sent.code), handshake.sent.reason  # an IntEnum, in truth

    def _ping(self) -> None:
        self._transport.send_ping()

    def _silent_for_s(self) -> float:
        return silent_for_s(self._transport.underlying_transport.get_extra_info("socket"))

    def _is_reset(self) -> bool:
        return is_reset(self._transport.underlying_transport.get_extra_info("socket"))
