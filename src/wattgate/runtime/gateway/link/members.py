"""Whose connectors stand behind one login, whose wallboxes are here, and whose boot data it has.

Each is known by its connector number at the backend; an EVSE that shares with nobody is the only
one.
"""


class Members:
    """The EVSEs of one link; the one with the lowest number speaks for all of them.

    Those that are retiring speak only where nobody else is left.
    """

    def __init__(self) -> None:
        self._boot_texts: dict[int, str] = {}
        self._here: set[int] = set()
        self._retiring: set[int] = set()
        self.give_way = False
        """Whether another login is the same charge point there: this one has nobody here then."""

    @property
    def boot_text(self) -> str | None:
        """The boot data of the speaker; None before anybody has booted."""
        known = self._staying or self._boot_texts.keys()
        return self._boot_texts[min(known)] if known else None

    @property
    def anyone_here(self) -> bool:
        """Whether a wallbox is connected for which the login is needed."""
        return bool(self._here) and not self.give_way

    @property
    def are_retiring(self) -> bool:
        """Whether none of those whose boot data are known stays."""
        return not self._staying

    def speaks(self, number: int) -> bool:
        """Whether what this wallbox says of itself is said of the whole charge point."""
        staying = self._staying
        return number not in self._retiring and (not staying or number == min(staying))

    def booted(self, number: int, boot_text: str) -> None:
        """Boot data came, or are known from before."""
        self._boot_texts[number] = boot_text

    def came(self, number: int) -> None:
        """A wallbox is connected."""
        self._here.add(number)

    def left(self, number: int) -> None:
        """A wallbox is gone."""
        self._here.discard(number)

    def retires(self, number: int) -> None:
        """An EVSE is here only until its end has been told."""
        self._retiring.add(number)

    def returns(self, number: int) -> None:
        """An EVSE that was retiring stays."""
        self._retiring.discard(number)

    def leaves(self, number: int) -> None:
        """An EVSE is here no more."""
        self._boot_texts.pop(number, None)
        self._here.discard(number)
        self._retiring.discard(number)

    @property
    def _staying(self) -> set[int]:
        return self._boot_texts.keys() - self._retiring
