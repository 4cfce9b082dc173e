"""A card is presented when its register changes to it, and at no other time."""

import pytest

from wattgate.core.modbus.card_register import CardRegister, id_tag_of

Look = tuple[str, int]


@pytest.mark.parametrize(
    ("looks", "shown"),
    [
        pytest.param([("", 1), ("04A2", 1)], ["04A2"], id="a card comes"),
        pytest.param([("04A2", 1), ("04A2", 1)], [], id="what was there before is no new one"),
        pytest.param([("", 1), ("04A2", 1), ("04A2", 1)], ["04A2"], id="it is seen twice"),
        pytest.param([("", 1), ("04A2", 1), ("", 1), ("04A2", 1)], ["04A2"] * 2, id="and again"),
        pytest.param([("", 1), ("04A2", 1), ("0555", 1)], ["04A2", "0555"], id="another one"),
        pytest.param([("", 1), ("04A2", 2), ("04A2", 2)], [], id="after a break it is history"),
        pytest.param([("", 1), ("", 2), ("04A2", 2)], ["04A2"], id="after a break one comes"),
    ],
)
def test_a_card_counts_once_when_it_comes_r108(looks: list[Look], shown: list[str]) -> None:
    register, seen = CardRegister(), []
    for card, connection in looks:
        if register.shows(card, connection):
            seen.append(card)
        register = register.after(card, connection)
    assert seen == shown


@pytest.mark.parametrize(
    ("card", "id_tag"), [("04A2", "04A2"), ("", None), ("0" * 20, "0" * 20), ("0" * 21, None)]
)
def test_a_card_that_ocpp_cannot_name_is_none(card: str, id_tag: str | None) -> None:
    assert id_tag_of(card) == id_tag
