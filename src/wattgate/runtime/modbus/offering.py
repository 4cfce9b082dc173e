"""What a stand-in and its wallbox say to each other, and when the stand-in has a say."""

from collections.abc import Callable

from wattgate.core.modbus.wallbox_values import WallboxModel, WallboxValues
from wattgate.core.site.model import EvseSettings
from wattgate.runtime.modbus.evse_modbus import EvseModbus
from wattgate.runtime.modbus.stand_in import StandIn
from wattgate.runtime.modbus.wallbox import ModbusWallbox


class Offering:
    """The wallbox as its stand-in sees it (`stand_in.Wallbox`).

    What the stand-in offers counts beside a limit of load management. Without one it counts where
    a backend is responsible, and `is_limited` denies that load management is only about to lead the
    EVSE: until it has spoken, nobody knows what there is room for.
    """

    def __init__(
        self, wallbox: ModbusWallbox, evse: EvseModbus, is_limited: Callable[[str], bool]
    ) -> None:
        self._wallbox = wallbox
        self._evse = evse
        self._is_limited = is_limited
        self._offered_a: float | None = None

    def join(self, stand_in: StandIn) -> None:
        """Let the stand-in hear what the wallbox says, and what load management allows."""

        def heard(values: WallboxValues) -> None:
            if not self._wallbox.is_led:
                stand_in.let(None)
            stand_in.heard(values)

        self._wallbox.on_values = heard
        self._wallbox.on_lost = stand_in.lost
        self._wallbox.on_found = stand_in.found
        self._evse.on_limit = stand_in.let
        self._evse.backend_a = self._backend_a

    @property
    def settings(self) -> EvseSettings:
        """What the site says of the EVSE."""
        return self._evse.settings

    @property
    def model(self) -> WallboxModel | None:
        """What it says of its make; None while it was not heard."""
        return self._wallbox.model

    @property
    def connection(self) -> int:
        """A new number for each connection to it."""
        return self._wallbox.connection

    def offer(self, current_a: float | None) -> None:
        """Let it have at most so much, A per phase."""
        self._offered_a = current_a
        self._tell()

    def alive(self, now: float) -> None:
        """The control loop lives (monotonic time, s)."""
        self._tell()
        self._wallbox.alive(now)

    def _tell(self) -> None:
        self._wallbox.offer(self._offered_a if self._wallbox.is_led else self._backend_a())

    def _backend_a(self) -> float | None:
        """What counts where load management has no say; None: nothing does."""
        settings = self._evse.settings
        has_backend = settings.enabled and settings.primary is not None
        counts = has_backend and not self._is_limited(self._evse.evse_id)
        return self._offered_a if counts else None
