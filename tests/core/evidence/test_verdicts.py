"""Green, yellow, red: what is said of a signed value, by which key."""

from hashlib import sha256

import pytest
from tests.support.signed_samples import Signer

from wattgate.core.evidence.signatures import Checked, Genuine, Question, Unable, Wrong
from wattgate.core.evidence.verdicts import Judgement, KeySource, KnownKey, Verdict, judge, worst

SIGNER, OTHER = Signer(), Signer(secret=7)
KEY, OTHER_KEY = SIGNER.key_hex, OTHER.key_hex
DIGEST = sha256(bytes.fromhex(KEY)).hexdigest()
SITE, ANNOUNCED = KeySource.SETTING, KeySource.ANNOUNCED


def by_key(question: Question) -> Checked:
    """What a check would find: this key signed it, another did not."""
    return Genuine() if question.key.hex() == KEY else Wrong()


def unable(_: Question) -> Checked:
    return Unable("its curve cannot be checked here")


def verdict(text: str, *keys: KnownKey) -> tuple[Verdict, KeySource | None]:
    found = judge(text, keys, by_key)
    return found.verdict, found.key_source


def test_a_known_key_that_fits_is_green_and_named() -> None:
    assert judge(SIGNER.ocmf(), [KnownKey(SITE, KEY)], by_key) == Judgement(
        Verdict.GREEN, "verified with the public key of the site", SITE, DIGEST
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], (Verdict.YELLOW, None)),
        ([KnownKey(SITE, "")], (Verdict.YELLOW, None)),
        ([KnownKey(SITE, OTHER_KEY)], (Verdict.RED, SITE)),
        ([KnownKey(ANNOUNCED, KEY)], (Verdict.GREEN, ANNOUNCED)),
        ([KnownKey(ANNOUNCED, OTHER_KEY)], (Verdict.RED, ANNOUNCED)),
        (
            [KnownKey(ANNOUNCED, OTHER_KEY), KnownKey(ANNOUNCED, KEY)],
            (Verdict.GREEN, ANNOUNCED),
        ),
        ([KnownKey(SITE, OTHER_KEY), KnownKey(ANNOUNCED, KEY)], (Verdict.RED, SITE)),
        ([KnownKey(SITE, ""), KnownKey(ANNOUNCED, KEY)], (Verdict.GREEN, ANNOUNCED)),
        ([KnownKey(SITE, "no key")], (Verdict.YELLOW, SITE)),
        (
            [KnownKey(ANNOUNCED, OTHER_KEY), KnownKey(ANNOUNCED, "no key")],
            (Verdict.YELLOW, ANNOUNCED),
        ),
    ],
)
def test_the_verdict_is_that_of_the_keys_that_count(
    keys: list[KnownKey], expected: tuple[Verdict, KeySource | None]
) -> None:
    assert verdict(SIGNER.ocmf(), *keys) == expected


def test_a_key_that_came_with_the_data_proves_no_origin() -> None:
    assert verdict(SIGNER.in_json()) == (Verdict.YELLOW, KeySource.WITH_DATA)
    forged = SIGNER.in_json().replace(SIGNER.key_hex, "")
    assert verdict(forged, KnownKey(SITE, OTHER_KEY)) == (Verdict.RED, SITE)
    assert verdict(OTHER.in_json()) == (Verdict.RED, KeySource.WITH_DATA)
    assert verdict(SIGNER.in_json(), KnownKey(SITE, KEY)) == (Verdict.GREEN, SITE)


def test_what_the_meter_doubts_is_not_green() -> None:
    text = SIGNER.ocmf('{"RD":[{"ST":"E","EF":"Et"}]}')
    found = judge(text, [KnownKey(SITE, KEY)], by_key)
    assert found.verdict is Verdict.YELLOW
    assert found.reason == (
        "verified with the public key of the site; the meter says: error of the meter, "
        "energy not usable, time not usable"
    )
    assert verdict(text, KnownKey(SITE, OTHER_KEY)) == (Verdict.RED, SITE)


def test_what_cannot_be_checked_is_yellow_and_says_why() -> None:
    assert judge("AP;0;3;", [KnownKey(SITE, KEY)], by_key) == Judgement(
        Verdict.YELLOW, "the Alfen format is not checked"
    )
    found = judge(SIGNER.ocmf(), [KnownKey(ANNOUNCED, KEY)], unable)
    assert found.verdict is Verdict.YELLOW
    assert found.reason == (
        "the public key that the wallbox announced: its curve cannot be checked here"
    )


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([], Verdict.NONE),
        ([Verdict.GREEN, Verdict.GREEN], Verdict.GREEN),
        ([Verdict.GREEN, Verdict.YELLOW], Verdict.YELLOW),
        ([Verdict.YELLOW, Verdict.RED, Verdict.GREEN], Verdict.RED),
    ],
)
def test_together_they_are_as_good_as_the_worst(verdicts: list[Verdict], together: Verdict) -> None:
    assert worst(verdicts) is together
