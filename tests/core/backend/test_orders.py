from typing import get_args

from wattgate.core.backend import orders
from wattgate.core.backend.commands import FORMS


def test_every_order_has_a_verb() -> None:
    assert len(get_args(orders.Command)) <= len(FORMS)


def test_registrations_are_those_of_ocpp() -> None:
    assert orders.REGISTRATIONS == ("Accepted", "Pending", "Rejected")
