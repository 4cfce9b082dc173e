"""Settings of the wallboxes."""

from dataclasses import dataclass, field

from wattgate.core.site.choices import CertificateName, RateUnitChoice, StrategyChoice
from wattgate.core.site.settings import Secrecy, setting
from wattgate.core.units import MIN_CHARGE_A


@dataclass(frozen=True, slots=True, kw_only=True)
class WallboxSettings:
    """What belongs to an OCPP wallbox, not to one of its connectors."""

    id: str = field(
        metadata=setting("ChargeBox ID: the last part of the URL it connects with", at_most=255)
    )
    password: str = field(
        default="",
        repr=False,
        metadata=setting(
            "Its own, instead of the common one; empty: the common one",
            at_most=255,
            secrecy=Secrecy.HASHED,
        ),
    )
    security_profile: int = field(
        default=0,
        metadata=setting(
            "OCPP security profile it must have at least: 0 none, 1 password, 2 TLS and password, "
            "3 TLS with a client certificate",
            at_least=0,
            at_most=3,
        ),
    )
    certificate_name: CertificateName = field(
        default=CertificateName.ID_OR_SERIAL,
        metadata=setting(
            "Whom its client certificate must name (CN) in security profile 3: its ChargeBox ID, "
            "the serial number that it boots with, either, or `any` name"
        ),
    )
    max_current_a: float | None = field(
        default=None,
        metadata=setting(
            "What the feeder of the whole wallbox carries",
            unit="A per phase",
            at_least=MIN_CHARGE_A,
            at_most=10_000,
        ),
    )
    grant_lifetime_s: int = field(
        default=900,
        metadata=setting(
            "How long a grant of current outlives its last renewal",
            unit="s",
            at_least=60,
            at_most=3600,
        ),
    )
    settle_s: float = field(
        default=30.0,
        metadata=setting(
            "After how long the current must have followed a new limit",
            unit="s",
            at_least=5,
            at_most=300,
        ),
    )
    overtaking: bool = field(
        default=True,
        metadata=setting(
            "A reduction may pass a command of the backend that the wallbox has not answered for "
            "2 s; false for a wallbox that cannot take it"
        ),
    )
    strategy: StrategyChoice = field(
        default=StrategyChoice.AUTO,
        metadata=setting(
            "With which charging profiles it is told its limit; `auto` chooses by what it says of "
            "itself and by what it was seen to obey"
        ),
    )
    rate_unit: RateUnitChoice = field(
        default=RateUnitChoice.AUTO,
        metadata=setting(
            "Unit of the limits in its charging profiles; `auto` takes A where it allows A"
        ),
    )
    free_tag: str = field(
        default="",
        metadata=setting(
            "The idTag that it sends by itself where no card was presented; `fixed_rfid` takes its "
            "place; empty: it has none",
            at_most=20,
        ),
    )
    suspended_ev_by_us: bool = field(
        default=False,
        metadata=setting(
            "true for a wallbox that blames the car (SuspendedEV) when load management allows 0 A: "
            "the backend hears SuspendedEVSE then"
        ),
    )
    main_evse: str = field(
        default="",
        metadata=setting(
            "`id` of the EVSE whose backend speaks for the whole wallbox (restart, firmware, "
            "connector 0) where its EVSEs have different ones; empty: the first with a `primary`",
            at_most=100,
        ),
    )
    ask_all_backends: bool = field(
        default=False,
        metadata=setting(
            "A card of which nobody knows at which EVSE it was shown: true asks the backends of "
            "all EVSEs, one after the other, until one accepts it; false: that of `main_evse`. "
            "With true every backend hears of cards that are not its own"
        ),
    )
    file_relay: bool = field(
        default=False,
        metadata=setting(
            "Firmware and diagnostics pass through the manager, for a wallbox that cannot reach "
            "the places that its backend names"
        ),
    )
    ping: bool = field(
        default=True,
        metadata=setting("WebSocket pings; false for a wallbox that never answers them"),
    )
