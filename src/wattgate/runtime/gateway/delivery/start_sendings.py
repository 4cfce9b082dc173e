"""Which StartTransactions a backend may know already, also after a restart (R67).

OCPP 1.6 has no key for a repeated message. A backend that got a start and whose answer was lost
says ConcurrentTx to the repetition: the card is in use, by this very transaction. So that this is
told apart from a real rival, the first sending of a start is noted in the store before it begins.
"""

from collections.abc import Iterable
from typing import Final

from wattgate.core.gateway.outbox import Draft
from wattgate.ports.store import Change, DeleteNote, NoteRecord, SaveNote, Store

_ACTION: Final = "StartTransaction"


class StartSendings:
    """The starts of one link that were sent and not yet taken, by our transaction id.

    A start that was given up keeps its note: it may be sent again one day.
    """

    def __init__(self, link_id: str, store: Store) -> None:
        self._scope = f"start sent {link_id}"
        self._store = store
        self._sendings: dict[int, int] = {}

    def recover(self, notes: Iterable[NoteRecord]) -> None:
        """Take over what was noted before a restart."""
        self._sendings = {int(note.name): 1 for note in notes if note.scope == self._scope}

    async def begin(self, draft: Draft) -> None:
        """Note that a start is about to be sent; may raise StoreFailed, then it must not be."""
        transaction_id = draft.transaction_id
        if draft.action != _ACTION or transaction_id is None:
            return
        sendings = self._sendings.get(transaction_id, 0)
        if not sendings:
            await self._store.commit(SaveNote(NoteRecord(self._scope, str(transaction_id), "")))
        self._sendings[transaction_id] = sendings + 1

    def never_left(self, draft: Draft) -> None:
        """The sending that began last did not reach the link."""
        if draft.action == _ACTION and draft.transaction_id in self._sendings:
            self._sendings[draft.transaction_id] -= 1

    def may_be_known(self, draft: Draft) -> bool:
        """Whether the backend may have got the start before the sending that began last."""
        return draft.transaction_id is not None and self._sendings.get(draft.transaction_id, 0) > 1

    def taken(self, transaction_id: int) -> Change:
        """Forget a start; the change belongs to the commit that settles it."""
        self._sendings.pop(transaction_id, None)
        return DeleteNote(self._scope, str(transaction_id))
