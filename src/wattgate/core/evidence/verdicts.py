"""What is said of a signed value: green, yellow, red, or none (R122).

Green only where a key that is known apart from the data proves the signature, and the meter says
nothing against its own reading. A wrong signature is red, never anything milder.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, assert_never

from wattgate.core.evidence.ocmf import Ocmf, Unreadable, read_ocmf
from wattgate.core.evidence.public_keys import read_public_key
from wattgate.core.evidence.signatures import Checked, Genuine, Question, Unable, Wrong


class SignatureVerdict(StrEnum):
    """What can be said of signed data."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    NONE = "none"


class KeySource(StrEnum):
    """Where a public key is known from."""

    SETTING = "setting"
    """From the site: somebody copied it from the meter or its register."""
    ANNOUNCED = "announced"
    """From the wallbox's announcement after its boot (R114)."""
    WITH_DATA = "with_data"
    """From the signed data: it says nothing about where they come from."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A public key as it was written."""

    source: KeySource
    text: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one signed value, in words for a person, and the key it rests on.

    `key_sha256` is the digest of the key's bytes; both are None where no key was of use.
    """

    verdict: SignatureVerdict
    reason: str
    key_source: KeySource | None = None
    key_sha256: str | None = None


Check = Callable[[Question], Checked]

_BY: Final = {
    KeySource.SETTING: "the public key of the site",
    KeySource.ANNOUNCED: "the public key that the wallbox announced",
    KeySource.WITH_DATA: "the public key that came with the data",
}
_ORDER: Final = (SignatureVerdict.RED, SignatureVerdict.YELLOW, SignatureVerdict.GREEN)


def worst(verdicts: Iterable[SignatureVerdict]) -> SignatureVerdict:
    """The verdict on all of them together; none where there is nothing signed."""
    found = set(verdicts)
    return next((verdict for verdict in _ORDER if verdict in found), SignatureVerdict.NONE)


def judge(text: str, keys: Sequence[KnownKey], check: Check) -> Judgement:
    """Judge one signed value by the keys that are known apart from it.

    A key of the site outranks those that the wallbox announced; one that came with the data counts
    only where there is no other.
    """
    record = read_ocmf(text)
    if isinstance(record, Unreadable):
        return Judgement(SignatureVerdict.YELLOW, record.reason)
    tried = [(key, *_tried(record, key, check)) for key in _applicable(record, keys)]
    if not tried:
        return Judgement(SignatureVerdict.YELLOW, "no public key of the meter is known")
    # A wallbox may announce several keys; the best outcome is that of the right one.
    key, digest, outcome = min(tried, key=lambda each: _RANK[type(each[2])])
    return _judgement(record, key, digest, outcome)


_RANK: Final[dict[type, int]] = {Genuine: 0, Unable: 1, Wrong: 2}


def _applicable(record: Ocmf, keys: Sequence[KnownKey]) -> list[KnownKey]:
    for source in (KeySource.SETTING, KeySource.ANNOUNCED):
        of_source = [key for key in keys if key.source is source and key.text]
        if of_source:
            return of_source
    return [KnownKey(KeySource.WITH_DATA, record.key_text)] if record.key_text else []


def _tried(record: Ocmf, key: KnownKey, check: Check) -> tuple[str | None, Checked]:
    key_bytes = read_public_key(key.text)
    if key_bytes is None:
        return None, Unable("the key cannot be read")
    question = Question(key_bytes, record.curve, record.message, record.signature)
    return sha256(key_bytes).hexdigest(), check(question)


def _judgement(record: Ocmf, key: KnownKey, digest: str | None, outcome: Checked) -> Judgement:
    by = _BY[key.source]
    match outcome:
        case Wrong():
            reason = f"this is not what the owner of {by} signed"
            return Judgement(SignatureVerdict.RED, reason, key.source, digest)
        case Unable(reason):
            return Judgement(SignatureVerdict.YELLOW, f"{by}: {reason}", key.source, digest)
        case Genuine():
            return _of_genuine(record, key.source, digest)
        case _:
            assert_never(outcome)


def _of_genuine(record: Ocmf, source: KeySource, digest: str | None) -> Judgement:
    verified = f"verified with {_BY[source]}"
    if source is KeySource.WITH_DATA:
        reason = f"{verified}: unchanged since it was signed, but anybody may have signed it"
        return Judgement(SignatureVerdict.YELLOW, reason, source, digest)
    if record.doubts:
        reason = f"{verified}; the meter says: {', '.join(record.doubts)}"
        return Judgement(SignatureVerdict.YELLOW, reason, source, digest)
    return Judgement(SignatureVerdict.GREEN, verified, source, digest)
