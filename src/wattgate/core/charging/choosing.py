"""Which of the ways that a wallbox allows is used, and which comes next (R100)."""

from wattgate.core.charging.behaviour import Behaviour
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.ocpp.profiles import Kind


def in_order(
    ladder: tuple[Method, ...],
    demanded: Strategy | None,
    behaviour: Behaviour,
    *,
    connectors: int,
) -> tuple[Method, ...]:
    """Every way worth trying, the first to be used; `ladder` has one at least, and so has this.

    What the installer demands is the only strategy that is used: they may know better than the
    wallbox says. Else what wallboxes of this model and firmware were seen to obey comes first, then
    the ladder, and last what they were seen not to obey. A demanded ChargePointMaxProfile is left
    out where the wallbox has several `connectors`: it limits their sum (R92).
    """
    wanted = () if demanded is None else _demanded(ladder, demanded, connectors)
    ways = wanted or ladder
    obeyed = [method for method in ways if method == behaviour.obeyed]
    rest = sorted((*obeyed, *ways), key=lambda method: method in behaviour.failed)
    return tuple(dict.fromkeys(rest))


def _demanded(
    ladder: tuple[Method, ...], strategy: Strategy, connectors: int
) -> tuple[Method, ...]:
    limits_all = strategy is Strategy.CHARGE_POINT_MAX
    if limits_all and connectors > 1:
        return ()
    known = tuple(method for method in ladder if method.strategy is strategy)
    best = ladder[0]
    # No transaction starts the schedule of what holds for the whole wallbox.
    kind = Kind.ABSOLUTE if limits_all else best.kind
    return known or (Method(strategy, best.unit, kind),)
