"""What a stand-in senses: the values of its wallbox as the hardware of a charge point (R109)."""

from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from wattgate.core.modbus.card_register import CardRegister, id_tag_of
from wattgate.core.modbus.virtual_register import VOLTAGE_V, Look, VirtualRegister
from wattgate.core.modbus.wallbox_values import WallboxValues
from wattgate.core.site.model import EvseSettings
from wattgate.core.wallbox.sensed import Pilot, Sensed

log = structlog.get_logger()

OUT_OF_REACH: Final = "OtherError"
"""Error code of OCPP 1.6 §7.6 for a wallbox that is not heard (R109)."""

_NO_CURRENTS: Final = (0.0, 0.0, 0.0)


class Senses:
    """The wallbox's plug, meter and reader, as they were when it was last heard."""

    def __init__(self, register: VirtualRegister, evse_id: str) -> None:
        self.register = register
        self._evse_id = evse_id
        self._pilot = Pilot.E
        self._card = CardRegister()

    @property
    def unknown(self) -> Sensed:
        """What is known while it is not heard: its meter, and nothing of a car (pilot E)."""
        return Sensed(pilot=self._pilot, energy_wh=self.register.total_wh)

    @property
    def out_of_reach(self) -> Sensed:
        """The same, for so long that it is a fault."""
        return replace(self.unknown, error_code=OUT_OF_REACH)

    def heard(
        self,
        values: WallboxValues,
        settings: EvseSettings,
        at: datetime,
        *,
        is_another: bool = False,
    ) -> Sensed:
        """Take in a look at the wallbox, at a time of the clock on the wall.

        `is_another`: it was put in the place of the one that was heard before.
        """
        currents_a = values.currents_a or _NO_CURRENTS
        power_w = _power_w(values)
        most_w = settings.max_current_a * VOLTAGE_V * settings.phases
        look = Look(at.timestamp(), values.energy_wh, power_w, most_w, is_another)
        self.register = self.register.after(look)
        self._pilot = values.pilot
        return Sensed(
            pilot=values.pilot,
            energy_wh=self.register.total_wh,
            currents_a=currents_a,
            power_w=power_w,
            error_code=values.error_code,
        )

    def card(self, values: WallboxValues, connection: int) -> str | None:
        """The card that has come to its reader since the last look, as OCPP names it."""
        before = self._card
        self._card = CardRegister(values.card, values.card_count, connection)
        if not before.shows(self._card):
            return None
        id_tag = id_tag_of(values.card)
        if id_tag is None:
            log.warning("a card is too long for OCPP and counts as none", evse=self._evse_id)
        return id_tag


def _power_w(values: WallboxValues) -> float:
    """On all phases; by the currents where nothing measures it."""
    if values.power_w is not None:
        return values.power_w
    return sum(values.currents_a or _NO_CURRENTS) * VOLTAGE_V
