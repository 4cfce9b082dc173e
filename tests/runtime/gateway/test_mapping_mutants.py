"""Defects in each mapping, planted one at a time: the audit of several backends finds each (R60).

Connectors, transactions, reservations, profile ids and message ids.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from tests.support.interleaving_run import audited
from tests.support.interleaving_several import a_story_of_several
from tests.support.planted import raw_message_ids

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.commands.reservations import ReservationBook
from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.gateway.commands.sharing import addressee
from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.policy import Path
from wattgate.core.gateway.profiles.profile_numbers import ProfileNumbers
from wattgate.core.station.transactions import TransactionRecord
from wattgate.ports.store import BindTransaction, Change
from wattgate.runtime.gateway.commands.shared_commands import SharedCommands
from wattgate.runtime.gateway.delivery import outbox_pump

pytestmark = pytest.mark.story

SEEDS: Final = range(30)
"""As many as the honest manager passes in the quick profile."""

Plant = Callable[[pytest.MonkeyPatch], None]


def the_wallboxs_connector_goes_north(patch: pytest.MonkeyPatch) -> None:
    def as_it_is(self: ConnectorMap, payload_text: str, path: Path | None) -> str:
        return payload_text

    patch.setattr(ConnectorMap, "to_backend", as_it_is)


def the_backends_connector_goes_south(patch: pytest.MonkeyPatch) -> None:
    def as_it_is(self: ConnectorMap, payload_text: str, path: Path | None) -> str:
        return payload_text

    patch.setattr(ConnectorMap, "to_wallbox", as_it_is)


def connectors_of_a_shared_login_are_all_the_first(patch: pytest.MonkeyPatch) -> None:
    def the_first(action: str, payload_text: str, numbers: Any) -> Any:  # noqa: ANN401
        whom = addressee(action, payload_text, numbers)
        return min(numbers) if isinstance(whom, int) else whom

    patch.setattr("wattgate.runtime.gateway.commands.shared_commands.addressee", the_first)


def every_backend_is_told_the_number_of_the_one_that_bills(patch: pytest.MonkeyPatch) -> None:
    def of_the_first(record: TransactionRecord, link_id: str) -> int | None:
        return record.backend_transaction_id

    patch.setattr(outbox_pump, "id_at", of_the_first)


def numbers_are_bound_to_the_link_that_bills(patch: pytest.MonkeyPatch) -> None:
    commit = MemoryStore.commit

    async def misbound(self: MemoryStore, *changes: Change) -> Any:  # noqa: ANN401
        known = self._tables.transactions
        return await commit(self, *(_misbound(each, known) for each in changes))

    patch.setattr(MemoryStore, "commit", misbound)


def _misbound(change: Change, known: dict[int, TransactionRecord]) -> Change:
    if not isinstance(change, BindTransaction):
        return change
    record = known[change.transaction_id]
    if record.start.link_id is None or record.backend_transaction_id is not None:
        return change
    return replace(change, link_id=record.start.link_id)


def a_transaction_is_found_by_its_number_at_any_link(patch: pytest.MonkeyPatch) -> None:
    async def of_any(self: MemoryStore, _: str, number: int) -> TransactionRecord | None:
        found = self._readable().transactions.values()
        ids = ((each, {each.backend_transaction_id, *each.report_ids.values()}) for each in found)
        return next((each for each, numbers in ids if number in numbers), None)

    async def whoever_asks(self: SharedCommands, *_: object) -> str:
        return self.members[0].evse.evse_id

    patch.setattr(MemoryStore, "transaction_of_backend", of_any)
    patch.setattr(SharedCommands, "_owner", whoever_asks)


def reservations_keep_the_backends_number(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReservationBook, "_new_id", lambda _, their_id, may_stay: their_id)


def whoever_names_a_reservation_may_cancel_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReservationBook, "cancelled_id", lambda self, link_id, their_id, sole: their_id)


def profiles_keep_the_backends_number(patch: pytest.MonkeyPatch) -> None:
    def its_own(self: ProfileNumbers, owner: str, their_id: int, _: object) -> ProfileNumbers:
        return ProfileNumbers({**self.given, (owner, their_id): their_id})

    patch.setattr(ProfileNumbers, "with_one", its_own)


def everybody_may_do_everything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rights, "may", lambda self, action: True)


def a_report_is_heard_about_cards(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(outbox_pump, "counts", lambda record, link_id: True)


MUTANTS: Final[tuple[Plant, ...]] = (
    the_wallboxs_connector_goes_north,
    the_backends_connector_goes_south,
    connectors_of_a_shared_login_are_all_the_first,
    every_backend_is_told_the_number_of_the_one_that_bills,
    numbers_are_bound_to_the_link_that_bills,
    a_transaction_is_found_by_its_number_at_any_link,
    reservations_keep_the_backends_number,
    whoever_names_a_reservation_may_cancel_it,
    profiles_keep_the_backends_number,
    everybody_may_do_everything,
    a_report_is_heard_about_cards,
    raw_message_ids,
)


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_the_audit_of_several_backends_catches_a_planted_defect(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert any(audited(seed, a_story_of_several)[1] for seed in SEEDS)
