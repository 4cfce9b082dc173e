"""What is worth saying about a wallbox on Modbus, though it can be controlled."""

from collections.abc import Iterator

from wattgate.core.errors import Problem
from wattgate.core.modbus.commands import can, keeps_fail_safe
from wattgate.core.modbus.definitions import Definition
from wattgate.core.modbus.wallbox_values import SetFailSafe, SetLimit
from wattgate.core.site.devices import EvseSettings


def remarks_on(evse: EvseSettings, definition: Definition | None) -> Iterator[Problem]:
    """What its definition leaves out, with the setting that names it.

    None stands for one that cannot be used, of an EVSE that is out of service.
    """
    path = f'evse "{evse.id}" › definition'
    if definition is None:
        yield Problem(
            path,
            "cannot be used: nobody speaks to this wallbox, which is out of service; if it ever "
            f"was limited, it counts for its max_current_a ({evse.max_current_a:g} A)",
        )
        return
    write = definition.write
    if not can(definition, SetLimit):
        yield Problem(path, f"{definition.name} has no limit: nothing can be controlled there")
    elif not can(definition, SetFailSafe):
        yield Problem(
            path,
            f"{definition.name} has no fail-safe: while it is silent it counts for its "
            f"max_current_a ({evse.max_current_a:g} A)",
        )
    elif not keeps_fail_safe(definition):
        yield Problem(
            path,
            f"{definition.name} loses its fail-safe with a restart: while it is silent it counts "
            f"for its max_current_a ({evse.max_current_a:g} A)",
        )
    if any(each is not None and each.stored for each in (write.limit, write.enable)):
        yield Problem(
            path,
            f"{definition.name} keeps its limit in flash: each change wears it, and load "
            "management changes it often",
        )
    if definition.read.energy is None:
        yield Problem(path, f"{definition.name} has no energy counter: bills are estimates")
