"""What is known to be wrong with the smart charging of wallboxes, one row per deviation.

The rows concern limits and their removal only. What others do wrong with TLS, handshakes, ids and
meter values is tolerated with every wallbox and needs no row; so does a SmartCharging that is
missing from SupportedFeatureProfiles, for that list is not asked. A row whose traits are ordinary
says what no other way of telling a limit would mend: whether a limit is obeyed is measured, never
taken from here.
"""

import re
from dataclasses import dataclass
from typing import Final

from wattgate.core.charging.methods import Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit
from wattgate.core.station.models import WallboxModel
from wattgate.core.station.traits import ORDINARY, Traits


@dataclass(frozen=True, slots=True)
class Quirk:
    """One deviation of the wallboxes that have one of `makes` in their vendor or model.

    A make is in lower case and begins a word there. `before` restricts the row to firmware of a
    lower version, None does not; firmware without a readable version counts as concerned. `says`
    is for a person. `source` names public threads: of evcc-io/evcc, lbbrhzn/ocpp,
    goecharger/go-eCharger-API-v2 and dirkgroenen/hass-evse-load-balancer.
    """

    name: str
    makes: tuple[str, ...]
    says: str
    source: str
    traits: Traits = ORDINARY
    before: tuple[int, ...] | None = None

    def concerns(self, model: WallboxModel) -> bool:
        """Whether it is known of this make and firmware."""
        make = f"{model.vendor} {model.model}".casefold()
        if not any(re.search(rf"(?<![a-z0-9]){re.escape(each)}", make) for each in self.makes):
            return False
        version = model.version
        return self.before is None or version is None or version < self.before


def _refuses(strategy: Strategy) -> Traits:
    return Traits(refuses=frozenset({strategy}))


QUIRKS: Final = (
    Quirk(
        "abb-terra-level-0",
        ("tacw",),
        "Rejects profiles above stack level 0, although its settings name higher levels.",
        "evcc#15493, lbbrhzn#1737",
        Traits(stack_level_zero_only=True),
    ),
    Quirk(
        "alfen-clear-is-maximum",
        ("alfen",),
        "Charges with its maximum current once profiles are cleared while a car charges.",
        "evcc#4977",
        Traits(never_clear_in_session=True),
    ),
    Quirk(
        "amperfied-keeps-maximum",
        ("amperfied", "heidelberg"),
        "Answers NotSupported to limits, or accepts them and goes on with 16 A.",
        "evcc#17836, evcc#18109",
    ),
    Quirk(
        "en-plus-whole-wallbox",
        ("en+", "en plus"),
        "A profile for the whole wallbox has no effect, one for its connector has.",
        "lbbrhzn#1851",
        _refuses(Strategy.CHARGE_POINT_MAX),
    ),
    Quirk(
        "evbox-no-maximum",
        ("ev-box", "evbox"),
        "Rejects a ChargePointMaxProfile.",
        "lbbrhzn#221, lbbrhzn#312",
        _refuses(Strategy.CHARGE_POINT_MAX),
    ),
    Quirk(
        "garo-stays-paused",
        ("garo",),
        "Stays paused when a limit of 0 A is raised, until the car is plugged anew or kicked.",
        "hass-evse-load-balancer#89",
    ),
    Quirk(
        "go-e-ignores-tx-profile",
        ("go-e", "wattpilot"),
        "Accepts a TxProfile and does not apply it.",
        "go-eCharger-API-v2#105, go-eCharger-API-v2#249",
        _refuses(Strategy.TX_PROFILE),
    ),
    Quirk(
        "grizzl-e-level-0",
        ("united chargers", "grizzl-e"),
        "Applies profiles at stack level 0 only, and accepts a ChargePointMaxProfile without "
        "applying it.",
        "evcc#33908, lbbrhzn#442",
        Traits(stack_level_zero_only=True, refuses=frozenset({Strategy.CHARGE_POINT_MAX})),
    ),
    Quirk(
        "huawei-watts",
        ("huawei", "scharger", "acchargepoint"),
        "Obeys limits in W only.",
        "evcc#19001, lbbrhzn#1810",
        Traits(unit=RateUnit.W),
    ),
    Quirk(
        "necharge-steps",
        ("nech",),
        "Knows 6, 8, 10, 13 and 16 A only, and rounds down to one of them.",
        "evcc#31631",
        Traits(steps_a=(6.0, 8.0, 10.0, 13.0, 16.0)),
    ),
    Quirk(
        "schneider-must-be-allowed",
        ("schneider",),
        "Rejects limits until its own settings allow load balancing and external control.",
        "lbbrhzn#877",
    ),
    Quirk(
        "wallbox-level-0",
        ("wall box chargers",),
        "Rejects profiles above stack level 0.",
        "evcc#15581",
        Traits(stack_level_zero_only=True),
        before=(6,),
    ),
    Quirk(
        "wallbox-relative",
        ("wall box chargers",),
        "Obeys Relative profiles only, and whole A only.",
        "evcc#15492, evcc#25042, evcc#22139",
        Traits(kind=Kind.RELATIVE, step_a=1.0),
    ),
)


def quirks_of(model: WallboxModel | None) -> tuple[Quirk, ...]:
    """What is known of a model, in the order of the table; nothing of an unknown one."""
    return () if model is None else tuple(quirk for quirk in QUIRKS if quirk.concerns(model))


def traits_of(model: WallboxModel | None) -> Traits:
    """All its deviations at once."""
    traits = ORDINARY
    for quirk in quirks_of(model):
        traits |= quirk.traits
    return traits
