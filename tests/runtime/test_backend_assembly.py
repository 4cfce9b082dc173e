"""Which EVSEs need a backend, and what its login is called after."""

import pytest
from tests.support.shared_login import a_sharer
from tests.support.stores import start

from wattgate.core.site.model import EvseSettings
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import Recovered
from wattgate.runtime.backend_assembly import identity_of, needs_backend
from wattgate.runtime.gateway.seats import Seat

SEAT = Seat("a SITE@billing.example", "a", 2)
OFF: EvseSettings = a_sharer("b", enabled=False)


def open_at(evse_id: str, link_id: str = SEAT.link_id) -> Recovered:
    begun = start(evse_id=evse_id, link_id=link_id)
    return Recovered(open_transactions=(TransactionRecord(1, begun),))


@pytest.mark.parametrize(
    ("settings", "recovered", "needed"),
    [
        (a_sharer("b"), Recovered(), True),
        (OFF, Recovered(), False),
        (OFF, open_at("b"), True),
        (OFF, open_at("a"), False),
        (OFF, open_at("b", "another"), False),
        (OFF, Recovered(outbox_depths={SEAT.link_id: 1}), True),
        (OFF, Recovered(outbox_depths={SEAT.link_id: 0, "another": 1}), False),
    ],
    ids=["on", "off", "its own", "another's", "elsewhere", "owed", "nothing owed"],
)
def test_a_deactivated_evse_logs_in_for_what_it_owes_and_for_its_own_car(
    settings: EvseSettings, recovered: Recovered, *, needed: bool
) -> None:
    assert needs_backend(settings, SEAT, recovered) is needed


def test_p16_certificates_and_queue_are_called_after_the_evse_that_began_the_login() -> None:
    sharer = a_sharer("b")
    identity = identity_of(sharer, sharer.gateways[0], SEAT)
    assert (identity.link_id, identity.client_id) == ("a SITE@billing.example", "SITE")
    assert identity.target.url == "ws://billing.example/SITE"
    assert identity.target.tls is not None
    assert identity.target.tls.certificates == "a"
