"""Which id on one side belongs to which on the other (R60)."""

from collections.abc import Iterable

from wattgate.core.errors import LocalUsageError


class IdMap:
    """A bijection between our ids and a peer's, within one link.

    Binding a pair again is harmless, since wallboxes and backends repeat themselves; binding
    against an earlier word is a bug and refused.
    """

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._theirs: dict[int, int] = {}
        self._ours: dict[int, int] = {}
        for our_id, their_id in pairs:
            self.bind(our_id, their_id)

    def bind(self, our_id: int, their_id: int) -> None:
        """Remember that `our_id` is `their_id` over there.

        Raises:
            LocalUsageError: either id is bound to another one already.
        """
        known = self._theirs.get(our_id, their_id), self._ours.get(their_id, our_id)
        if known != (their_id, our_id):
            msg = f"binding {our_id} to {their_id} contradicts an earlier binding {known}"
            raise LocalUsageError(msg)
        self._theirs[our_id] = their_id
        self._ours[their_id] = our_id

    def theirs(self, our_id: int) -> int | None:
        """The peer's id for ours; None while it is unknown."""
        return self._theirs.get(our_id)

    def ours(self, their_id: int) -> int | None:
        """Our id for the peer's; None where it was never bound."""
        return self._ours.get(their_id)

    def forget(self, our_id: int) -> None:
        """Drop a pair; an unknown one is fine."""
        their_id = self._theirs.pop(our_id, None)
        if their_id is not None:
            del self._ours[their_id]

    def __len__(self) -> int:
        return len(self._theirs)
