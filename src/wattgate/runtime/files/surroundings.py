"""What passing files on needs to know and to reach."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from wattgate.core.site.file_relay import FileRelaySettings
from wattgate.core.site.model import Site
from wattgate.ports.files import Counter, FileFolder, FileServers, Reach
from wattgate.runtime.files.desk import Desk
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Outside:
    """The backends' servers, a folder, and the port for wallboxes, made for who serves them."""

    servers: FileServers
    folder: FileFolder
    counter: Callable[[Desk], Counter]


Report = Callable[[str, str, str], Awaitable[None]]
"""Hands a report to a backend, by link id, action and payload; raises StoreFailed."""


@dataclass(frozen=True, slots=True)
class Links:
    """What is to be known of backends, by link id, and of wallboxes, by ChargeBox ID.

    `own_reach` names a backend's own host and its terms of TLS; `host_of` the address that a
    wallbox comes from, empty while it is away.
    """

    own_reach: Callable[[str], Reach]
    report: Report
    host_of: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it; the settings count as they are now."""

    site: Callable[[], Site]
    outside: Outside
    links: Links
    tools: Tools
    tasks: Supervisor

    @property
    def settings(self) -> FileRelaySettings:
        """The site's `[file_relay]`."""
        return self.site().file_relay

    @property
    def max_bytes(self) -> int:
        """How large a file may be."""
        return self.settings.max_mb * 2**20

    def lifetime(self) -> timedelta:
        """For how long a file may take each half of its way."""
        return timedelta(hours=self.settings.lifetime_h)

    def reach(self, link_id: str) -> Reach:
        """How far we go for the backend of a link."""
        return replace(
            self.links.own_reach(link_id),
            into_the_house=self.settings.private_targets,
            max_bytes=self.max_bytes,
        )
