"""Green, yellow, red: what is said of a signed value, by which key."""

from hashlib import sha256

import pytest
from tests.support.signed_samples import Signer

from wattgate.core.evidence.signatures import Checked, Genuine, Question, Unable, Wrong
from wattgate.core.evidence.verdicts import (
    Judgement,
    KeySource,
    KnownKey,
    SignatureVerdict,
    judge,
    worst,
)

SIGNER, OTHER = Signer(), Signer(secret=7)
KEY, OTHER_KEY = SIGNER.key_hex, OTHER.key_hex
DIGEST = sha256(bytes.fromhex(KEY)).hexdigest()
SITE, ANNOUNCED = KeySource.SETTING, KeySource.ANNOUNCED


def by_key(question: Question) -> Checked:
    """What a check would find: this key signed it, another did not."""
    return Genuine() if question.key.hex() == KEY else Wrong()


def unable(_: Question) -> Checked:
    return Unable("its curve cannot be checked here")


def verdict(text: str, *keys: KnownKey) -> tuple[SignatureVerdict, KeySource | None]:
    found = judge(text, keys, by_key)
    return found.verdict, found.key_source


def test_a_known_key_that_fits_is_green_and_named() -> None:
    assert judge(SIGNER.ocmf(), [KnownKey(SITE, KEY)], by_key) == Judgement(
        SignatureVerdict.GREEN, "verified with the public key of the site", SITE, DIGEST
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], (SignatureVerdict.YELLOW, None)),
        ([KnownKey(SITE, "")], (SignatureVerdict.YELLOW, None)),
        ([KnownKey(SITE, OTHER_KEY)], (SignatureVerdict.RED, SITE)),
        ([KnownKey(ANNOUNCED, KEY)], (SignatureVerdict.GREEN, ANNOUNCED)),
        ([KnownKey(ANNOUNCED, OTHER_KEY)], (SignatureVerdict.RED, ANNOUNCED)),
        (
            [KnownKey(ANNOUNCED, OTHER_KEY), KnownKey(ANNOUNCED, KEY)],
            (SignatureVerdict.GREEN, ANNOUNCED),
        ),
        ([KnownKey(SITE, OTHER_KEY), KnownKey(ANNOUNCED, KEY)], (SignatureVerdict.RED, SITE)),
        ([KnownKey(SITE, ""), KnownKey(ANNOUNCED, KEY)], (SignatureVerdict.GREEN, ANNOUNCED)),
        ([KnownKey(SITE, "no key")], (SignatureVerdict.YELLOW, SITE)),
        (
            [KnownKey(ANNOUNCED, OTHER_KEY), KnownKey(ANNOUNCED, "no key")],
            (SignatureVerdict.YELLOW, ANNOUNCED),
        ),
    ],
)
def test_the_verdict_is_that_of_the_keys_that_count(
    keys: list[KnownKey], expected: tuple[SignatureVerdict, KeySource | None]
) -> None:
    assert verdict(SIGNER.ocmf(), *keys) == expected


def test_a_key_that_came_with_the_data_proves_no_origin() -> None:
    assert verdict(SIGNER.in_json()) == (SignatureVerdict.YELLOW, KeySource.WITH_DATA)
    forged = SIGNER.in_json().replace(SIGNER.key_hex, "")
    assert verdict(forged, KnownKey(SITE, OTHER_KEY)) == (SignatureVerdict.RED, SITE)
    assert verdict(OTHER.in_json()) == (SignatureVerdict.RED, KeySource.WITH_DATA)
    assert verdict(SIGNER.in_json(), KnownKey(SITE, KEY)) == (SignatureVerdict.GREEN, SITE)


def test_what_the_meter_doubts_is_not_green() -> None:
    text = SIGNER.ocmf('{"RD":[{"ST":"E","EF":"Et"}]}')
    found = judge(text, [KnownKey(SITE, KEY)], by_key)
    assert found.verdict is SignatureVerdict.YELLOW
    assert found.reason == (
        "verified with the public key of the site; the meter says: error of the meter, "
        "energy not usable, time not usable"
    )
    assert verdict(text, KnownKey(SITE, OTHER_KEY)) == (SignatureVerdict.RED, SITE)


def test_what_cannot_be_checked_is_yellow_and_says_why() -> None:
    assert judge("AP;0;3;", [KnownKey(SITE, KEY)], by_key) == Judgement(
        SignatureVerdict.YELLOW, "the Alfen format is not checked"
    )
    found = judge(SIGNER.ocmf(), [KnownKey(ANNOUNCED, KEY)], unable)
    assert found.verdict is SignatureVerdict.YELLOW
    assert found.reason == (
        "the public key that the wallbox announced: its curve cannot be checked here"
    )


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([], SignatureVerdict.NONE),
        ([SignatureVerdict.GREEN, SignatureVerdict.GREEN], SignatureVerdict.GREEN),
        ([SignatureVerdict.GREEN, SignatureVerdict.YELLOW], SignatureVerdict.YELLOW),
        (
            [SignatureVerdict.YELLOW, SignatureVerdict.RED, SignatureVerdict.GREEN],
            SignatureVerdict.RED,
        ),
    ],
)
def test_together_they_are_as_good_as_the_worst(
    verdicts: list[SignatureVerdict], together: SignatureVerdict
) -> None:
    assert worst(verdicts) is together
