"""A wallbox whose certificate can be checked only by its first boot notification (R35)."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from wattgate.core.ocpp.frames import Call, CallError, decode, encode
from wattgate.core.security.client_identity import boot_mismatch
from wattgate.core.station.serials import serial_numbers
from wattgate.ports.links import Link, Receiver

log = structlog.get_logger()

PATIENCE_S: Final = 120.0
"""s that it may take until it boots."""

MOST: Final = 8
"""How many may wait for their boot as the same wallbox; of more the one that came first leaves.

A genuine one boots within seconds; who keeps silent must not fill the memory.
"""

POLICY_VIOLATION: Final = 1008
"""WebSocket close code (RFC 6455 §7.4.1)."""

_BOOT: Final = "BootNotification"
_ASKED: Final = '{"requestedMessage":"BootNotification"}'
_FIRST: Final = "boot first: nothing is known yet that your certificate could be compared with"
_CROWDED: Final = (
    "The wallbox had not booted yet when others came with a certificate that may be its own."
)
_NEVER: Final = "The wallbox did not boot, so that its certificate could not be compared."


class Probation:
    """Receives in the wallbox's place until it has booted with the name in its certificate.

    Nothing that it says before counts: it takes no one's place, and is answered with CALLERROR.
    Whoever does not boot by itself is asked to. `passed` gives the receiver of everything from
    the boot notification on; `failed` is called with the reason when there is none.
    """

    def __init__(
        self,
        name: str,
        message_id: Callable[[], str],
        *,
        passed: Callable[[], Receiver],
        failed: Callable[[str], None],
    ) -> None:
        self._name = name
        self._message_id = message_id
        self._passed = passed
        self._failed = failed
        self._link: Link | None = None
        self._receiver: Receiver | None = None
        self._give_up: asyncio.TimerHandle | None = None
        self._was_asked = False
        self.is_over = False
        """Whether it has passed, failed, or gone."""

    def opened(self, link: Link) -> None:
        """Wait for its boot."""
        self._link = link
        if self.is_over:
            self._fail(_CROWDED)
            return
        loop = asyncio.get_running_loop()
        self._give_up = loop.call_later(PATIENCE_S, self._fail, _NEVER)

    def received(self, text: str) -> None:
        """Look for the boot notification."""
        if self._receiver is not None:
            self._receiver.received(text)
            return
        frame = decode(text)
        match frame:
            case Call(action=action, payload_text=payload_text) if action == _BOOT:
                self._judge(text, payload_text)
            case Call(unique_id):
                self._put_off(unique_id)
            case _:
                pass

    def closed(self, code: int, reason: str) -> None:
        """It is gone; nobody has seen it unless it had passed."""
        self._stop_waiting()
        self._link = None
        if self._receiver is not None:
            self._receiver.closed(code, reason)

    def give_way(self) -> None:
        """There are too many that wait."""
        self.is_over = True
        self._fail(_CROWDED)

    def _judge(self, text: str, payload_text: str) -> None:
        mismatch = boot_mismatch(self._name, serial_numbers(payload_text))
        if mismatch is not None or self._link is None:
            self._fail(mismatch or _NEVER)
            return
        self._stop_waiting()
        self._receiver = self._passed()
        self._receiver.opened(self._link)
        self._receiver.received(text)

    def _put_off(self, unique_id: str) -> None:
        if self._link is None:
            return
        self._link.send(encode(CallError(unique_id, "SecurityError", _FIRST)))
        if not self._was_asked:
            self._was_asked = True
            self._link.send(encode(Call(self._message_id(), "TriggerMessage", _ASKED)))

    def _fail(self, reason: str) -> None:
        self._stop_waiting()
        link, self._link = self._link, None
        if link is not None:
            link.close(POLICY_VIOLATION, reason)
            self._failed(reason)

    def _stop_waiting(self) -> None:
        self.is_over = True
        if self._give_up is not None:
            self._give_up.cancel()
            self._give_up = None
