"""OCMF as wallboxes send it: what was signed, by what, and what the meter says against it."""

import json
from base64 import b64encode

import pytest
from tests.support.signed_samples import ODD_PAYLOAD, SAMPLES, Signer

from wattgate.core.evidence.ocmf import Ocmf, Unreadable, read_ocmf
from wattgate.core.evidence.signatures import Curve

SIGNER = Signer()
PLAIN = SIGNER.ocmf()


def ocmf(text: str) -> Ocmf:
    """The record, which must be readable."""
    record = read_ocmf(text)
    assert isinstance(record, Ocmf), record
    return record


def about(**reading: object) -> str:
    """A record with one reading."""
    return f'OCMF|{json.dumps({"RD": [{"ST": "G", **reading}]})}|{{"SD":"30"}}'


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"\n {PLAIN}\r\n",
        PLAIN.encode().hex(),
        PLAIN.encode().hex().upper(),
        b64encode(PLAIN.encode()).decode(),
        SIGNER.in_json(),
        SIGNER.in_json(name="signedMeterValue"),
        json.dumps({"signedMeterData": PLAIN}),
        json.dumps({"signedMeterData": PLAIN.encode().hex(), "encodingMethod": "ocmf"}),
    ],
)
def test_what_was_signed_is_the_payload_to_the_character_r111_r112(text: str) -> None:
    assert ocmf(text).message == ODD_PAYLOAD.encode()
    assert ocmf(text).curve is Curve.SECP256R1


def test_the_parts_of_a_record() -> None:
    record = ocmf('OCMF|{"a":"|"}|{"SD":"30 0A","SE":"HEX"}')
    assert (record.message, record.signature) == (b'{"a":"|"}', b"\x30\x0a")
    assert record.about == {"a": "|"}
    assert record.key_text is None
    assert ocmf('OCMF| {"a":1}\n| {"SD":"30"}').message == b' {"a":1}\n'
    assert ocmf('OCMF|{}|{"SD":"MAo=","SE":"base64"}').signature == b"\x30\x0a"


def test_a_key_may_come_with_the_data() -> None:
    assert ocmf(SIGNER.in_json()).key_text is not None
    for key in ("", 7, None):
        text = json.dumps({"signedMeterData": PLAIN, "publicKey": key})
        assert ocmf(text).key_text is None


@pytest.mark.parametrize(
    ("algorithm", "curve"),
    [
        (None, Curve.SECP256R1),
        ("ECDSA-secp192k1-SHA256", Curve.SECP192K1),
        ("ECDSA-brainpool384r1-SHA256", Curve.BRAINPOOL384R1),
        ("ecdsa-brainpoolP256r1-sha256", Curve.BRAINPOOL256R1),
    ],
)
def test_the_algorithm_is_the_one_that_is_named_or_the_default(
    algorithm: str | None, curve: Curve
) -> None:
    section = {"SD": "30"} | ({"SA": algorithm} if algorithm is not None else {})
    assert ocmf(f"OCMF|{{}}|{json.dumps(section)}").curve is curve


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("OCMF|{}", "its signature section cannot be read"),
        ("OCMF|{}|", "its signature section cannot be read"),
        ("OCMF|{}|[]", "its signature section cannot be read"),
        ("OCMF|{}|{}", "its signature cannot be read"),
        ('OCMF|{}|{"SD":"3"}', "its signature cannot be read"),
        ('OCMF|{}|{"SD":"ä","SE":"base64"}', "its signature cannot be read"),
        ('OCMF|{}|{"SD":"30","SA":"RSA"}', "the signature algorithm RSA is not checked"),
        (
            'OCMF|{}|{"SD":"30","SM":"raw"}',
            "the signature algorithm ECDSA-secp256r1-SHA256 is not checked",
        ),
        (
            '{"signedMeterValue":"x","encodingMethod":"EDL"}',
            "its encoding method is EDL, which is not checked",
        ),
        ('{"other":1}', "a format that is not known is not checked"),
        ("AP;0;3;ALCV3;", "the Alfen format is not checked"),
        ("", "a format that is not known is not checked"),
        ("ocmf|{}|{}", "a format that is not known is not checked"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, reason: str) -> None:
    assert read_ocmf(text) == Unreadable(reason)


def test_the_other_formats_of_real_meters_are_named_r112() -> None:
    others = {
        read.reason for each in SAMPLES if isinstance(read := read_ocmf(each.text), Unreadable)
    }
    assert others == {"XML is not checked", "SML (EDL40 and the like) is not checked"}


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        (PLAIN, ()),
        (about(EF=""), ()),
        (about(ST="T"), ("timeout of the meter",)),
        (about(ST="?"), ("meter status ?",)),
        (about(EF="Et"), ("energy not usable", "time not usable")),
        (about(EF="x"), ("error flag x",)),
        (about(TX="X"), ("an error during charging",)),
        (
            'OCMF|{"RD":[7,{"ST":"M"},{"ST":"M"}]}|{"SD":"30"}',
            ("a reading cannot be read", "manipulation detected"),
        ),
        ('OCMF|{"RD":[]}|{"SD":"30"}', ("it holds no readings",)),
        ('OCMF|{}|{"SD":"30"}', ("it holds no readings",)),
        ('OCMF|{broken|{"SD":"30"}', ("it holds no readings",)),
    ],
)
def test_what_the_meter_says_against_its_own_reading(text: str, doubts: tuple[str, ...]) -> None:
    assert ocmf(text).doubts == doubts
