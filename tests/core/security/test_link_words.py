from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.security.link_words import BACKEND_SECURITY


def test_every_kind_of_link_is_explained_and_only_one_is_called_verified_p23() -> None:
    assert set(BACKEND_SECURITY) == set(LinkSecurity)
    assert "not verified" in BACKEND_SECURITY[LinkSecurity.UNVERIFIED]
    assert "not encrypted" in BACKEND_SECURITY[LinkSecurity.PLAIN]
    said = BACKEND_SECURITY[LinkSecurity.VERIFIED]
    assert said == "encrypted, and the backend's certificate is verified"
