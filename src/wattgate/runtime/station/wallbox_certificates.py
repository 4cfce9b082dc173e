"""A wallbox's certificates: we sign what it asks for, and tell it what a person wants (R36).

"Improved security for OCPP 1.6-J" A02 and A03 (certificates of the wallbox) and M03-M05 (its
roots), at the central system's end.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from wattgate.core.errors import ConfigError, PeerError
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.ocpp.v16._generated import (
    CertificateHashData,
    GetInstalledCertificateIdsResponse,
    SignCertificateRequest,
)
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.station.serials import serial_numbers
from wattgate.ports.certificates import Authority, Issued
from wattgate.runtime.ask import Ask, is_accepted
from wattgate.runtime.peer import NoAnswer, Outcome
from wattgate.runtime.station.station import Station

log = structlog.get_logger()

WALLBOX_DAYS: Final = 1095
"""For how many days a wallbox's certificate is good."""

SIGNED_PER_HOUR: Final = 5
"""More requests of one wallbox are refused: something is wrong with it."""

_HOUR_S: Final = 3600.0
_ROOT: Final = "CentralSystemRootCertificate"
_ACCEPTED: Final = '{"status":"Accepted"}'
_REJECTED: Final = '{"status":"Rejected"}'


@dataclass(frozen=True, slots=True)
class Told:
    """What came of telling the wallbox something; `said` is for people."""

    is_done: bool
    said: str


@dataclass(frozen=True, slots=True)
class Installed:
    """An authority that the wallbox trusts, as OCPP names it."""

    algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


class WallboxCertificates:
    """Of one wallbox. `others` are names, folded, that only other wallboxes may have."""

    def __init__(
        self, station: Station, authority: Authority, others: Callable[[], Collection[str]]
    ) -> None:
        self._station = station
        self._authority = authority
        self._others = others
        self._signed: deque[float] = deque(maxlen=SIGNED_PER_HOUR)
        self._signing = asyncio.Lock()

    # What the wallbox asks

    def asked_to_sign(self, ask: Ask) -> None:
        """SignCertificate: what is good gets its certificate after the answer (A02)."""
        self._station.in_background(ask, self._sign(ask))

    async def _sign(self, ask: Ask) -> None:
        request = decode_payload(ask.call.payload_text, SignCertificateRequest)
        try:
            async with self._signing:  # one after the other, or the limit would be none
                issued = await self._issue(request.csr)
        except ConfigError as wrong:
            self._refuse(ask, "; ".join(problem.message for problem in wrong.problems))
            return
        if isinstance(issued, str):
            self._refuse(ask, issued)
            return
        ask.answer(_ACCEPTED, "signed by the authority that is built in (R36)")
        payload = {"certificateChain": issued.certificate_pem}
        outcome = await self._tell("CertificateSigned", payload)
        note = log.info if is_accepted(outcome) else log.warning
        note(
            "certificate for a wallbox",
            station=self._station.station_id,
            certificate=issued.facts.id,
            subject=issued.facts.subject,
            answer=_words(outcome),
        )

    async def _issue(self, csr: str) -> Issued | str:
        """The certificate, or why there is none."""
        if self._authority.certificate() is None:
            return "there is no authority of ours; `wattgate cert ca` makes one"
        peer = self._station.presence.peer
        if peer is None or not peer.has_proved:
            # A certificate would be proof for years, of whoever has only known the id (S4).
            return "it has not proved who it is; it needs a password, or a certificate, for that"
        if self._is_revoked(peer.shown):
            return "the certificate with which it has come was revoked meanwhile"
        now = self._station.house.tools.clock.monotonic()
        if len(self._signed) == SIGNED_PER_HOUR and now - self._signed[0] < _HOUR_S:
            return f"it has had {SIGNED_PER_HOUR} certificates within an hour"
        names = self._names()
        issued = await self._authority.sign_client(csr.encode(), WALLBOX_DAYS, names)
        self._signed.append(now)
        return issued

    def _is_revoked(self, fingerprint: str) -> bool:
        """Connections stay when a certificate is revoked; they must not bring the next one."""
        issued = self._authority.issued()
        return any(each.is_revoked and each.facts.fingerprint == fingerprint for each in issued)

    def _names(self) -> tuple[str, ...]:
        """Its ChargeBox ID and serial numbers; never what names another wallbox."""
        others = self._others()
        serials = serial_numbers(self._station.presence.boot_text)
        own = [serial for serial in serials if serial.casefold() not in others]
        return tuple(dict.fromkeys((self._station.station_id, *own)))

    def _refuse(self, ask: Ask, reason: str) -> None:
        log.warning("certificate not signed", station=self._station.station_id, reason=reason)
        ask.answer(_REJECTED, f"{reason} (R36)")

    # What a person wants

    async def install_authority(self) -> Told:
        """Let the wallbox trust the authority that is built in, for its link with us."""
        pem = self._authority.certificate_pem()
        if pem is None:
            return Told(is_done=False, said="There is no authority of ours yet.")
        payload = {"certificateType": _ROOT, "certificate": pem}
        return _told(await self._tell("InstallCertificate", payload), "It trusts our authority.")

    async def request_certificate(self) -> Told:
        """Have it make a new key and ask us for a certificate (R40)."""
        payload = {"requestedMessage": "SignChargePointCertificate"}
        outcome = await self._tell("ExtendedTriggerMessage", payload)
        return _told(outcome, "It is going to ask for a certificate.")

    async def installed(self) -> tuple[Installed, ...] | Told:
        """Whom it trusts on its link with us."""
        outcome = await self._tell("GetInstalledCertificateIds", {"certificateType": _ROOT})
        if not isinstance(outcome, CallResult):
            return Told(is_done=False, said=_words(outcome))
        try:
            answer = decode_payload(outcome.payload_text, GetInstalledCertificateIdsResponse)
        except PeerError as unusable:
            return Told(is_done=False, said=f"The wallbox's answer is unusable: {unusable}.")
        return tuple(map(_installed, answer.certificate_hash_data or ()))

    async def delete(self, authority: Installed) -> Told:
        """Let it trust that one no more."""
        payload = {
            "certificateHashData": {
                "hashAlgorithm": authority.algorithm,
                "issuerNameHash": authority.issuer_name_hash,
                "issuerKeyHash": authority.issuer_key_hash,
                "serialNumber": authority.serial_number,
            }
        }
        return _told(await self._tell("DeleteCertificate", payload), "It trusts it no more.")

    async def _tell(self, action: str, payload: Mapping[str, object]) -> Outcome:
        peer = self._station.presence.peer
        if peer is None:
            return NoAnswer("the wallbox is not connected", was_sent=False)
        return await peer.call(action, json.dumps(payload, separators=(",", ":")))


def _installed(hash_data: CertificateHashData) -> Installed:
    return Installed(*msgspec.structs.astuple(hash_data))


def _told(outcome: Outcome, done: str) -> Told:
    if is_accepted(outcome):
        return Told(is_done=True, said=done)
    return Told(is_done=False, said=_words(outcome))


def _words(outcome: Outcome) -> str:
    match outcome:
        case CallResult(_, payload_text):
            return f"The wallbox answers {payload_text}."
        case CallError(_, code, description, _):
            return f"The wallbox refuses: {code} {description}".rstrip() + "."
        case NoAnswer(reason, _):
            return f"No answer: {reason}."
