"""What whoever uses the API may do with it."""

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """Each covers those before it."""

    READ = "read"
    """Look at what there is; nothing changes."""
    OPERATE = "operate"
    """Also act on EVSEs, send messages again, and tell what the house draws."""
    ADMIN = "admin"
    """Also settings, certificates, passwords and tokens."""

    def covers(self, needed: "Scope") -> bool:
        """Whether it is enough for what needs the other one."""
        return _RANK[self] >= _RANK[needed]


_RANK: Final = {scope: rank for rank, scope in enumerate(Scope)}
