"""Whose TriggerMessage a MeterValues answers: the manager's own or a backend's (R88)."""

from typing import Final

WINDOW_S: Final = 5.0
"""s after a TriggerMessage within which what it triggered must come (R88)."""


class MeterTriggers:
    """The TriggerMessages for MeterValues that one wallbox was sent lately.

    Connectors are those of the wallbox. Every `now` is in monotonic s.
    """

    __slots__ = ("_backend", "_own")

    def __init__(self) -> None:
        self._own: dict[int, float] = {}
        self._backend: dict[int | None, float] = {}

    def expect(self, connector: int, now: float) -> None:
        """The manager asked for the values of a connector."""
        self._own[connector] = now

    def backend_asked(self, connector: int | None, now: float) -> None:
        """A backend asked; None where it named no connector, which means all."""
        self._backend[connector] = now

    def is_own(self, connector: int, now: float) -> bool:
        """Whether values that come now were triggered by the manager alone.

        The first after each TriggerMessage only: asking takes it off the list.
        """
        asked_at = self._own.pop(connector, None)
        if asked_at is None or now - asked_at > WINDOW_S:
            return False
        backend_at = (self._backend.get(connector), self._backend.get(None))
        return not any(at is not None and now - at <= WINDOW_S for at in backend_at)
