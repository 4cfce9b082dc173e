"""When gateways of different EVSEs are one login at one backend."""

from collections.abc import Hashable
from dataclasses import dataclass

from wattgate.core.site.backends import GatewaySettings
from wattgate.core.site.destinations import destination, link_place
from wattgate.core.site.devices import EvseSettings


@dataclass(frozen=True, slots=True)
class Login:
    """A gateway and the EVSE that it is written at; its URL has no complaint."""

    evse: EvseSettings
    gateway: GatewaySettings

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """What another login must not have, unless they are one: also the name of the queue.

        A queue outlasts a change from `ws` to `wss`.
        """
        identity = self.evse.own_identity
        queue = link_place(self.gateway, self.gateway.identity(identity))
        return (destination(self.gateway, identity), queue)

    def may_share_with(self, other: "Login") -> bool:
        """Whether both can be connectors of one charge point: one wallbox, or none with OCPP."""
        if self.evse.is_on_modbus or other.evse.is_on_modbus:
            return self.evse.is_on_modbus and other.evse.is_on_modbus
        return self.evse.address == other.evse.address

    def is_shared_with(self, other: "Login") -> bool:
        """Whether two EVSEs go to one backend as one charge point."""
        is_another = self.evse.id != other.evse.id
        return is_another and self.may_share_with(other) and not {*self.keys}.isdisjoint(other.keys)
