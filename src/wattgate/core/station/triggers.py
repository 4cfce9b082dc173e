"""Who had a wallbox say something by TriggerMessage: the manager or a backend, and which (R88)."""

from typing import Final

WINDOW_S: Final = 5.0
"""s after a TriggerMessage within which what it triggered must come (R88)."""

METER_VALUES: Final = "MeterValues"


class Triggers:
    """The TriggerMessages that one wallbox was sent lately, by the message that they ask for.

    Connectors are those of the wallbox. Every `now` is in monotonic s.
    """

    __slots__ = ("_own", "_theirs")

    def __init__(self) -> None:
        self._own: dict[int, float] = {}
        self._theirs: dict[tuple[str, int | None, str], float] = {}

    def expect(self, connector: int, now: float) -> None:
        """The manager asked for the meter values of a connector."""
        self._own[connector] = now

    def asked(self, link_id: str, message: str, connector: int | None, now: float) -> None:
        """The backend of that link asked; None where it named no connector, which means all."""
        self._theirs = {key: at for key, at in self._theirs.items() if now - at <= WINDOW_S}
        self._theirs[message, connector, link_id] = now

    def links(self, message: str, connector: int | None, now: float) -> frozenset[str]:
        """The links whose backends asked for a message of that kind that comes now."""
        return frozenset(
            link_id
            for (asked, place, link_id), at in self._theirs.items()
            if asked == message and place in (connector, None) and now - at <= WINDOW_S
        )

    def askers(self, connector: int, now: float) -> frozenset[str] | None:
        """The links that are to hear of triggered meter values which come now.

        Nobody where only the manager asked: of the first after each of its TriggerMessages this
        is so, since looking takes it off the list. None: nobody is known to have asked.
        """
        own_at = self._own.pop(connector, None)
        theirs = self.links(METER_VALUES, connector, now)
        if theirs or (own_at is not None and now - own_at <= WINDOW_S):
            return theirs
        return None
