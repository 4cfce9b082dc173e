"""What of a Power Brain outlives a restart: its charge point, and its registers in flash."""

from typing import Final

import msgspec

from wattgate.core.wallbox.effects import Effect, Keep
from wattgate.core.wallbox.keeping import read_kept
from wattgate.core.wallbox.looking import ConnectorLook
from wattgate.core.wallbox.modbus_side import Stored
from wattgate.core.wallbox.sealing import Damaged, opened, sealed

FORMAT: Final = 100
"""Number of this layout; those of the charge point's are below."""

STEP_WH: Final = 10.0
"""The meter stores its register after each such step, and when nothing flows any more."""

STEP_CHARS: Final = 8192
"""Up to so long a text; a longer one is stored less often, so that no more is written."""

MOST_STEP_WH: Final = 1000.0
"""However long the text is."""


class KeptBrain(msgspec.Struct, frozen=True):
    """`charge_point` is the text of its own; `restarts` counts."""

    charge_point: str
    stored: Stored
    restarts: int


def kept_brain_text(kept: KeptBrain) -> str:
    """Write it."""
    return sealed(kept, FORMAT)


def read_kept_brain(text: str) -> KeptBrain:
    """Read what `kept_brain_text` wrote.

    Raises:
        Damaged: it is another text.
    """
    try:
        return msgspec.json.decode(opened(text, FORMAT), type=KeptBrain)
    except msgspec.DecodeError as error:
        raise Damaged(f"what was kept cannot be read: {error}") from error


def check_kept_brain(text: str) -> None:
    """See whether a Power Brain that starts can take all of it up.

    Raises:
        Newer: a later version kept it.
        Damaged: it is another text.
    """
    read_kept(read_kept_brain(text).charge_point, connectors=1)


class StoredMeter:
    """What of the meter's register is stored, in Wh.

    A master must never read an energy that a loss of power would take back (R109): it reads this.
    """

    def __init__(self, energy_wh: float) -> None:
        self.energy_wh = energy_wh
        self._step_wh = STEP_WH

    def store(self, energy_wh: float, chars: int) -> None:
        """It is stored, in a text of so many characters."""
        self.energy_wh = energy_wh
        self._step_wh = min(max(STEP_WH, STEP_WH * chars / STEP_CHARS), MOST_STEP_WH)

    def is_due(self, look: ConnectorLook) -> bool:
        """Whether the register has to be stored again."""
        grown_wh = look.reading.energy_wh - self.energy_wh
        return grown_wh >= self._step_wh or (grown_wh > 0 and look.reading.power_w == 0)


def without_keeps(effects: list[Effect]) -> list[Effect]:
    """The effects but for what the charge point alone would keep."""
    return [effect for effect in effects if not isinstance(effect, Keep)]
