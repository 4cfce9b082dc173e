"""Which charge points the backends of a random story see, and by which numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_CONNECTOR: Final = re.compile(r'("connectorId"\s*:\s*)(\d+)')


@dataclass(frozen=True)
class Login:
    """A charge point at a backend, and the connectors of a wallbox that it has.

    `numbers` are the backend's by the wallbox's; `commands` is None where it may do everything,
    else the actions that it may ask for.
    """

    backend: str
    client_id: str
    box: str
    link_id: str
    numbers: Mapping[int, int]
    is_primary: bool = True
    commands: frozenset[str] | None = None

    @property
    def party(self) -> str:
        """The far end of its link, as the journal calls it."""
        return f"{self.backend} {self.client_id}"

    def may(self, action: str) -> bool:
        """Whether it may ask the wallbox for that."""
        return self.commands is None or action in self.commands

    def renumbered(self, text: str) -> str:
        """What the wallbox wrote, with the connector's number at this backend."""
        return _CONNECTOR.sub(lambda found: found[1] + str(self.numbers[int(found[2])]), text)
