from wattgate.core.wallbox.shown_card import CARD_STAYS_S, ShownCard


def settle(card: ShownCard, now: float, was: bool, plugged: bool) -> str:
    card.settle(now, came_from_car=was, is_plugged=plugged)
    return card.id_tag


def test_a_card_stays_with_its_car() -> None:
    card = ShownCard()
    assert card.deadline(is_plugged=False) is None
    card.show("A", 0.0)
    assert card.deadline(is_plugged=False) == CARD_STAYS_S
    assert settle(card, 10.0, was=False, plugged=True) == "A"
    assert card.deadline(is_plugged=True) is None
    assert settle(card, 900.0, was=True, plugged=True) == "A"
    assert settle(card, 901.0, was=True, plugged=False) == ""
    assert card.count == 1


def test_a_card_without_a_car_goes_after_a_while_and_the_newest_counts() -> None:
    card = ShownCard()
    card.show("A", 0.0)
    card.show("B", 60.0)
    assert settle(card, 179.9, was=False, plugged=False) == "B"
    assert settle(card, 180.0, was=False, plugged=False) == ""
    assert card.count == 2
