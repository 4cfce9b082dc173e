import pytest

from wattgate.core.security.exposure import exposure
from wattgate.core.security.tls_mode import TlsMode


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),  # noqa: S104 - that is the point
        ("::", False),
        ("192.0.2.7", False),
        ("garage.example", False),
    ],
)
def test_plain_http_is_worth_a_word_where_others_can_be_on_the_way(host: str, is_own: bool) -> None:
    assert exposure(host, TlsMode.ON) is None
    for mode in (TlsMode.OFF, TlsMode.DETECT):
        said = exposure(host, mode)
        assert (said is None) is is_own
        assert said is None or "--http-tls on" in said
