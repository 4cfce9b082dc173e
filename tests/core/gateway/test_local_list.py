import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import PeerError
from wattgate.core.gateway.local_list import (
    CLEARING,
    MOST_CHANGES,
    MOST_ENTRIES,
    NOBODY,
    Keeper,
    ListAnswer,
    ListStatus,
    LocalList,
    NotMirrored,
    answered,
    is_anothers,
    is_whole,
    keeper_of,
    list_text,
    read_list,
    updated,
)
from wattgate.core.station.authorisation import AuthorizationStatus, TagInfo, fold

ACCEPTED, BLOCKED, EXPIRED, INVALID, CONCURRENT_TX = AuthorizationStatus
NOON = datetime(2026, 5, 15, 12, tzinfo=UTC)
BEFORE = LocalList(5, {"04a1": TagInfo(ACCEPTED), "bb": TagInfo(BLOCKED)})


def update(kind: str, version: object, *entries: object) -> str:
    return json.dumps(
        {"listVersion": version, "updateType": kind, "localAuthorizationList": entries}
    )


def entry(id_tag: str, status: str | None = None, **more: str) -> dict[str, object]:
    if status is None:
        return {"idTag": id_tag}
    return {"idTag": id_tag, "idTagInfo": {"status": status, **more}}


@pytest.mark.parametrize(
    ("payload", "after"),
    [
        (
            update("Full", 6, entry("CC", "Accepted")),
            LocalList(6, {"cc": TagInfo(ACCEPTED)}),
        ),
        (
            update("Differential", 6, entry("CC", "Accepted")),
            LocalList(6, {**BEFORE.entries, "cc": TagInfo(ACCEPTED)}),
        ),
        # An entry without idTagInfo goes; whatever the case of its letters.
        (update("Differential", 6, entry("BB")), LocalList(6, {"04a1": TagInfo(ACCEPTED)})),
        (
            update("Differential", 6, {"idTag": "bB", "idTagInfo": None}),
            LocalList(6, {"04a1": TagInfo(ACCEPTED)}),
        ),
        (update("Differential", 6, entry("unknown")), LocalList(6, BEFORE.entries)),
        (
            update("Full", 6, entry("CC"), entry("DD", "Blocked")),
            LocalList(6, {"dd": TagInfo(BLOCKED)}),
        ),
        # The last word about a card counts.
        (
            update("Full", 6, entry("CC", "Accepted"), entry("cc", "Blocked")),
            LocalList(6, {"cc": TagInfo(BLOCKED)}),
        ),
        (
            update(
                "Full",
                6,
                entry("CC", "Accepted", expiryDate="2026-05-15T12:00:00Z", parentIdTag="P"),
            ),
            LocalList(6, {"cc": TagInfo(ACCEPTED, NOON)}),
        ),
        # What cannot be read refuses.
        (
            update("Full", 6, entry("CC", "accepted"), entry("DD", "Accepted", expiryDate="soon")),
            LocalList(6, {"cc": TagInfo(INVALID), "dd": TagInfo(INVALID)}),
        ),
        # The wallbox has compared the versions, with its own.
        (update("Differential", 5), LocalList(5, BEFORE.entries)),
        (update("Differential", 2), LocalList(2, BEFORE.entries)),
        ('{"listVersion":7,"updateType":"Differential"}', LocalList(7, BEFORE.entries)),
        # An empty list has version 0, whichever it was sent with.
        (update("Full", 6), LocalList()),
        ('{"listVersion":0,"updateType":"Full"}', LocalList()),
    ],
)
def test_a_list_is_replaced_or_changed_as_the_wallbox_does_it_r52_r55_r56(
    payload: str, after: LocalList
) -> None:
    assert updated(BEFORE, payload) == after


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (update("Full", 0, entry("CC", "Accepted")), "a list has no version 0"),
        (update("Differential", 0, entry("CC", "Accepted")), "a list has no version 0"),
        (update("Differential", -1, entry("CC")), "a list has no version -1"),
        (update("Partial", 6, entry("CC")), "'Partial' is no kind of update"),
        (update("Full", "6", entry("CC")), "Expected `int`"),
        (update("Full", 6, {"idTag": 7}), "Expected `str`"),
        ('{"updateType":"Full"}', "missing required field `listVersion`"),
        ("[]", "Expected `object`"),
    ],
)
def test_an_update_that_means_nothing_changes_nothing_and_says_why_16e_3_52(
    payload: str, reason: str
) -> None:
    outcome = updated(BEFORE, payload)
    assert isinstance(outcome, NotMirrored)
    assert reason in outcome.reason


def test_a_card_is_found_in_any_case_and_only_as_it_is_r54() -> None:
    assert BEFORE.entry("04A1") == TagInfo(ACCEPTED)
    assert BEFORE.entry("04A1 ") is None


def many(count: int) -> tuple[object, ...]:
    return tuple(entry(f"{number:08X}", "Accepted") for number in range(count))


ALREADY = LocalList(5, {f"{number:08x}x": TagInfo(ACCEPTED) for number in range(MOST_ENTRIES)})


@pytest.mark.parametrize(
    ("before", "payload", "status"),
    [
        (BEFORE, update("Full", 1, entry("CC", "Accepted")), ListStatus.ACCEPTED),
        (BEFORE, update("Differential", 6, entry("CC", "Accepted")), ListStatus.ACCEPTED),
        (LocalList(), update("Differential", 1, entry("CC", "Accepted")), ListStatus.ACCEPTED),
        (BEFORE, update("Differential", 5, entry("CC")), ListStatus.VERSION_MISMATCH),
        (BEFORE, update("Differential", 4), ListStatus.VERSION_MISMATCH),
        (LocalList(), update("Differential", 0, entry("CC")), ListStatus.VERSION_MISMATCH),
        (BEFORE, update("Full", 0, entry("CC", "Accepted")), ListStatus.FAILED),
        (BEFORE, update("Full", -1, entry("CC", "Accepted")), ListStatus.FAILED),
        (BEFORE, update("Full", 6, *many(MOST_CHANGES)), ListStatus.ACCEPTED),
        (BEFORE, update("Full", 6, *many(MOST_CHANGES + 1)), ListStatus.FAILED),
        (ALREADY, update("Differential", 6, entry("CC", "Accepted")), ListStatus.FAILED),
        (ALREADY, update("Full", 6, entry("CC", "Accepted")), ListStatus.ACCEPTED),
    ],
    ids=lambda each: "" if isinstance(each, LocalList) else str(each)[:60],
)
def test_a_list_that_the_gateway_keeps_is_answered_for_as_by_a_wallbox_r55_r105(
    before: LocalList, payload: str, status: ListStatus
) -> None:
    answer = answered(before, payload)
    assert answer.status is status
    accepted = status is ListStatus.ACCEPTED
    assert answer.after == (updated(before, payload) if accepted else before)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (update("Partial", 6), "PropertyConstraintViolation"),
        (update("Full", "6"), "TypeConstraintViolation"),
        (update("Full", 6, entry("C" * 21, "Accepted")), "PropertyConstraintViolation"),
        ('{"updateType":"Full"}', "OccurenceConstraintViolation"),
    ],
)
def test_what_is_no_list_is_the_backends_mistake_r11(payload: str, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        answered(BEFORE, payload)
    assert caught.value.code == code


def test_the_update_that_empties_a_list_empties_it() -> None:
    assert answered(BEFORE, CLEARING) == ListAnswer(ListStatus.ACCEPTED, LocalList())
    assert is_whole(CLEARING)
    assert not is_whole(update("Differential", 6))


BOTH = ("mine", "other")


@pytest.mark.parametrize(
    ("links", "owner", "ours", "keeper"),
    [
        (["mine"], None, BEFORE, Keeper.WALLBOX),
        (["mine", "mine"], "mine", BEFORE, Keeper.WALLBOX),
        (["mine"], NOBODY, LocalList(), Keeper.WALLBOX),
        (["mine"], NOBODY, BEFORE, Keeper.GATEWAY),
        (["mine"], "other", BEFORE, Keeper.GATEWAY),
        (BOTH, "mine", BEFORE, Keeper.GATEWAY),
        (BOTH, NOBODY, LocalList(), Keeper.GATEWAY),
        (["other"], "other", BEFORE, Keeper.GATEWAY),
        ([], None, BEFORE, Keeper.GATEWAY),
    ],
)
def test_only_the_one_backend_of_a_wallbox_has_its_list_there_r56_r105(
    links: list[str], owner: str | None, ours: LocalList, keeper: Keeper
) -> None:
    assert keeper_of("mine", ours, links, owner) is keeper


@pytest.mark.parametrize(
    ("links", "owner", "expected"),
    [
        (BOTH, None, True),
        (BOTH, "mine", True),
        (BOTH, NOBODY, False),
        (["mine"], None, False),
        (["mine"], NOBODY, False),
        (["mine"], "mine", False),
        (["mine"], "other", True),
        ([], None, False),
        ([], NOBODY, False),
        ([], "mine", True),
    ],
)
def test_a_list_of_one_backend_lets_nobody_in_for_another_r105(
    links: list[str], owner: str | None, *, expected: bool
) -> None:
    assert is_anothers(links, owner) is expected


TAGS = st.text(min_size=1, max_size=5)
INFOS = st.builds(TagInfo, st.sampled_from(AuthorizationStatus), st.none() | st.just(NOON))


@given(st.integers(1, 2**31), st.dictionaries(TAGS, INFOS, max_size=5))
def test_what_is_stored_of_a_list_is_the_list(version: int, entries: dict[str, TagInfo]) -> None:
    mirrored = LocalList(version, {fold(tag): info for tag, info in entries.items()})
    assert read_list(list_text(mirrored)) == mirrored


@pytest.mark.parametrize("text", ["", "[]", '{"version":"x"}', '{"entries":{"a":{}}}'])
def test_anything_else_is_no_stored_list(text: str) -> None:
    assert read_list(text) is None
