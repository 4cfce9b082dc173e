"""Settings of the place: the house connection, and where wallboxes connect."""

from dataclasses import dataclass, field

from wattgate.core.site.choices import (
    GridMeterSource,
    LoadManagement,
    OnDeactivation,
    TlsMode,
    TlsVersion,
    UnknownOffline,
)
from wattgate.core.site.settings import Secrecy, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """The house connection and how it is shared.

    Active load management needs `house_load_a`; None: nobody has said it.
    """

    title: str = field(
        default="Wattgate",
        metadata=setting("Name of the site, as people see it", at_most=100),
    )
    load_management: LoadManagement = field(
        default=LoadManagement.ACTIVE,
        metadata=setting("`active` decides the current; `observe` reads and records, never limits"),
    )
    max_current_a: float = field(
        default=0.0,
        metadata=setting(
            "What the house connection carries; required in active load management",
            unit="A per phase",
            at_least=0,
            at_most=10_000,
        ),
    )
    house_load_a: float | None = field(
        default=None,
        metadata=setting(
            "What everything but the EVSEs draws at most; required in active load management (0 "
            "where the EVSEs have their own feed). With a grid meter it is assumed only while the "
            "readings are too old",
            unit="A per phase",
            at_least=0,
            at_most=10_000,
        ),
    )
    reserve_a: float = field(
        default=0.0,
        metadata=setting("Always kept free", unit="A per phase", at_least=0, at_most=10_000),
    )
    grid_meter: GridMeterSource = field(
        default=GridMeterSource.NONE,
        metadata=setting(
            "Whether the current of the house connection is measured: `none`, or `api` where the "
            "readings are put to `/api/v1/meter`"
        ),
    )
    grid_meter_period_s: float = field(
        default=5.0,
        metadata=setting(
            "How often a reading comes; after three periods, at least 5 s, it is too old",
            unit="s",
            at_least=1,
            at_most=60,
        ),
    )
    on_deactivation: OnDeactivation = field(
        default=OnDeactivation.STOP,
        metadata=setting(
            "What an EVSE that is not enabled may do: `stop` no charging, `minimum` its minimum "
            "current, `release` all limits are cancelled"
        ),
    )
    pause_s: float = field(
        default=300.0,
        metadata=setting(
            "How long a car that was paused for others stays paused at least: cars and contactors "
            "do not like to start often",
            unit="s",
            at_least=0,
            at_most=3600,
        ),
    )
    unknown_offline: UnknownOffline = field(
        default=UnknownOffline.INVALID,
        metadata=setting(
            "What a card gets that neither its backend has spoken of nor the site knows, while the "
            "backend is away: `invalid` refuses it, `accept` lets it charge"
        ),
    )
    card_days: int = field(
        default=90,
        metadata=setting(
            "For how long a backend's yes to a card counts while the backend is away; a no counts "
            "until the backend says otherwise",
            unit="days",
            at_least=1,
            at_most=3650,
        ),
    )
    lost_stop_h: float = field(
        default=24.0,
        metadata=setting(
            "After how long a transaction is closed here whose car has left and whose end the "
            "wallbox never told; the backend hears of it where `deliver_inferred` of its gateway "
            "says so",
            unit="h",
            at_least=1,
            at_most=720,
        ),
    )
    hide_cards: bool = field(
        default=False,
        metadata=setting(
            "Whether the traffic view and the log show a stand-in for each card that means nothing "
            "after the next start"
        ),
    )
    cycle_s: float = field(
        default=3.0,
        metadata=setting("How often the current is shared anew", unit="s", at_least=1, at_most=60),
    )

    @property
    def for_charging_a(self) -> float:
        """A per phase that are left for all EVSEs without a reading of the grid meter.

        Never below 0.
        """
        return max(0.0, self.max_current_a - (self.house_load_a or 0.0) - self.reserve_a)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcppServerSettings:
    """Where wallboxes connect (P6-P8)."""

    host: str = field(
        default="0.0.0.0",  # noqa: S104 - wallboxes come from the whole local network
        metadata=setting("Address to listen on", at_most=255),
    )
    port: int = field(
        default=19520,
        metadata=setting("TCP port; 0 takes any free one", at_least=0, at_most=65535),
    )
    tls: TlsMode = field(
        default=TlsMode.OFF,
        metadata=setting(
            "`off` refuses TLS, `detect` takes plain and TLS on the same port, `on` refuses plain"
        ),
    )
    tls_minimum: TlsVersion = field(
        default=TlsVersion.V1_2,
        metadata=setting(
            "Oldest version of TLS that is spoken; `1.0` and `1.1` are broken, and only for "
            "wallboxes that know nothing newer"
        ),
    )
    names: str = field(
        default="",
        metadata=setting(
            "Host names and addresses by which wallboxes reach this server, separated by commas: "
            "they stand in its self-signed certificate, beside those that the machine knows of "
            "itself",
            at_most=1000,
        ),
    )
    password: str = field(
        default="",
        repr=False,
        metadata=setting(
            "Common to all wallboxes; empty: none", at_most=255, secrecy=Secrecy.HASHED
        ),
    )
