"""Certificates as the API shows them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from wattgate.adapters.web.certificate_dto import (
    Authority,
    CertificateDetails,
    HeldCertificate,
    IssuedCertificate,
)
from wattgate.core.security.certificates import CertificateFacts, Held, IssuedEntry
from wattgate.core.security.endings import AUTHORITY, Stock, endings
from wattgate.core.security.expiry import days_left


class Presenter:
    """Shows certificates at one moment, each with the warning about its end that holds then."""

    def __init__(self, stock: Stock, now: datetime) -> None:
        self._now = now
        self._warnings = {
            (each.place, each.facts.fingerprint): said
            for each in endings(stock)
            if (said := each.warning(now)) is not None
        }

    def held(self, set_name: str, held: Iterable[Held]) -> tuple[HeldCertificate, ...]:
        """Certificates of a set."""
        return tuple(
            HeldCertificate(
                **self._facts(each.facts),
                role=each.role,
                origin=each.origin,
                chain=tuple(CertificateDetails(**self._facts(link)) for link in each.chain),
                warning=self._warnings.get((set_name, each.facts.fingerprint)),
            )
            for each in held
        )

    def issued(self, entry: IssuedEntry) -> IssuedCertificate:
        """One that the authority has signed."""
        return IssuedCertificate(
            **self._facts(entry.facts),
            purpose=entry.purpose,
            is_revoked=entry.is_revoked,
            warning=self._warnings.get((AUTHORITY, entry.facts.fingerprint)),
        )

    def authority(self, facts: CertificateFacts | None) -> Authority:
        """The authority that is built in."""
        if facts is None:
            return Authority(None, None)
        shown = CertificateDetails(**self._facts(facts))
        return Authority(shown, self._warnings.get((AUTHORITY, facts.fingerprint)))

    def _facts(self, facts: CertificateFacts) -> dict[str, Any]:
        return {
            "id": facts.id,
            "subject": facts.subject,
            "common_name": facts.common_name,
            "issuer": facts.issuer,
            "names": facts.names,
            "not_before": facts.not_before,
            "not_after": facts.not_after,
            "days_left": days_left(facts.not_after, self._now),
            "serial_number": facts.serial_number,
            "fingerprint": as_openssl_prints(facts.fingerprint),
            "key": facts.key,
            "version": facts.version,
            "is_authority": facts.is_authority,
            "is_self_signed": facts.is_self_signed,
        }


def as_openssl_prints(fingerprint: str) -> str:
    """Hexadecimal digits as `openssl x509 -fingerprint` prints them: `AA:BB:…`."""
    digits = fingerprint.upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
