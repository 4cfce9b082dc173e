"""What the gateway rewrites, and what signed data then contradict."""

from typing import Any

import pytest

from wattgate.core.evidence.contradictions import (
    AtBackend,
    Passage,
    contradictions_of,
    rewrites_of,
)
from wattgate.core.evidence.ocmf import Ocmf
from wattgate.core.evidence.signatures import Curve
from wattgate.core.site.model import EvseSettings

HERE = AtBackend("CP1", 1)


def evse(**settings: Any) -> EvseSettings:  # noqa: ANN401 - any setting
    return EvseSettings(id="a", address="CP1", **settings)


def record(**about: object) -> Ocmf:
    return Ocmf(b"", b"", Curve.SECP256R1, None, about, ())


def passage(
    identity: str = "CP1",
    south: tuple[str, str] = ("04A1", "1"),
    north: tuple[str, str] = ("04A1", "1"),
    *,
    decided_here: bool = False,
) -> Passage:
    return Passage("CP1", identity, south, north, decided_here)


@pytest.mark.parametrize(
    ("settings", "there", "words"),
    [
        (evse(), HERE, []),
        (evse(fixed_rfid="FREE"), HERE, []),
        (evse(connector=2), HERE, ["connector 2 is 1"]),
        (evse(connector=2), AtBackend("CP1", 2), []),
        (evse(), AtBackend("CP1", 2), ["connector 1 is 2"]),
        (evse(connector=2), AtBackend("A", 1), ["connector 2 is 1", '"CP1" is "A"']),
    ],
)
def test_every_rewriting_of_an_evse_is_told_r116(
    settings: EvseSettings, there: AtBackend, words: list[str]
) -> None:
    told = rewrites_of(settings, there)
    assert len(told) == len(words)
    assert all(word in sentence for word, sentence in zip(words, told, strict=True))


@pytest.mark.parametrize(
    ("fixed_rfid", "free_tag", "words"),
    [
        ("", "", []),
        ("", "FREE", []),
        ("04A1", "", []),
        ("04A1", "FREE", ['the card "04A1" takes the place of "FREE"']),
    ],
)
def test_a_fixed_card_is_told_where_it_takes_the_place_of_a_tag_r57_r116(
    fixed_rfid: str, free_tag: str, words: list[str]
) -> None:
    assert list(rewrites_of(evse(fixed_rfid=fixed_rfid), HERE, free_tag)) == words


@pytest.mark.parametrize(
    ("went", "words"),
    [
        (passage(), []),
        (passage(north=("FREE", "1")), ['the card "04A1", the backend got "FREE"']),
        (passage(north=("", "")), []),
        (passage(south=("", ""), north=("04A1", "1")), []),
        (passage(south=("04A1", "2")), ["connector 2, the backend got 1"]),
        (passage("A"), ['calls itself "CP1", the backend knows it as "A"']),
        (passage("", decided_here=True), []),
        (passage(decided_here=True), ["before the backend had decided"]),
    ],
)
def test_what_changed_on_its_way_is_told_r116(went: Passage, words: list[str]) -> None:
    told = contradictions_of(went, [])
    assert len(told) == len(words)
    assert all(word in sentence for word, sentence in zip(words, told, strict=True))


@pytest.mark.parametrize(
    ("signed", "went", "words"),
    [
        (record(IS=True, ID="04a1"), passage(), []),
        (record(IS=True, ID="contract-id: rfid:04A1"), passage(), []),
        (record(IS=True, ID="04A1"), passage(south=("FREE", "1"), north=("FREE", "1")), ["04A1"]),
        (record(IS=False, ID="other"), passage(), []),
        (record(IS=True, ID=""), passage(), []),
        (record(IS=True, ID=7), passage(), []),
        (record(IS=True, ID="other"), passage(north=("", "")), []),
        (record(CT="CBIDC", CI="CP1 1"), passage(), []),
        (record(CT="CBIDC", CI="CP1 2"), passage(), ['"CP1 2", for the backend it is "CP1 1"']),
        (record(CT="CBIDC", CI="CP1 2"), passage(north=("", "")), []),
        (record(CT="CBIDC", CI="CP1 2"), passage(""), []),
        (record(CT="EVSEID", CI="DE*ABC*E1"), passage(), []),
        (record(), passage(), []),
    ],
)
def test_what_was_signed_is_held_against_what_was_billed_r116(
    signed: Ocmf, went: Passage, words: list[str]
) -> None:
    told = contradictions_of(went, [signed, signed])
    assert len(told) == len(words)
    assert all(word in sentence for word, sentence in zip(words, told, strict=True))
