from datetime import UTC, datetime

from wattgate.core.security.certificates import CertificateFacts

FACTS = CertificateFacts(
    subject="CN=CP1",
    common_name="CP1",
    issuer="CN=Garage",
    names=(),
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2027, 1, 1, tzinfo=UTC),
    serial_number="1f",
    fingerprint="0123456789abcdef" * 4,
    key="ECDSA P-256",
    version=3,
    is_authority=False,
    is_self_signed=False,
)


def test_a_certificate_is_called_by_the_beginning_of_its_fingerprint() -> None:
    assert FACTS.id == "0123456789abcdef"
