import pytest

from wattgate.core.errors import Problem
from wattgate.core.site.findings import Findings, Path, entry, in_words, suggestion
from wattgate.core.site.settings import Table

EVSE = Table("evse", "One per connector", object, repeated=True, named_by="id")


def test_problems_are_kept_in_the_order_of_finding_with_their_path_in_words() -> None:
    findings = Findings()
    findings.add(('evse "stall-1"', "gateway 1", "url"), "is required")
    findings.add(("site", "title"), "is long")
    assert findings.problems == (
        Problem(
            'evse "stall-1" \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} gateway 1 '
            "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} url",
            "is required",
        ),
        Problem(in_words(("site", "title")), "is long"),
    )


@pytest.mark.parametrize(
    ("doubted", "asked", "sound"),
    [
        (("site",), ("site", "title"), False),
        (("site", "title"), ("site", "title"), False),
        (("site", "title"), ("site", "cycle_s"), True),
        (("site", "title"), ("site",), True),
    ],
)
def test_a_value_is_sound_when_neither_it_nor_a_table_around_it_is_in_doubt(
    doubted: Path, asked: Path, sound: bool
) -> None:
    findings = Findings()
    findings.doubt(doubted)
    assert findings.sound([("card",), asked]) is sound
    assert findings.problems == ()


def test_a_reported_value_is_in_doubt() -> None:
    findings = Findings()
    findings.add(("site", "title"), "is long")
    assert not findings.sound([("site", "title")])


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("stall-1", 'evse "stall-1"'),
        ("Köln 1", 'evse "Köln 1"'),
        ("", "evse 2"),
        (None, "evse 2"),
        (7, "evse 2"),
        ("\x1b[31m", "evse 2"),
    ],
)
def test_an_entry_is_called_by_its_name_or_its_number(name: object, called: str) -> None:
    assert entry(EVSE, 2, name) == called


@pytest.mark.parametrize(
    ("word", "meant"),
    [("max_curent_a", "max_current_a"), ("TITLE", "title"), ("zzz", None)],
)
def test_the_word_that_was_probably_meant_is_suggested(word: str, meant: str | None) -> None:
    assert suggestion(word, ["title", "max_current_a"]) == meant
