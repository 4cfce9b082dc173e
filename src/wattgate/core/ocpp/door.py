"""Deciding on a wallbox that wants to connect, in view of what its host has tried before (S3)."""

from collections.abc import Sequence
from typing import Final, assert_never

from wattgate.core.ocpp.handshake import (
    OCPP16,
    Admission,
    Admitted,
    Directory,
    EmptyUpgrade,
    HandshakeRequest,
    Proof,
    Refused,
    admit,
    identity_from_target,
)
from wattgate.core.security.guesses import Guesses

_UNHEARD: Final = (
    "Too many wrong passwords came from this address; it is heard again in {wait_s} s. "
    "Wallboxes that came in from there before are not held up."
)
_TOO_MANY: Final = "{reason} Too many wrong ones came for it lately; try again in {wait_s} s."


class Door:
    """Admits as `core.ocpp.handshake.admit` does, and refuses those who guess passwords.

    Who shows a certificate that TLS has verified does not guess; who sends no password neither.
    """

    def __init__(self) -> None:
        self._guesses = Guesses()

    def admit(
        self,
        request: HandshakeRequest,
        directory: Directory,
        now: float,
        supported: Sequence[str] = (OCPP16,),
    ) -> Admission:
        """Decide on it; `now` is monotonic, in s."""
        host, claimed_id = host_in(request.peer_address), identity_from_target(request.target)
        name = claimed_id or ""
        may_guess = request.authorization is not None and request.certificate is None
        wait_s = self._guesses.wait_s(host, name, now) if may_guess else 0
        if wait_s:
            return Refused(429, _UNHEARD.format(wait_s=wait_s), claimed_id, wait_s)
        admission = admit(request, directory, supported)
        match admission:
            case Refused(401, reason) if request.authorization is not None:
                wait_s = self._guesses.wrong(host, name, request.authorization, now)
                if wait_s:
                    said = _TOO_MANY.format(reason=reason, wait_s=wait_s)
                    return Refused(429, said, claimed_id, wait_s)
            case Admitted(proof=proof) if proof is not Proof.NONE:
                self._guesses.right(host, name)
            case Admitted() | Refused() | EmptyUpgrade():
                pass
            case _:
                assert_never(admission)
        return admission


def host_in(peer_address: str) -> str:
    """The host of `192.0.2.7:49152` or `[2001:db8::7]:49152`."""
    return peer_address.rpartition(":")[0].strip("[]")
