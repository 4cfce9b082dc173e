"""Certificates as facts, without any bytes behind them."""

import hashlib
from datetime import UTC, datetime, timedelta

from wattgate.core.security.certificates import CertificateFacts

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def facts(
    common_name: str = "CP1", days: float = 400, *, is_authority: bool = False, number: int = 1
) -> CertificateFacts:
    """A certificate that is valid for so many days from `NOW` on."""
    return CertificateFacts(
        subject=f"CN={common_name}",
        common_name=common_name,
        issuer="CN=Root",
        names=(),
        not_before=NOW - timedelta(days=400),
        not_after=NOW + timedelta(days=days),
        serial_number=f"{number:x}",
        fingerprint=hashlib.sha256(f"{common_name} {days} {number}".encode()).hexdigest(),
        key="ECDSA P-256",
        version=3,
        is_authority=is_authority,
        is_self_signed=False,
    )
