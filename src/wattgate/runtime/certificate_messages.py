"""The certificate messages of OCPP 1.6 at the charge point's end, over one set of certificates.

"Improved security for OCPP 1.6-J" A02 (a new certificate of one's own) and M03-M05 (roots). What
is answered with Accepted has been stored. A payload that does not fit its schema raises PeerError.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from wattgate.core.errors import ConfigError
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.v16._generated import (
    CertificateHashData,
    CertificateSignedRequest,
    DeleteCertificateRequest,
    GetInstalledCertificateIdsRequest,
    InstallCertificateRequest,
)
from wattgate.core.ocpp.validation import decode_payload
from wattgate.core.security.certificates import HashData, Held, Origin, Role
from wattgate.ports.certificates import Certificates, Material, PassphraseNeeded
from wattgate.ports.store import StoreFailed

MAX_INSTALLED: Final = 10
"""Authorities that a central system may install in one set (CertificateStoreMaxLength)."""

HASH_ALGORITHM: Final = "SHA256"
"""By which installed certificates are named."""

_OURS: Final = "CentralSystemRootCertificate"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer's status, and for people why; `held` is what was stored or removed."""

    status: str
    reason: str
    held: tuple[Held, ...] = field(default=())

    @property
    def is_accepted(self) -> bool:
        """Whether it was carried out."""
        return self.status == "Accepted"

    @property
    def payload_text(self) -> str:
        """The answer's payload."""
        return json.dumps({"status": self.status}, separators=(",", ":"))


class CertificateMessages:
    """Carries them out on one set."""

    def __init__(self, certificates: Certificates, set_name: str) -> None:
        self._certificates = certificates
        self._set = set_name

    def use(self, set_name: str) -> None:
        """Carry them out on another set from now on."""
        self._set = set_name

    @property
    def authorities(self) -> tuple[Held, ...]:
        """Who may vouch for the central system."""
        return tuple(h for h in self._certificates.held(self._set) if h.role is Role.AUTHORITY)

    async def install(self, call: Call) -> Said:
        """InstallCertificate: trust an authority."""
        request = decode_payload(call.payload_text, InstallCertificateRequest)
        if request.certificate_type != _OURS:
            return Said("Rejected", f"a {request.certificate_type} is of no use here")
        installed = [each for each in self.authorities if each.origin is Origin.INSTALLED]
        if len(installed) >= MAX_INSTALLED:
            return Said("Rejected", f"{MAX_INSTALLED} authorities are installed already")
        material = Material((request.certificate.encode(),))
        try:
            held = await self._certificates.import_authorities(
                self._set, material, Origin.INSTALLED
            )
        except (ConfigError, PassphraseNeeded) as unusable:
            return Said("Rejected", _words(unusable))
        except StoreFailed as failed:
            return Said("Failed", str(failed))
        names = ", ".join(each.facts.subject for each in held)
        return Said("Accepted", f"stored: {names}", held)

    def listed(self, call: Call) -> str:
        """GetInstalledCertificateIds: the answer's payload."""
        request = decode_payload(call.payload_text, GetInstalledCertificateIdsRequest)
        ids = [
            _wire(hash_data)
            for hash_data, _ in self._certificates.hash_data(self._set, HASH_ALGORITHM)
            if request.certificate_type == _OURS
        ]
        if not ids:
            return '{"status":"NotFound"}'
        return json.dumps({"status": "Accepted", "certificateHashData": ids}, separators=(",", ":"))

    async def delete(self, call: Call, objection: Callable[[Held], str | None]) -> Said:
        """DeleteCertificate: trust an authority no more, unless somebody objects."""
        request = decode_payload(call.payload_text, DeleteCertificateRequest)
        found = self._named(request.certificate_hash_data)
        if found is None:
            return Said("NotFound", "no such authority is installed")
        objecting = objection(found)
        if objecting is not None:
            return Said("Failed", objecting)
        try:
            await self._certificates.remove(self._set, found.facts.id)
        except StoreFailed as failed:
            return Said("Failed", str(failed))
        return Said("Accepted", f"removed: {found.facts.subject}", (found,))

    async def forget(self, held: Iterable[Held]) -> None:
        """Take back what was stored; raises StoreFailed."""
        for each in held:
            await self._certificates.remove(self._set, each.facts.id)

    async def request(self, common_name: str, organisation: str) -> str:
        """The payload of SignCertificate for a new key; raises StoreFailed and ConfigError."""
        csr = await self._certificates.begin_request(self._set, common_name, organisation)
        return json.dumps({"csr": csr}, separators=(",", ":"))

    async def signed(self, call: Call) -> Said:
        """CertificateSigned: from now on the new certificate identifies us."""
        request = decode_payload(call.payload_text, CertificateSignedRequest)
        try:
            held = await self._certificates.finish_request(self._set, request.certificate_chain)
        except (ConfigError, StoreFailed) as unusable:
            return Said("Rejected", _words(unusable))
        return Said("Accepted", f"stored: {held.facts.subject}", (held,))

    def _named(self, wanted: CertificateHashData) -> Held | None:
        by_name = {
            _comparable(hash_data): held
            for hash_data, held in self._certificates.hash_data(self._set, wanted.hash_algorithm)
        }
        return by_name.get(
            _comparable(
                HashData(
                    wanted.hash_algorithm,
                    wanted.issuer_name_hash,
                    wanted.issuer_key_hash,
                    wanted.serial_number,
                )
            )
        )


def _comparable(hash_data: HashData) -> tuple[str, str, str]:
    """Whoever writes them may pad serial numbers and like capital letters."""
    return (
        hash_data.issuer_name_hash.casefold(),
        hash_data.issuer_key_hash.casefold(),
        hash_data.serial_number.casefold().lstrip("0"),
    )


def _wire(hash_data: HashData) -> dict[str, str]:
    return {
        "hashAlgorithm": hash_data.algorithm,
        "issuerNameHash": hash_data.issuer_name_hash,
        "issuerKeyHash": hash_data.issuer_key_hash,
        "serialNumber": hash_data.serial_number,
    }


def _words(wrong: Exception) -> str:
    if isinstance(wrong, ConfigError):
        return "; ".join(problem.message for problem in wrong.problems)
    return str(wrong)
