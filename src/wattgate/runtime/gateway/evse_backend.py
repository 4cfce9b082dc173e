"""One backend of an EVSE: its login, what belongs to that, and what it has set for this EVSE."""

from dataclasses import dataclass

from wattgate.core.gateway.connectors import ConnectorMap
from wattgate.core.gateway.profiles.virtual_profiles import VirtualProfiles
from wattgate.core.site.model import GatewayRole, GatewaySettings
from wattgate.runtime.gateway.link.backend_link import BackendLink
from wattgate.runtime.gateway.north_side import NorthSide


@dataclass(slots=True, eq=False)
class EvseBackend:
    """What one of the EVSE's gateways is while the manager runs.

    Other EVSEs may have the same `link` and `north`; the rest is of this EVSE alone. `gateway` may
    be replaced at any time. `connectors` says what its connector is called at the wallbox and at
    this backend. `profiles` are the charging profiles that this backend has set. `newest_binding`
    is the transaction that it numbered last, and its number. `retiring`: the site has it no
    longer, and it only hears the end of what began there.
    """

    gateway: GatewaySettings
    link: BackendLink
    north: NorthSide
    connectors: ConnectorMap
    profiles: VirtualProfiles = VirtualProfiles()  # noqa: RUF009 - a value that never changes
    newest_binding: tuple[int, int] | None = None
    retiring: bool = False

    @property
    def link_id(self) -> str:
        """The name of its link in the store."""
        return self.link.identity.link_id

    @property
    def number(self) -> int:
        """The EVSE's connector number at this backend."""
        return self.connectors.at_backend

    @property
    def is_primary(self) -> bool:
        """Whether it authorises and bills what begins now."""
        return self.gateway.role is GatewayRole.PRIMARY and not self.retiring

    @property
    def rules_wallbox(self) -> bool:
        """Whether its profiles belong into the wallbox while load management observes (R97)."""
        return self.is_primary and self.gateway.rights.may("SetChargingProfile")

    @property
    def is_report(self) -> bool:
        """Whether it hears of everything, and decides about nothing (R106)."""
        return self.gateway.role is GatewayRole.REPORT and not self.retiring
