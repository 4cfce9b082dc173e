"""Deciding on a wallbox that wants to connect, in view of what its host has tried before (S3)."""

from collections.abc import Sequence
from typing import Final, assert_never

from wattgate.core.ocpp.handshake import (
    OCPP16,
    Admission,
    Admitted,
    Directory,
    DirectoryEntry,
    EmptyUpgrade,
    HandshakeRequest,
    Proof,
    Refused,
    admit,
    identity_from_target,
)
from wattgate.core.security.client_identity import Holder, ItsOwn, judge
from wattgate.core.security.guesses import Guesses
from wattgate.core.site.choices import CertificateName

_UNHEARD: Final = (
    "Too many wrong passwords came from this address; it is heard again in {wait_s} s. "
    "Wallboxes that came in from there before are not held up."
)
_TOO_MANY: Final = "{reason} Too many wrong ones came for it lately; try again in {wait_s} s."


class Door:
    """Admits as `core.ocpp.handshake.admit` does, and refuses those who guess passwords.

    Nobody guesses who sends no password, who needs none, or whose certificate, which TLS has
    verified, is that of the very wallbox; another wallbox's allows no guess.
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
        may_guess = _may_guess(request, directory.find(name))
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


def _may_guess(request: HandshakeRequest, entry: DirectoryEntry | None) -> bool:
    if request.authorization is None or entry is None or not entry.password:
        return False
    shown = request.certificate
    if shown is None or shown.is_revoked or shown.is_expired:
        return True
    verdict = judge(shown.facts, entry.holder or Holder(entry.station_id, CertificateName.ID))
    return not (isinstance(verdict, ItsOwn) and verdict.name)  # where any name will do, it has none


def host_in(peer_address: str) -> str:
    """The host of `192.0.2.7:49152` or `[2001:db8::7]:49152`."""
    return peer_address.rpartition(":")[0].strip("[]")
