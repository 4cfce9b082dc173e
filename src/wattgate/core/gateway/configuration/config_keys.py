"""What becomes of each configuration key that a backend wants to change, as a table (R37, R80-R83).

To treat a key differently, change its row; docs/reference/policy.md is generated from here. A key
without a row is relayed.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wattgate.core.gateway.configuration.config_values import (
    Check,
    any_text,
    are_measurands,
    is_count,
    is_count_from_one,
    is_flag,
    is_name,
)
from wattgate.core.gateway.profiles.profile_rules import TOLD_OF_PROFILES


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
    CURRENT = "reject while managing"
    """Answer Rejected while load management decides about current: it would take that out of its
    hands. Relay it while load management only observes."""
    METER = "virtualise unless signed"
    """Relay it where the EVSE delivers signed data, which it steers; else virtualise it."""


@dataclass(frozen=True, slots=True)
class KeyRule:
    """One row. `accepts` says whether a value makes sense; `effect` what follows, for people."""

    key: str
    treatment: Treatment
    effect: str
    rules: str
    accepts: Check = any_text


ALIGNED_DATA: Final = "MeterValuesAlignedData"
ATTEMPTS: Final = "TransactionMessageAttempts"
AUTHORIZATION_KEY: Final = "AuthorizationKey"
AUTH_LIST: Final = "LocalAuthListEnabled"
CLOCK_ALIGNED: Final = "ClockAlignedDataInterval"
CONNECTORS: Final = "NumberOfConnectors"
CPO_NAME: Final = "CpoName"
FEATURES: Final = "SupportedFeatureProfiles"
LIST_LENGTH: Final = "LocalAuthListMaxLength"
LIST_UPDATE_LENGTH: Final = "SendLocalListMaxLength"
RESERVES_ANY: Final = "ReserveConnectorZeroSupported"
HEARTBEAT: Final = "HeartbeatInterval"
LOCAL_OFFLINE: Final = "LocalAuthorizeOffline"
LOCAL_PRE_AUTHORIZE: Final = "LocalPreAuthorize"
MAX_KEYS: Final = "GetConfigurationMaxKeys"
PHASE_ROTATION: Final = "ConnectorPhaseRotation"
RETRY_INTERVAL: Final = "TransactionMessageRetryInterval"
SAMPLED_DATA: Final = "MeterValuesSampledData"
SAMPLE_INTERVAL: Final = "MeterValueSampleInterval"
SECURITY_PROFILE: Final = "SecurityProfile"
STORE_LENGTH: Final = "CertificateStoreMaxLength"

_V, _RELAY, _NO, _L = Treatment.VIRTUALISE, Treatment.RELAY, Treatment.REJECT, Treatment.LINK
_C: Final = Treatment.CURRENT
_KEPT: Final = "kept and read back, nothing follows: the gateway decides about it for each link"
_TAKEN: Final = "reads back which profiles the gateway takes"
_SIGNED: Final = "steers which signed values the wallbox makes"

SIGNING_KEYS: Final = (
    "SampledDataSignReadings",
    "SampledDataSignStartedReadings",
    "SampledDataSignUpdatedReadings",
    "AlignedDataSignReadings",
    "AlignedDataSignUpdatedReadings",
    "StartTxnSampledData",
    "PublicKeyWithSignedMeterValue",
    "SigningMethod",
    "MeterPublicKey",
    "StopTransactionSignatureFormat",
    "StopTransactionSignatureContexts",
    "MeterValuesSignatureContexts",
)
"""Keys by which a backend has readings signed; MeterPublicKey may have a connector behind it."""

_ROWS: Final = (
    KeyRule(
        SAMPLE_INTERVAL,
        _V,
        "the backend gets unsigned periodic values that often; the wallbox is told the shortest "
        "interval that anybody needs; 0 is none",
        "R80, R113",
        is_count,
    ),
    KeyRule(
        SAMPLED_DATA,
        _V,
        "the backend gets these of unsigned periodic values; the wallbox is told everything that "
        "anybody needs, and may refuse",
        "R80, R83, R113",
        are_measurands,
    ),
    KeyRule(
        CLOCK_ALIGNED,
        _V,
        "the backend gets unsigned clock-aligned values at the multiples of it; the wallbox is "
        "told the longest interval that has them all, 60 s or longer where several asked, and may "
        "refuse; 0 is none",
        "R80, R113",
        is_count,
    ),
    KeyRule(
        ALIGNED_DATA,
        Treatment.METER,
        "as MeterValuesSampledData",
        "R80, R81, R83",
        are_measurands,
    ),
    KeyRule(
        AUTH_LIST,
        _V,
        "false in the wallbox while several backends authorise there, whose lists the gateway "
        "keeps apart; else as the backend asked",
        "R105",
        is_flag,
    ),
    KeyRule(
        LOCAL_PRE_AUTHORIZE,
        _V,
        "false in the wallbox while load management is active, so that the gateway sees each card; "
        "else as the backend asked",
        "R56, R81",
        is_flag,
    ),
    KeyRule(LOCAL_OFFLINE, _V, "the wallbox is told what the backend asked for", "R81", is_flag),
    KeyRule(
        HEARTBEAT,
        _V,
        "the gateway's own heartbeat at that backend, until the next boot notification is answered",
        "R46, R80",
        is_count_from_one,
    ),
    KeyRule(
        ATTEMPTS,
        _V,
        "how often a queued message is sent to that backend",
        "R66, R80",
        is_count_from_one,
    ),
    KeyRule(
        RETRY_INTERVAL,
        _V,
        "s before a queued message is sent to that backend again, times the sends so far",
        "R66, R80",
        is_count,
    ),
    KeyRule("WebSocketPingInterval", _V, _KEPT, "R28, R80", is_count),
    KeyRule("MessageTimeout", _V, _KEPT, "R16, R80", is_count_from_one),
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
        is_name,
    ),
    KeyRule(STORE_LENGTH, _L, "Rejected: how many certificates a link takes is ours", "R37"),
    KeyRule("StopTxnSampledData", _RELAY, _SIGNED, "R81"),
    KeyRule("StopTxnAlignedData", _RELAY, _SIGNED, "R81"),
    *(KeyRule(key, _RELAY, _SIGNED, "R115") for key in SIGNING_KEYS),
    KeyRule("AuthorizeRemoteTxRequests", _RELAY, "", "R81"),
    KeyRule("ConnectionTimeOut", _RELAY, "", "R80"),
    KeyRule("StopTransactionOnEVSideDisconnect", _RELAY, "", "R81"),
    KeyRule("StopTransactionOnInvalidId", _RELAY, "", "R65, R81"),
    KeyRule("NewBackendURL", _NO, "", "R82"),
    KeyRule("BackOffice-URL-wired", _NO, "Alfen", "R82"),
    KeyRule("BackOffice-URL-APN", _NO, "Alfen", "R82"),
    KeyRule("Cst_BackendUrl", _NO, "MicroOcpp", "R82"),
    KeyRule("CentralSystemURI", _NO, "EVerest", "R82"),
    KeyRule("Station-MaxCurrent", _C, "Alfen", "R82"),
    KeyRule("OperatorCurrentLimit", _C, "Bender, Webasto", "R82"),
    KeyRule("G_MaxCurrent", _C, "Growatt", "R82"),
    KeyRule("G_ExternalLimitPower", _C, "Growatt", "R82"),
    KeyRule("G_ExternalLimitPowerEnable", _C, "Growatt", "R82"),
    KeyRule("G_SolarMode", _C, "Growatt", "R82"),
    KeyRule("G_SolarLimitPower", _C, "Growatt", "R82"),
    KeyRule("maxintensitysocket", _C, "Schneider", "R82"),
    KeyRule("chargingALimitConn1", _C, "Wallbox", "R82"),
    KeyRule("chargingALimitConn2", _C, "Wallbox", "R82"),
    KeyRule("MaxEVCurrentOffered", _C, "several", "R82"),
    *(
        KeyRule(key, _C, "reads back what the gateway takes", "R84, R97")
        for key in TOLD_OF_PROFILES
    ),
    KeyRule(
        PHASE_ROTATION,
        _RELAY,
        "only by a backend that has all connectors of the wallbox",
        "R101, R103",
    ),
)
"""Vendors' keys about current: Alfen woopstar/hsem, Bender docs (OCPP in-depth guide), Webasto and
Schneider sap-labs-france/ev-server, Growatt lbbrhzn/ocpp#1293, Wallbox
ConnectorIO/connectorio-addons#155, MaxEVCurrentOffered steve-community/steve#1272."""

KEYS: Final[dict[str, KeyRule]] = {row.key.casefold(): row for row in _ROWS}
"""The table, by folded key: keys are told apart without regard to case (CiString50Type)."""

LINK_KEYS: Final = frozenset(k for k, row in KEYS.items() if row.treatment is Treatment.LINK)
"""Keys (folded) that concern one link: a backend may not re-key the wallbox (R37)."""

BACKEND_ADDRESS: Final = re.compile(
    r"(?=.*(backend|back-?office|central-?system|csms|ocpp))(?=.*(ur[il]|endpoint|address|host))"
)
"""A folded key that fits is the address of a backend, whichever the maker (R82)."""

CURRENT_LIMIT: Final = re.compile(
    r"(?=.*(max|limit|safe|fallback|available))(?=.*(current|ampere|amps|power))"
    r"|load-?(balanc|manage)|energy-?manage|smart-?charging"
)
"""A folded key that fits is about how much may be drawn, whichever the maker (R82)."""


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
    plain = folded.replace("_", "-")
    if BACKEND_ADDRESS.search(plain):
        return KeyRule(key, Treatment.REJECT, "", "R82")
    if CURRENT_LIMIT.search(plain):
        return KeyRule(key, Treatment.CURRENT, "", "R82")
    return KeyRule(key, Treatment.RELAY, "", "R81")
