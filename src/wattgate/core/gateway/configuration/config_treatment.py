"""What becomes of a change of a configuration key, by its row and who wants it where (R80-R83)."""

from dataclasses import dataclass

from wattgate.core.gateway.configuration.config_keys import PHASE_ROTATION, KeyRule, Treatment


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides, beside the key, what becomes of a change.

    `managing`: load management decides about current at the wallbox. `signed`: the EVSE delivers
    signed data. `relays`: the backend may have settings of the whole wallbox changed now (R103).
    `is_whole`: it has all the connectors of the wallbox.
    """

    managing: bool = True
    signed: bool = False
    relays: bool = True
    is_whole: bool = True


def treatment_of(row: KeyRule, here: Circumstances) -> Treatment:
    """What becomes of a change of that key: VIRTUALISE, RELAY, REJECT or LINK."""
    treatment = row.treatment
    if treatment is Treatment.CURRENT:
        treatment = Treatment.REJECT if here.managing else Treatment.RELAY
    if treatment is Treatment.METER:
        treatment = Treatment.RELAY if here.signed else Treatment.VIRTUALISE
    is_ours = here.is_whole or row.key != PHASE_ROTATION
    if treatment is Treatment.RELAY and not (here.relays and is_ours):
        return Treatment.REJECT
    return treatment
