"""Limits in the words of one OCPP 1.6 wallbox."""

from collections.abc import Callable

from wattgate.core.ocpp.session import Priority
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.charging_keys import KnownKeys
from wattgate.runtime.charging.confirmation import CompositeSchedules
from wattgate.runtime.charging.connector_charging import ConnectorCharging
from wattgate.runtime.charging.profile_commands import ACCEPTED, Commands, verdict
from wattgate.runtime.charging.wallbox_line import WallboxLine
from wattgate.runtime.station.presence import Presence
from wattgate.runtime.supervisor import Supervisor


class SmartCharging:
    """Speaks about current to one wallbox; `alone` where it has one EVSE only.

    Without `tasks` nothing is verified in the background, without `behaviours` nothing is learned.
    """

    def __init__(
        self,
        presence: Presence,
        *,
        alone: bool,
        behaviours: Behaviours | None = None,
        tasks: Supervisor | None = None,
    ) -> None:
        commands = Commands(presence)
        self._line = WallboxLine(
            presence,
            commands,
            KnownKeys(presence, commands),
            CompositeSchedules(commands),
            behaviours,
            tasks,
            alone,
        )
        self._connectors: list[ConnectorCharging] = []

    @property
    def profile_writes(self) -> int:
        """How many SetChargingProfile went out to the wallbox: each wears its memory."""
        return self._line.commands.profile_writes

    def connector(self, number: int, in_use: Callable[[], bool]) -> ConnectorCharging:
        """The limits of one connector; `in_use` tells whether a transaction runs there."""
        self._line.in_use[number] = in_use
        charging = ConnectorCharging(self._line, number)
        self._connectors.append(charging)
        return charging

    def forget(self) -> None:
        """It booted: ask anew what it can, it may have other firmware since."""
        self._line.keys.ask_again()
        self._line.schedules.forget()
        for charging in self._connectors:
            charging.forget()

    async def ask_for_state(self, connectors: tuple[int, ...]) -> None:
        """Ask a wallbox that came back without a boot what its connectors do (R44)."""
        if self._line.presence.boot_text is None:
            await self._trigger('{"requestedMessage":"BootNotification"}')
        for connector in connectors:
            await self._trigger(
                f'{{"requestedMessage":"StatusNotification","connectorId":{connector}}}'
            )

    async def stop_transaction(self, transaction_id: int) -> LimitOutcome:
        """End a transaction, by the id that the wallbox knows."""
        payload = f'{{"transactionId":{transaction_id}}}'
        commands = self._line.commands
        return verdict(
            await commands.send("RemoteStopTransaction", payload, Priority.STOP), ACCEPTED
        )

    def in_background(self, charging: ConnectorCharging, now: float) -> None:
        """Have a connector measure, without anybody waiting for it."""
        if self._line.tasks is not None:
            name = f"{self._line.presence.station_id} measurement"
            self._line.tasks.spawn(charging.measurements.ask(now), name=name)

    async def _trigger(self, payload_text: str) -> None:
        await self._line.commands.send("TriggerMessage", payload_text, Priority.POLL)
