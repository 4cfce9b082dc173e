"""What becomes of each configuration key that a backend wants to change, as a table (R37, R80-R83).

To treat a key differently, change its row; docs/reference/policy.md is generated from here. A key
without a row is relayed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Treatment(StrEnum):
    """What ChangeConfiguration of a key does."""

    VIRTUALISE = "virtualise"
    """Keep the backend's value in the gateway, which sees to it that the backend gets what it
    asked for; the wallbox is told what everybody needs together."""
    RELAY = "relay"
    """Let the wallbox carry it out; its answer goes back as it is."""
    REJECT = "reject"
    """Answer Rejected: it would take the wallbox away from the gateway."""
    LINK = "link"
    """Carry it out on the gateway's own login at that backend; the wallbox never sees it."""


Check = Callable[[str], bool]

MEASURANDS: Final = frozenset(
    {
        "Current.Export",
        "Current.Import",
        "Current.Offered",
        "Energy.Active.Export.Interval",
        "Energy.Active.Export.Register",
        "Energy.Active.Import.Interval",
        "Energy.Active.Import.Register",
        "Energy.Reactive.Export.Interval",
        "Energy.Reactive.Export.Register",
        "Energy.Reactive.Import.Interval",
        "Energy.Reactive.Import.Register",
        "Frequency",
        "Power.Active.Export",
        "Power.Active.Import",
        "Power.Factor",
        "Power.Offered",
        "Power.Reactive.Export",
        "Power.Reactive.Import",
        "RPM",
        "SoC",
        "Temperature",
        "Voltage",
    }
)
"""The measurands of OCPP 1.6 (edition 2, §7.31)."""

_PHASE: Final = re.compile(r"\.(L[123](-N|-L[123])?|N)$")
"""Some wallboxes want the phase behind the measurand."""


def names_of(text: str) -> tuple[str, ...]:
    """The names in a comma-separated list, in their order; blanks around them do not count."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _any(text: str) -> bool:
    return True


def _count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _at_least_one(text: str) -> bool:
    return _count(text) and int(text) > 0


def _flag(text: str) -> bool:
    return text.casefold() in {"true", "false"}


def _measurands(text: str) -> bool:
    return all(_PHASE.sub("", name) in MEASURANDS for name in names_of(text))


def _name(text: str) -> bool:
    return bool(text.strip()) and text.isprintable()


@dataclass(frozen=True, slots=True)
class KeyRule:
    """One row. `accepts` says whether a value makes sense; `effect` what follows, for people."""

    key: str
    treatment: Treatment
    effect: str
    rules: str
    accepts: Check = _any


AUTHORIZATION_KEY: Final = "AuthorizationKey"
CLOCK_ALIGNED: Final = "ClockAlignedDataInterval"
CPO_NAME: Final = "CpoName"
HEARTBEAT: Final = "HeartbeatInterval"
LOCAL_OFFLINE: Final = "LocalAuthorizeOffline"
LOCAL_PRE_AUTHORIZE: Final = "LocalPreAuthorize"
SAMPLED_DATA: Final = "MeterValuesSampledData"
SAMPLE_INTERVAL: Final = "MeterValueSampleInterval"
SECURITY_PROFILE: Final = "SecurityProfile"
STORE_LENGTH: Final = "CertificateStoreMaxLength"
ATTEMPTS: Final = "TransactionMessageAttempts"
RETRY_INTERVAL: Final = "TransactionMessageRetryInterval"

_V, _RELAY, _NO, _L = Treatment.VIRTUALISE, Treatment.RELAY, Treatment.REJECT, Treatment.LINK
_KEPT: Final = "kept and read back, nothing follows: the gateway decides about it for each link"
_SIGNED: Final = "steers which signed values the wallbox makes"

_ROWS: Final = (
    KeyRule(
        SAMPLE_INTERVAL,
        _V,
        "the backend gets unsigned periodic values that often; the wallbox is told the shortest "
        "interval that anybody needs; 0 is none",
        "R80, R113",
        _count,
    ),
    KeyRule(
        SAMPLED_DATA,
        _V,
        "the wallbox is told everything that anybody needs, and may refuse",
        "R80, R83",
        _measurands,
    ),
    KeyRule(
        CLOCK_ALIGNED,
        _V,
        "the wallbox is told the shortest interval that a backend asked for, and may refuse",
        "R80",
        _count,
    ),
    KeyRule(
        LOCAL_PRE_AUTHORIZE,
        _V,
        "false in the wallbox while load management is active, so that the gateway sees each card; "
        "else as the backend asked",
        "R56, R81",
        _flag,
    ),
    KeyRule(LOCAL_OFFLINE, _V, "the wallbox is told what the backend asked for", "R81", _flag),
    KeyRule(
        HEARTBEAT,
        _V,
        "the gateway's own heartbeat at that backend, until the next boot notification is answered",
        "R46, R80",
        _at_least_one,
    ),
    KeyRule(
        ATTEMPTS,
        _V,
        "how often a queued message is sent to that backend",
        "R66, R80",
        _at_least_one,
    ),
    KeyRule(
        RETRY_INTERVAL,
        _V,
        "s before a queued message is sent to that backend again, times the sends so far",
        "R66, R80",
        _count,
    ),
    KeyRule("WebSocketPingInterval", _V, _KEPT, "R28, R80", _count),
    KeyRule("MessageTimeout", _V, _KEPT, "R16, R80", _at_least_one),
    KeyRule(
        AUTHORIZATION_KEY,
        _L,
        "a new password for the login at that backend; never readable",
        "R24, R37",
    ),
    KeyRule(
        SECURITY_PROFILE,
        _L,
        "raised for the login at that backend, never lowered, where all that it needs is there; "
        "taken back where no connection comes of it; reads back what the login truly has",
        "R32, R37",
    ),
    KeyRule(
        CPO_NAME,
        _L,
        "kept for the login at that backend, and the organisation in its certificate",
        "R37",
        _name,
    ),
    KeyRule(STORE_LENGTH, _L, "Rejected: how many certificates a link takes is ours", "R37"),
    KeyRule("StopTxnSampledData", _RELAY, _SIGNED, "R81"),
    KeyRule("StopTxnAlignedData", _RELAY, _SIGNED, "R81"),
    KeyRule("MeterValuesAlignedData", _RELAY, _SIGNED, "R81"),
    KeyRule("AuthorizeRemoteTxRequests", _RELAY, "", "R81"),
    KeyRule("ConnectionTimeOut", _RELAY, "", "R80"),
    KeyRule("StopTransactionOnEVSideDisconnect", _RELAY, "", "R81"),
    KeyRule("StopTransactionOnInvalidId", _RELAY, "", "R65, R81"),
    KeyRule("NewBackendURL", _NO, "", "R82"),
    KeyRule("BackOffice-URL-wired", _NO, "Alfen", "R82"),
    KeyRule("BackOffice-URL-APN", _NO, "Alfen", "R82"),
    KeyRule("Cst_BackendUrl", _NO, "MicroOcpp", "R82"),
    KeyRule("CentralSystemURI", _NO, "EVerest", "R82"),
)

KEYS: Final[dict[str, KeyRule]] = {row.key.casefold(): row for row in _ROWS}
"""The table, by folded key: keys are told apart without regard to case (CiString50Type)."""

LINK_KEYS: Final = frozenset(k for k, row in KEYS.items() if row.treatment is Treatment.LINK)
"""Keys (folded) that concern one link: a backend may not re-key the wallbox (R37)."""

VIRTUAL_KEYS: Final = frozenset(
    k for k, row in KEYS.items() if row.treatment is Treatment.VIRTUALISE
)
"""Keys (folded) whose values are kept per backend."""

BACKEND_ADDRESS: Final = re.compile(
    r"(?=.*(backend|back-?office|central-?system|csms|ocpp))(?=.*(ur[il]|endpoint|address|host))"
)
"""A folded key that fits is the address of a backend, whichever the maker (R82)."""


def folded_key(key: str) -> str:
    """The form in which keys are compared.

    A wallbox written in C reads a key up to its first NUL, whatever follows.
    """
    return key.partition("\0")[0].strip().casefold()


def rule_of(key: str) -> KeyRule:
    """The row of a key in whichever case; one of its own for a key that has none."""
    folded = folded_key(key)
    row = KEYS.get(folded)
    if row is not None:
        return row
    if BACKEND_ADDRESS.search(folded.replace("_", "-")):
        return KeyRule(key, Treatment.REJECT, "", "R82")
    return KeyRule(key, Treatment.RELAY, "", "R81")
