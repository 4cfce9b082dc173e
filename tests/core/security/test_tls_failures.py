import pytest

from wattgate.core.security.tls_failures import (
    BY_REASON,
    BY_VERIFY_CODE,
    HUNG_UP,
    TlsFailure,
    about_caller,
    alert_record,
    sentence,
)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (TlsFailure("TLSV1_ALERT_UNKNOWN_CA"), "the wallbox does not trust our certificate"),
        (TlsFailure("UNSUPPORTED_PROTOCOL"), "speaks no version of TLS that is allowed here"),
        (TlsFailure("NO_SHARED_CIPHER"), "knows no cipher suite that we speak"),
        (TlsFailure("CERTIFICATE_VERIFY_FAILED", 10), "its client certificate has expired"),
        (TlsFailure("CERTIFICATE_VERIFY_FAILED", 20), "nobody we trust signed its client"),
        (TlsFailure("CERTIFICATE_VERIFY_FAILED", 18), "names itself as its signer"),
        (TlsFailure("CERTIFICATE_VERIFY_FAILED", 99), "certificate verify failed (code 99)"),
        (TlsFailure("A_NEW_REASON"), "a new reason"),
        (TlsFailure(None), "no reason given"),
    ],
)
def test_a_person_understands_why_a_handshake_failed_p9(failure: TlsFailure, said: str) -> None:
    assert sentence(failure).startswith("TLS handshake failed: ")
    assert said in sentence(failure)


@pytest.mark.parametrize("words", [HUNG_UP, *BY_REASON.values(), *BY_VERIFY_CODE.values()])
def test_on_the_http_port_nothing_is_said_of_wallboxes(words: str) -> None:
    assert "wallbox" not in about_caller(words)
    assert "tls_minimum" not in about_caller(words)


@pytest.mark.parametrize("words", [HUNG_UP, *BY_REASON.values(), *BY_VERIFY_CODE.values()])
def test_no_reason_is_one_for_programmers(words: str) -> None:
    assert "_" not in words.replace("tls_minimum", "")
    assert not words.endswith(".")


@pytest.mark.parametrize(
    ("reason", "description"),
    [("UNSUPPORTED_PROTOCOL", 70), ("NO_SHARED_CIPHER", 40), ("INAPPROPRIATE_FALLBACK", 86)],
)
def test_a_client_hears_why_its_hello_was_refused(reason: str, description: int) -> None:
    assert alert_record(TlsFailure(reason)) == bytes([21, 3, 1, 0, 2, 2, description])


@pytest.mark.parametrize("reason", ["TLSV1_ALERT_UNKNOWN_CA", "CERTIFICATE_VERIFY_FAILED", None])
def test_what_comes_later_can_be_told_by_nobody_but_the_library(reason: str | None) -> None:
    assert alert_record(TlsFailure(reason)) is None
