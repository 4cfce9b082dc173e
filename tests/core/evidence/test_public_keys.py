"""Public keys in the forms in which people and wallboxes write them."""

from base64 import b64encode

import pytest
from tests.support.signed_samples import OCMF_SAMPLES, Signer

from wattgate.core.evidence.public_keys import read_public_key

SIGNER = Signer()
KEY = bytes.fromhex(SIGNER.key_hex)
MARKED = f"oca:base16:asn1:{SIGNER.key_hex}"


@pytest.mark.parametrize(
    "text",
    [
        SIGNER.key_hex,
        SIGNER.key_hex.upper(),
        f" {SIGNER.key_hex[:40]}\n {SIGNER.key_hex[40:]} ",
        ":".join(SIGNER.key_hex[at : at + 2] for at in range(0, len(SIGNER.key_hex), 2)),
        b64encode(KEY).decode(),
        SIGNER.pem,
        MARKED,
        f"OCA:BASE64:ASN1:{b64encode(KEY).decode()}",
        b64encode(MARKED.encode()).decode(),
    ],
)
def test_a_key_is_read_in_every_usual_form_r114(text: str) -> None:
    assert read_public_key(text) == KEY


def test_the_keys_of_real_meters_are_read() -> None:
    for sample in OCMF_SAMPLES:
        assert read_public_key(sample.key) == bytes.fromhex(sample.key)


@pytest.mark.parametrize("curve", ["secp192r1", "secp256r1", "secp384r1"])
def test_a_bare_point_is_a_key_too(curve: str) -> None:
    point = Signer(curve).point_hex
    assert read_public_key(point) == bytes.fromhex(point)


def test_a_long_key_has_a_long_length() -> None:
    for length, size in ((200, "81c8"), (300, "82012c")):
        text = f"30{size}" + "00" * length
        assert read_public_key(text) == bytes.fromhex(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "30",
        "3001",
        "3059",
        SIGNER.key_hex[:-2],
        SIGNER.key_hex + "00",
        "04" + "00" * 10,
        "05" + "00" * 64,
        "3081",
        "no key at all",
        SIGNER.pem.replace("PUBLIC", "PRIVATE"),
        "schlüssel",
        "A",
        b64encode(b"oca:base16:asn1:zz").decode(),
        "319098b3378bd30891f207679be8b0cd78a824d025d68606872e8d13bf4e08e0",
    ],
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert read_public_key(text) is None
