"""What belongs to one backend link beside its login and its queue: put together here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from wattgate.core.gateway.configuration.config_keys import ATTEMPTS, RETRY_INTERVAL
from wattgate.core.gateway.link.security_events import EVENT_OF, SecurityEvent
from wattgate.core.gateway.outbox import RetryPolicy
from wattgate.ports.store import NoteRecord, Store
from wattgate.runtime.gateway.backend_configuration import BackendConfiguration
from wattgate.runtime.gateway.commands.report_turns import ReportTurns
from wattgate.runtime.gateway.delivery.outbox_pump import OutboxPump
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway.link.kept_reports import KeptReports
from wattgate.runtime.gateway.link.link_commands import LinkCommands
from wattgate.runtime.gateway.link.north_login import NorthLogin
from wattgate.runtime.gateway.link.own_side import OwnSide
from wattgate.runtime.gateway.link.security_reports import SecurityReports
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor


@dataclass(frozen=True, slots=True, eq=False)
class NorthSide:
    """One backend's configuration, key, reports and events.

    `turns`: whose turn it is among its commands at each wallbox, where it only listens (R106).
    """

    pump: OutboxPump
    configuration: BackendConfiguration
    login: NorthLogin
    commands: LinkCommands
    kept_reports: KeptReports
    security: SecurityReports
    turns: defaultdict[str, ReportTurns] = field(default_factory=lambda: defaultdict(ReportTurns))

    @property
    def link_id(self) -> str:
        """The link that it belongs to."""
        return self.pump.link_id

    def serve(self, link: BackendLink) -> None:
        """Take part in the life of the link, before it begins."""
        self.apply_retries()
        self.pump.on_security_event = lambda taken: self.security.understood(yes=taken)
        link.accepted_as = lambda: self.login.accepted_as
        link.on_accepted = partial(self.kept_reports.send, link)
        self.login.on_proven = partial(self.security.report, SecurityEvent.RECONFIGURED)
        self.login.on_tls_fault = lambda fault: self.security.report(EVENT_OF[fault])
        self.commands.report_to(self.security.report)
        self.security.report(SecurityEvent.STARTUP)

    def apply_retries(self) -> None:
        """Let the queue try as often as the backend asked for (R66)."""
        values, present = self.configuration.values, self.pump.retry
        self.pump.retry = RetryPolicy(
            attempts=int(values.get(ATTEMPTS, present.attempts)),
            interval_s=float(values.get(RETRY_INTERVAL, present.interval_s)),
        )


def north_side(
    own: OwnSide,
    pump: OutboxPump,
    store: Store,
    tools: Tools,
    tasks: Supervisor,
    notes: Iterable[NoteRecord],
) -> NorthSide:
    """Put it together, with what is known from before."""
    notes = tuple(notes)
    return NorthSide(
        pump,
        own.configuration,
        own.login,
        own.commands,
        KeptReports(pump.link_id, store, tasks, notes),
        SecurityReports(pump, store, tools, tasks, notes),
    )
