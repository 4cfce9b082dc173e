"""Whose wallboxes stand behind one login, which of them are here, and with whose boot data it is.

Each is known by its connector number at the backend; an EVSE that shares with nobody is the only
one.
"""


class Members:
    """The wallboxes of one link; the one with the lowest number speaks for all of them."""

    def __init__(self) -> None:
        self._boot_texts: dict[int, str] = {}
        self._here: set[int] = set()

    @property
    def boot_text(self) -> str | None:
        """The boot data of the speaker; None before anybody has booted."""
        return self._boot_texts[min(self._boot_texts)] if self._boot_texts else None

    @property
    def anyone_here(self) -> bool:
        """Whether a wallbox is connected."""
        return bool(self._here)

    def speaks(self, number: int) -> bool:
        """Whether what this wallbox says of itself is said of the whole charge point."""
        return not self._boot_texts or number == min(self._boot_texts)

    def booted(self, number: int, boot_text: str) -> None:
        """Boot data came, or are known from before."""
        self._boot_texts[number] = boot_text

    def came(self, number: int) -> None:
        """A wallbox is connected."""
        self._here.add(number)

    def left(self, number: int) -> None:
        """A wallbox is gone."""
        self._here.discard(number)
