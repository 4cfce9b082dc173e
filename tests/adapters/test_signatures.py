"""Signatures of meters: real ones, ours on every curve, and each character changed."""

from dataclasses import replace

import pytest
from tests.support.signed_samples import CURVES, OCMF_SAMPLES, ODD_PAYLOAD, SAMPLES, Sample, Signer

from wattgate.adapters.signatures import EcdsaCheck
from wattgate.core.evidence.ocmf import Ocmf, read_ocmf
from wattgate.core.evidence.public_keys import read_public_key
from wattgate.core.evidence.signatures import Checked, Curve, Genuine, Question, Unable, Wrong
from wattgate.core.evidence.verdicts import KeySource, KnownKey, SignatureVerdict, judge

CHECK = EcdsaCheck().check


def question(signer: Signer, key: str = "") -> Question:
    """Its record, to be checked with a key."""
    record = read_ocmf(signer.ocmf())
    assert isinstance(record, Ocmf)
    key_bytes = read_public_key(key or signer.key_hex)
    assert key_bytes is not None
    return Question(key_bytes, record.curve, record.message, record.signature)


def verdict(text: str, key: str) -> SignatureVerdict:
    return judge(text, [KnownKey(KeySource.SETTING, key)], CHECK).verdict


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        (OCMF_SAMPLES[0], SignatureVerdict.GREEN),
        (OCMF_SAMPLES[1], SignatureVerdict.YELLOW),
        (OCMF_SAMPLES[2], SignatureVerdict.YELLOW),
    ],
)
def test_real_meters_signatures_are_verified_with_their_keys(
    sample: Sample, expected: SignatureVerdict
) -> None:
    """KEBA's is green; the two of BAUER verify, but the meter itself reports an error."""
    assert verdict(sample.text, sample.key) is expected
    found = judge(sample.text, [KnownKey(KeySource.ANNOUNCED, sample.key)], CHECK)
    assert found.reason.startswith("verified with the public key that the wallbox announced")
    assert judge(sample.text, [], CHECK).verdict is SignatureVerdict.YELLOW


@pytest.mark.parametrize("sample", [each for each in SAMPLES if each not in OCMF_SAMPLES])
def test_real_values_of_other_formats_are_yellow_whatever_the_key(sample: Sample) -> None:
    assert verdict(sample.text, OCMF_SAMPLES[0].key) is SignatureVerdict.YELLOW


@pytest.mark.parametrize("sample", OCMF_SAMPLES)
def test_no_changed_character_is_ever_green(sample: Sample) -> None:
    """Each character of the payload is changed once, and some of the signature."""
    end = sample.text.rindex("|")
    for at in range(5, end):
        other = next(c for c in 'x7"{ ä'[at % 6 :] + "xy" if c != sample.text[at])
        changed = sample.text[:at] + other + sample.text[at + 1 :]
        assert verdict(changed, sample.key) is SignatureVerdict.RED, changed
    for at in range(end, len(sample.text)):
        changed = sample.text[:at] + "x" + sample.text[at + 1 :]
        assert verdict(changed, sample.key) is not SignatureVerdict.GREEN, changed
    digits = sample.text.index('"SD":"') + 30
    flipped = f"{int(sample.text[digits], 16) ^ 1:x}"
    assert verdict(sample.text[:digits] + flipped + sample.text[digits + 1 :], sample.key) is (
        SignatureVerdict.RED
    )


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("form", ["key_hex", "point_hex", "pem"])
def test_every_curve_of_ocmf_but_one_is_checked(curve: str, form: str) -> None:
    signer, stranger = Signer(curve), Signer(curve, secret=99)
    assert verdict(signer.ocmf(), getattr(signer, form)) is SignatureVerdict.GREEN
    assert verdict(signer.ocmf(), getattr(stranger, form)) is SignatureVerdict.RED
    assert verdict(signer.in_json(), getattr(signer, form)) is SignatureVerdict.GREEN
    changed = signer.ocmf().replace(ODD_PAYLOAD, ODD_PAYLOAD.replace("1.10", "1.1"))
    assert verdict(changed, getattr(signer, form)) is SignatureVerdict.RED


def test_a_signature_may_be_r_and_s_one_behind_the_other() -> None:
    raw = bytes.fromhex(
        # r and s of the DER signature of the first sample
        "0E2F107C987A300AC1695CA89EA149A8CDFA16188AF0A33EE64B67964AA943F9"
        "889A72B6D65364BEA8562E7F6A0253157ACFF84FE4929A93B5964D23C4265699"
    )
    record = read_ocmf(OCMF_SAMPLES[0].text)
    assert isinstance(record, Ocmf)
    asked = Question(
        bytes.fromhex(OCMF_SAMPLES[0].key), record.curve, record.message, record.signature
    )
    assert CHECK(replace(asked, signature=raw)) == Genuine()
    assert CHECK(replace(asked, signature=raw[::-1])) == Wrong()


@pytest.mark.parametrize("signature", ["", "30", "00" * 64, "3006020100020100"])
def test_what_is_no_signature_is_wrong(signature: str) -> None:
    asked = replace(question(Signer()), signature=bytes.fromhex(signature))
    assert CHECK(asked) == Wrong()


ED25519 = "302a300506032b6570032100" + "11" * 32
SECP192K1 = "3046301006072a8648ce3d020106052b8104001f033200" + "04" + "11" * 48


@pytest.mark.parametrize(
    ("key", "curve", "expected"),
    [
        (ED25519, Curve.SECP256R1, Unable("the key is none of an elliptic curve")),
        (SECP192K1, Curve.SECP192K1, Unable("its curve cannot be checked here")),
        ("04" + "11" * 48, Curve.SECP192K1, Unable("its curve cannot be checked here")),
        ("04" + "11" * 64, Curve.SECP256R1, Unable("the key cannot be read")),
        ("3003020100", Curve.SECP256R1, Unable("the key cannot be read")),
    ],
)
def test_a_key_that_is_of_no_use_says_why(key: str, curve: Curve, expected: Checked) -> None:
    asked = replace(question(Signer()), key=bytes.fromhex(key), curve=curve)
    assert CHECK(asked) == expected
