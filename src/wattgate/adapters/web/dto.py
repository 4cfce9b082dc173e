"""EVSEs and what belongs to them, in the words of the API. Units stand in the names."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from wattgate.adapters.web.modbus_dto import Modbus
from wattgate.adapters.web.safety_dto import Safety
from wattgate.core.site.model import GatewayRole


class Boot(msgspec.Struct, frozen=True):
    """What the wallbox said about itself in its last BootNotification."""

    vendor: str | None
    model: str | None
    firmware: str | None
    serial: str | None


class PhaseCurrents(msgspec.Struct, frozen=True):
    """A on each phase of the wallbox, as it measured them; null where it did not say.

    All are null without a live transaction: older values tell of another time.
    """

    l1: Annotated[float | None, Meta(description="A measured on the wallbox's own first phase")]
    l2: Annotated[float | None, Meta(description="A on its second; null: it did not say")]
    l3: Annotated[float | None, Meta(description="A on its third")]


class RunningTransaction(msgspec.Struct, frozen=True):
    """The open transaction of an EVSE."""

    id: Annotated[int, Meta(description="The id that the wallbox knows")]
    id_tag: Annotated[str, Meta(description="The card")]
    started_at: Annotated[str, Meta(description="As the wallbox wrote it")]
    meter_start_wh: int
    may_charge: Annotated[bool, Meta(description="false: the card was refused")]


class BackendProblem(msgspec.Struct, frozen=True):
    """Why the backend has not taken us since it last did."""

    step: Annotated[
        str,
        Meta(description="dns, tcp, tls, http, subprotocol, connection (lost) or registration"),
    ]
    http_status: Annotated[int | None, Meta(description="Where it answered with one, 401 or so")]
    sentence: Annotated[str, Meta(description="What was wrong the last time, for a person")]
    since: Annotated[datetime, Meta(description="When it first failed")]
    attempts: Annotated[int, Meta(description="How many attempts have failed since")]
    next_attempt_at: Annotated[
        datetime | None, Meta(description="null while an attempt is under way")
    ]


class BackendSecurity(msgspec.Struct, frozen=True):
    """What the connection to the backend proves of it."""

    state: Annotated[
        str,
        Meta(
            description="plain: no TLS; unverified: TLS, but nobody vouches for the backend; "
            "verified: TLS, and its certificate was checked"
        ),
    ]
    words: Annotated[str, Meta(description="The same for a person")]


class Backend(msgspec.Struct, frozen=True):
    """The login at one backend."""

    id: Annotated[
        str,
        Meta(
            description="Its name wherever else a backend is told: EVSE, identity and host; the "
            "same for EVSEs that share the login"
        ),
    ]
    role: Annotated[
        GatewayRole, Meta(description="primary authorises and bills; report hears, and decides not")
    ]
    commands: Annotated[
        list[str], Meta(description="What it may command: all, read, none, or these actions")
    ]
    retiring: Annotated[
        bool,
        Meta(
            description="true: the site has it no longer, and it gets the end of what it has heard "
            "of"
        ),
    ]
    client_id: Annotated[str, Meta(description="The identity that the backend sees")]
    connector: Annotated[
        int,
        Meta(
            description="The EVSE's connector number at the backend: 1, unless EVSEs share this "
            "login; then each has one of its own, for ever"
        ),
    ]
    url: Annotated[str, Meta(description="Where it connects, without a query")]
    phase: Annotated[
        str, Meta(description="idle, connecting, registering, pending, online or waiting")
    ]
    reason: Annotated[str, Meta(description="Why it is in that phase, for a person")]
    since: Annotated[datetime, Meta(description="Since when it is in that phase")]
    queue_depth: Annotated[int, Meta(description="Messages that wait for the backend")]
    given_up: Annotated[int, Meta(description="Messages that the backend finally did not take")]
    security: Annotated[
        BackendSecurity | None,
        Meta(description="Of the present connection; null while there is none"),
    ]
    problem: Annotated[
        BackendProblem | None,
        Meta(description="Stays until the backend has accepted us; null where all is well"),
    ]


class Limits(msgspec.Struct, frozen=True):
    """What bounds the current of an EVSE."""

    min_current_a: Annotated[float, Meta(description="Smallest A per phase that charge")]
    max_current_a: Annotated[float, Meta(description="Largest A per phase it may offer")]
    doubtful: Annotated[
        bool, Meta(description="Whether it may have missed or refused its last limit")
    ]
    profile_writes: Annotated[
        int,
        Meta(
            description="SetChargingProfile sent since the start, on Modbus writes to registers "
            "that it stores: each wears its memory"
        ),
    ]
    counted_a: Annotated[
        float, Meta(description="A per phase that the others have to leave for it")
    ]
    fallback_current_a: Annotated[
        float, Meta(description="A per phase that it may draw without a manager")
    ]


class Evse(msgspec.Struct, frozen=True):
    """One EVSE at this moment."""

    id: str
    name: Annotated[str, Meta(description="As people see it")]
    wallbox: Annotated[
        str, Meta(description="ChargeBox ID; of one on Modbus `modbus/` with the id of the EVSE")
    ]
    connector: Annotated[int, Meta(description="Its connector in OCPP, or its unit id on Modbus")]
    enabled: bool
    connected: Annotated[bool, Meta(description="Whether its wallbox is connected")]
    status: Annotated[str, Meta(description="As in OCPP 1.6; Unknown before the first report")]
    error_code: Annotated[str, Meta(description="As in OCPP 1.6; NoError where all is well")]
    boot: Annotated[Boot | None, Meta(description="null before the first boot")]
    clock_offset_s: Annotated[
        float | None,
        Meta(description="How many s the wallbox's clock is ahead; null: it has not said"),
    ]
    offered_a: Annotated[float, Meta(description="A per phase that it may draw now")]
    target_a: Annotated[float, Meta(description="A per phase that load management is heading for")]
    drawn_a: PhaseCurrents
    power_w: Annotated[float | None, Meta(description="Measured; null without a live transaction")]
    energy_wh: Annotated[float | None, Meta(description="The last meter register it reported")]
    transaction: Annotated[RunningTransaction | None, Meta(description="null where none is open")]
    backend: Annotated[
        Backend | None, Meta(description="The one that authorises and bills; null without one")
    ]
    backends: Annotated[
        list[Backend],
        Meta(description="Every one, in the order of the settings, then the retiring"),
    ]
    limits: Limits
    safety: Safety
    modbus: Annotated[Modbus | None, Meta(description="null for wallboxes that speak OCPP")]
    warnings: Annotated[list[str], Meta(description="What its owner should know, in sentences")]


class TransactionAtBackend(msgspec.Struct, frozen=True):
    """A transaction as one backend knows it."""

    backend: Annotated[str, Meta(description="Its id, as the EVSE tells it")]
    transaction_id: Annotated[
        int | None, Meta(description="The backend's id of the transaction; null before its answer")
    ]
    bills: Annotated[bool, Meta(description="Whether it authorised the transaction, and bills it")]


class Transaction(msgspec.Struct, frozen=True):
    """A stored transaction; what its end tells is null while it is open."""

    id: Annotated[int, Meta(description="The id that the wallbox knows")]
    evse: Annotated[str, Meta(description="Id of the EVSE")]
    wallbox: Annotated[str, Meta(description="ChargeBox ID")]
    connector: int
    id_tag: Annotated[str, Meta(description="The card")]
    backend_id: Annotated[
        int | None,
        Meta(description="The id of the backend that bills it; null before its answer"),
    ]
    backends: Annotated[
        list[TransactionAtBackend], Meta(description="Every backend that has heard of it")
    ]
    started_at: Annotated[str, Meta(description="As the wallbox wrote it")]
    meter_start_wh: int
    stopped_at: Annotated[str | None, Meta(description="As the wallbox wrote it")]
    meter_stop_wh: int | None
    energy_wh: Annotated[int | None, Meta(description="Between the two meter readings")]
    stop_reason: Annotated[str | None, Meta(description="As in OCPP 1.6")]
    stop_inferred: Annotated[
        bool, Meta(description="true: the wallbox has not said that it ends this transaction")
    ]
    refused_as: Annotated[
        str | None, Meta(description="How the backend refused the card, also when too late")
    ]


class RefusedConnection(msgspec.Struct, frozen=True):
    """A connection to the OCPP port that was not let in."""

    at: datetime
    address: str
    claimed_id: Annotated[str | None, Meta(description="ChargeBox ID it came with")]
    reason: Annotated[str, Meta(description="Why it was refused, for a person")]
    times: Annotated[
        int, Meta(description="How often the same has come from that host; the last is told here")
    ]


class UndeliveredMessage(msgspec.Struct, frozen=True):
    """A message that a backend finally did not take."""

    number: Annotated[int, Meta(description="Its place in the order of all messages")]
    backend: Annotated[str, Meta(description="EVSE, identity and host of the backend")]
    action: Annotated[str, Meta(description="Action of OCPP 1.6")]
    payload_text: Annotated[
        str,
        Meta(
            description="JSON as it was queued; a transaction id in it is ours; what a security "
            "event tells (techInfo) is hidden"
        ),
    ]
    transaction_id: Annotated[int | None, Meta(description="The transaction it belongs to")]
    attempts: int
    reason: Annotated[str, Meta(description="Why it was given up")]
    deliverable: Annotated[
        bool, Meta(description="Whether the site has its backend, so that it can be sent again")
    ]
    at: datetime


class Resending(msgspec.Struct, frozen=True):
    """What came of sending messages once more."""

    messages: Annotated[int, Meta(description="How many are queued again")]
    says: Annotated[str, Meta(description="The same, for a person")]
