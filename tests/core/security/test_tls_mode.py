import pytest

from wattgate.core.errors import LocalUsageError
from wattgate.core.security.first_byte import Opening
from wattgate.core.security.tls_mode import Decision, Plain, Secure, TlsMode, TurnAway, decide


@pytest.mark.parametrize(
    ("mode", "opening", "decision"),
    [
        (TlsMode.OFF, Opening.PLAIN, Plain()),
        (TlsMode.OFF, Opening.TLS, TurnAway("TLS connection, but TLS is off")),
        (TlsMode.DETECT, Opening.PLAIN, Plain()),
        (TlsMode.DETECT, Opening.TLS, Secure()),
        (TlsMode.ON, Opening.PLAIN, TurnAway("plain connection, but TLS is on")),
        (TlsMode.ON, Opening.TLS, Secure()),
    ],
)
def test_the_mode_and_the_opening_decide(
    mode: TlsMode, opening: Opening, decision: Decision
) -> None:
    """P6, P9, R31."""
    assert decide(mode, opening) == decision


@pytest.mark.parametrize("mode", list(TlsMode))
def test_asking_too_early_is_our_bug(mode: TlsMode) -> None:
    with pytest.raises(LocalUsageError, match="before the opening was known"):
        decide(mode, Opening.NEED_MORE)
