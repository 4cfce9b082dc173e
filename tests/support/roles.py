"""Sites in virtual time whose EVSEs have backends of different roles, each known by a name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.frames import HOUSE, Literal, literal_backend, literal_wallbox, settled
from tests.support.world import World, status_of

from wattgate.runtime.station.station import Station
from wattgate.runtime.station.station_evse import StationEvse

Role = tuple[str, str]
"""Role and commands of a gateway, as in a site file; the commands may be empty."""

PRIMARY: Role = ("primary", "")
LISTENER: Role = ("report", "")
NOBODY: Role = ("report", '"none"')
HELPER: Role = ("report", '"all"')


def site_text(evses: Mapping[str, Mapping[str, Role]], more: str = "") -> str:
    """EVSEs of one wallbox, on connectors from 1 on, each with its backends by their names."""
    parts = [HOUSE, more]
    for connector, (evse_id, backends) in enumerate(evses.items(), 1):
        parts.append(f'[[evse]]\nid = "{evse_id}"\naddress = "CP1"\nconnector = {connector}\n')
        for name, (role, commands) in backends.items():
            parts.append(f'[[evse.gateway]]\nurl = "ws://{name}/"\nrole = "{role}"\n')
            if commands:
                parts.append(f"commands = {commands}\n")
    return "".join(parts)


@dataclass
class Several:
    """One wallbox and its backends by their names, all logged in."""

    world: World
    wallbox: Literal
    backends: dict[str, Literal]

    def __getitem__(self, name: str) -> Literal:
        """The backend of that name."""
        return self.backends[name]

    @property
    def station(self) -> Station:
        """What the manager has of the wallbox."""
        assert self.world.manager is not None
        return self.world.manager.stations.by_id["CP1"]

    def evse(self, evse_id: str) -> StationEvse:
        """What the manager has of an EVSE."""
        (found,) = [each for each in self.station.evses if each.evse_id == evse_id]
        return found

    def link_id(self, name: str) -> str:
        """The link of the backend of that name."""
        found = {
            backend.link_id
            for evse in self.station.evses
            for backend in evse.backends
            if f"@{name}" in backend.link_id
        }
        (link_id,) = found
        return link_id

    async def start(self, connector: int = 1, **more: Any) -> int:  # noqa: ANN401 - as in JSON
        """Begin a transaction; our id of it."""
        request = {
            "connectorId": connector,
            "idTag": "04A1",
            "meterStart": 1000,
            "timestamp": "2026-05-15T14:25:12Z",
        }
        answer = await self.wallbox.ask("StartTransaction", request | more)
        number: int = answer[2]["transactionId"]
        await settled()
        return number

    async def stop(self, transaction_id: int, reason: str = "Local") -> None:
        """End a transaction, by our id of it."""
        request = {
            "transactionId": transaction_id,
            "meterStop": 2000,
            "reason": reason,
            "timestamp": "2026-05-15T15:00:00Z",
        }
        await self.wallbox.ask("StopTransaction", request)
        await settled()

    async def restart(self) -> None:
        """Kill the manager, start it on what is stored, and have the wallbox come back."""
        connectors = len(self.station.evses)
        await self.world.kill()
        await self.world.start()
        await _there(self.world, self.wallbox, self.backends, connectors)

    def forget(self) -> None:
        """Forget the calls that came so far."""
        for each in (self.wallbox, *self.backends.values()):
            each.calls.clear()
            each.texts.clear()


async def several(
    evses: Mapping[str, Mapping[str, Role]],
    wallbox: Literal | None = None,
    more: str = "",
) -> Several:
    """Start such a site with everybody there; what came so far is forgotten."""
    world = World(site_text(evses, more))
    names = dict.fromkeys(name for backends in evses.values() for name in backends)
    backends = {name: literal_backend(1000 * nth + 1) for nth, name in enumerate(names, 1)}
    world.dialer.backends |= {f"ws://{name}/CP1": each for name, each in backends.items()}
    await world.start()
    site = Several(world, wallbox or literal_wallbox(), backends)
    await _there(world, site.wallbox, backends, len(evses))
    return site


async def _there(
    world: World, wallbox: Literal, backends: Mapping[str, Literal], connectors: int
) -> None:
    await world.boot("CP1", wallbox)
    for number in range(2, connectors + 1):
        await wallbox.ask("StatusNotification", status_of(number, "Available"))
    for each in backends.values():
        await each.got("StatusNotification")
    await settled()
    for end in (wallbox, *backends.values()):
        end.calls.clear()
        end.texts.clear()
