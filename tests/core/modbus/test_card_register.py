"""A card is presented when its register changes to it, and at no other time."""

import pytest

from wattgate.core.modbus.card_register import CardRegister, id_tag_of


@pytest.mark.parametrize(
    ("looks", "shown"),
    [
        pytest.param([("", None, 1), ("04A2", None, 1)], ["04A2"], id="a card comes"),
        pytest.param([("04A2", None, 1)] * 2, [], id="what was there before is no new one"),
        pytest.param([("", None, 1), *[("04A2", None, 1)] * 2], ["04A2"], id="it is seen twice"),
        pytest.param(
            [("", None, 1), ("04A2", None, 1), ("", None, 1), ("04A2", None, 1)],
            ["04A2", "04A2"],
            id="it goes and comes again",
        ),
        pytest.param(
            [("", None, 1), ("04A2", None, 1), ("0555", None, 1)],
            ["04A2", "0555"],
            id="another one",
        ),
        pytest.param(
            [("", 0, 1), ("04A2", 1, 1), ("04A2", 2, 1), ("04A2", 2, 1), ("", 2, 1)],
            ["04A2", "04A2"],
            id="the same one is counted again",
        ),
        pytest.param([("", 0, 1), ("", 1, 1)], [], id="counted, and gone before anybody looked"),
        pytest.param([("", 0, 1), *[("04A2", 1, 2)] * 2], [], id="after a break it is history"),
        pytest.param([("", 7, 1), ("", 0, 2), ("04A2", 1, 2)], ["04A2"], id="after a break, new"),
    ],
)
def test_a_card_counts_once_when_it_comes_r108(
    looks: list[tuple[str, int | None, int]], shown: list[str]
) -> None:
    before, seen = CardRegister(), []
    for card, count, connection in looks:
        now = CardRegister(card, count, connection)
        if before.shows(now):
            seen.append(card)
        before = now
    assert seen == shown


@pytest.mark.parametrize(
    ("card", "id_tag"), [("04A2", "04A2"), ("", None), ("0" * 20, "0" * 20), ("0" * 21, None)]
)
def test_a_card_that_ocpp_cannot_name_is_none(card: str, id_tag: str | None) -> None:
    assert id_tag_of(card) == id_tag
