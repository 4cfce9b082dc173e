from datetime import UTC, datetime

import pytest

from wattgate.core.security.certificates import CertificateFacts
from wattgate.core.security.dial_faults import (
    Seen,
    TlsFault,
    Verdict,
    a_look_helps,
    broken_handshake,
    refused_certificate,
)

REFUSED = "the backend's certificate is not accepted: "


def facts(
    *, common_name: str = "", names: tuple[str, ...] = (), issuer: str = "CN=Root"
) -> CertificateFacts:
    return CertificateFacts(
        subject="CN=leaf",
        common_name=common_name,
        issuer=issuer,
        names=names,
        not_before=datetime(2026, 3, 1, 12, tzinfo=UTC),
        not_after=datetime(2027, 3, 1, 12, tzinfo=UTC),
        serial_number="1f",
        fingerprint="ab" * 32,
        key="ECDSA P-256",
        version=3,
        is_authority=False,
        is_self_signed=False,
    )


def seen(found: CertificateFacts | None = None) -> Seen:
    return Seen("TLSv1.1", "ECDHE-RSA-AES256-SHA", found)


@pytest.mark.parametrize(
    ("code", "look", "why"),
    [
        (10, seen(facts()), "it, or one of its chain, has expired: it is valid until 2027-03-01"),
        (10, seen(), "it, or one of its chain, has expired"),
        (10, None, "it, or one of its chain, has expired"),
        (
            9,
            seen(facts()),
            "it is not valid yet: it is valid from 2026-03-01 on (is our clock right?)",
        ),
        (9, None, "it is not valid yet (is our clock right?)"),
        (
            18,
            seen(facts()),
            "it is self-signed and not stored here, or has the same distinguished name"
            " as whoever signed it",
        ),
        (
            20,
            seen(facts()),
            "whoever signed it is not among the authorities that we trust: CN=Root",
        ),
        (
            19,
            seen(facts(issuer="")),
            "whoever signed it is not among the authorities that we trust: an issuer without a "
            "name",
        ),
        (21, None, "whoever signed it is not among the authorities that we trust"),
        (
            62,
            seen(facts(names=("a.example", "192.0.2.1"), common_name="c.example")),
            "it is not for b.example, but for a.example, 192.0.2.1",
        ),
        (
            64,
            seen(facts(common_name="c.example")),
            "it is not for b.example, but for c.example",
        ),
        (62, seen(facts()), "it is not for b.example: it has no name"),
        (62, None, "it is not for b.example"),
        (23, None, "it was revoked"),
        (26, None, "it is not for servers"),
        (34, None, "as OpenSSL says"),
    ],
)
def test_a_certificate_that_is_not_accepted_says_what_to_mend_s10(
    code: int, look: Seen | None, why: str
) -> None:
    verdict = refused_certificate(code, "as OpenSSL says", "b.example", look)
    assert verdict == Verdict(REFUSED + why, TlsFault.CERTIFICATE)


@pytest.mark.parametrize(
    ("reason", "look", "sentence", "fault"),
    [
        (
            "TLSV1_ALERT_PROTOCOL_VERSION",
            seen(),
            "the backend speaks no version of TLS that we do: it speaks TLSv1.1",
            TlsFault.VERSION,
        ),
        (
            "UNSUPPORTED_PROTOCOL",
            None,
            "the backend speaks no version of TLS that we do",
            TlsFault.VERSION,
        ),
        (
            "TLSV1_ALERT_INSUFFICIENT_SECURITY",
            None,
            "the backend speaks no cipher suite that we do",
            TlsFault.CIPHERS,
        ),
        (
            "SSLV3_ALERT_HANDSHAKE_FAILURE",
            seen(),
            "the backend speaks no cipher suite that we do: it speaks ECDHE-RSA-AES256-SHA with "
            "TLSv1.1",
            TlsFault.CIPHERS,
        ),
        (
            "SSLV3_ALERT_HANDSHAKE_FAILURE",
            None,
            "the backend refused the TLS handshake: it wants a client certificate, or speaks no "
            "cipher suite that we do",
            None,
        ),
        (
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            None,
            "the backend wants a client certificate, and we have none",
            None,
        ),
        (
            "TLSV1_ALERT_UNKNOWN_CA",
            None,
            "the backend refuses our certificate: it does not know who signed it",
            None,
        ),
        (
            "WRONG_VERSION_NUMBER",
            None,
            "no TLS at that port (should it be ws:// there?)",
            None,
        ),
        ("BAD_EXTENSION", None, "the TLS handshake failed: BAD_EXTENSION", None),
    ],
)
def test_a_handshake_that_failed_says_whose_fault_it_is(
    reason: str, look: Seen | None, sentence: str, fault: TlsFault | None
) -> None:
    assert broken_handshake(reason, look) == Verdict(sentence, fault)


@pytest.mark.parametrize(
    ("reason", "helps"),
    [
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", True),
        ("TLSV1_ALERT_PROTOCOL_VERSION", True),
        ("NO_CIPHERS_AVAILABLE", True),
        ("WRONG_VERSION_NUMBER", False),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", False),
    ],
)
def test_a_second_look_is_for_what_the_backend_speaks_only(reason: str, helps: bool) -> None:
    assert a_look_helps(reason) is helps
