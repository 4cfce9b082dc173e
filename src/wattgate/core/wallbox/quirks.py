"""In which ways the software wallbox can be as wrong as real ones are: a table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_UNITS: Final = "ChargingScheduleAllowedChargingRateUnit"
_FEATURES: Final = "SupportedFeatureProfiles"
_WITHOUT_SMART_CHARGING: Final = "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger"

_NO_MODEL: Final = "what writing a key has to get over; no wallbox in particular"


class Quirk(StrEnum):
    """One deviation from OCPP 1.6, by the name it is chosen with."""

    KEEPS_CURRENT = "keeps-current"
    ONLY_NEW_TRANSACTIONS = "only-new-transactions"
    NO_TX_PROFILE = "no-tx-profile"
    TX_PROFILE_NEEDS_ID = "tx-profile-needs-id"
    LEVEL_0_ONLY = "level-0-only"
    NO_CHARGE_POINT_MAX = "no-charge-point-max"
    CONNECTOR_0_IGNORED = "connector-0-ignored"
    WATTS_ONLY = "watts-only"
    WATTS_ONLY_UNSAID = "watts-only-unsaid"
    RELATIVE_ONLY = "relative-only"
    PAST_STARTS_ONLY = "past-starts-only"
    WHOLE_AMPERES = "whole-amperes"
    STEPS = "steps"
    ZERO_IGNORED = "zero-ignored"
    NEVER_EXPIRES = "never-expires"
    FORGETS_PROFILES = "forgets-profiles"
    CLEAR_TAKES_ALL = "clear-takes-all"
    SUSPENDED_STAYS = "suspended-stays"
    COMPOSITE_EMPTY = "composite-empty"
    NOT_SUPPORTED = "not-supported"
    SMART_CHARGING_UNLISTED = "smart-charging-unlisted"
    LOWER_CASE_KEYS = "lower-case-keys"
    QUOTED_LISTS = "quoted-lists"
    SLOW = "slow"
    DROPS_BEFORE_BOOT = "drops-before-boot"
    NO_METER_VALUES = "no-meter-values"
    NO_CURRENTS = "no-currents"
    EMPTY_CURRENTS = "empty-currents"
    CURRENTS_TAGGED_LN = "currents-tagged-ln"
    FAULTED_INFO = "faulted-info"
    CHARGING_AT_ZERO = "charging-at-zero"
    KEY_IGNORED = "key-ignored"
    KEY_STAYS = "key-stays"
    KEY_AFTER_RESTART = "key-after-restart"


@dataclass(frozen=True, slots=True)
class Deviation:
    """What a quirk does, for a person; where it was seen; and the configuration that goes with it.

    `source` names wallboxes and public threads: `repository#number`.
    """

    does: str
    source: str
    keys: Mapping[str, str] = field(default_factory=dict)


DEVIATIONS: Final[Mapping[Quirk, Deviation]] = {
    Quirk.KEEPS_CURRENT: Deviation(
        "accepts every profile and goes on with its own maximum",
        "Amperfied evcc#17836, Grizzl-E 3.09 kccricket/grizzle-ocpp-proxy",
    ),
    Quirk.ONLY_NEW_TRANSACTIONS: Deviation(
        "a TxDefaultProfile counts only for transactions that start after it",
        "wallboxes from before OCPP 1.6 errata 3.8",
    ),
    Quirk.NO_TX_PROFILE: Deviation(
        "accepts a TxProfile and ignores it", "go-e go-eCharger-API-v2#243, #249"
    ),
    Quirk.TX_PROFILE_NEEDS_ID: Deviation(
        "rejects a TxProfile without transactionId", "ABB evcc#9766, MicroOcpp#346"
    ),
    Quirk.LEVEL_0_ONLY: Deviation(
        "rejects every stackLevel but 0, whatever ChargeProfileMaxStackLevel says",
        "ABB Terra AC 1.8.0 evcc#15493, #15801",
    ),
    Quirk.NO_CHARGE_POINT_MAX: Deviation(
        "rejects a ChargePointMaxProfile", "EVBox Elvi lbbrhzn/ocpp#221"
    ),
    Quirk.CONNECTOR_0_IGNORED: Deviation(
        "accepts a profile for connector 0 and ignores it", "EN+ lbbrhzn/ocpp#1851"
    ),
    Quirk.WATTS_ONLY: Deviation(
        "refuses limits in A; its configuration says so",
        "Huawei SCharger lbbrhzn/ocpp#2084",
        {_UNITS: "Power"},
    ),
    Quirk.WATTS_ONLY_UNSAID: Deviation(
        "rejects limits in A, though its configuration names both units",
        "Huawei SCharger lbbrhzn/ocpp#2084",
    ),
    Quirk.RELATIVE_ONLY: Deviation(
        "accepts a profile that is not Relative and ignores it", "Wallbox Pulsar evcc#25042"
    ),
    Quirk.PAST_STARTS_ONLY: Deviation(
        "rejects a schedule that starts in the future of its clock", "several evcc#16430"
    ),
    Quirk.WHOLE_AMPERES: Deviation(
        "cuts a limit to whole A", "Wallbox Pulsar evcc#25042, #22139, #31597"
    ),
    Quirk.STEPS: Deviation(
        "knows 6, 8, 10, 13 and 16 A only, and takes the next lower one",
        "NEcharge evcc ocpp-necharge.yaml",
    ),
    Quirk.ZERO_IGNORED: Deviation(
        "takes a limit below 6 A for 6 A", "a limit of 0 A without effect: lbbrhzn/ocpp#492"
    ),
    Quirk.NEVER_EXPIRES: Deviation(
        "holds the first period for ever: no further period, no duration, no validTo",
        "what a proof of expiry is there to find",
    ),
    Quirk.FORGETS_PROFILES: Deviation(
        "has no charging profile after a restart",
        "what a proof of persistence is there to find",
    ),
    Quirk.CLEAR_TAKES_ALL: Deviation(
        "removes every profile at any ClearChargingProfile", "Alfen evcc#4977"
    ),
    Quirk.SUSPENDED_STAYS: Deviation(
        "comes out of a pause only with the second profile that allows current",
        "Garo Entity Pro hass-evse-load-balancer#89",
    ),
    Quirk.COMPOSITE_EMPTY: Deviation(
        "answers GetCompositeSchedule with Accepted and no schedule", "a client library"
    ),
    Quirk.NOT_SUPPORTED: Deviation(
        "does not know smart charging: NotSupported",
        "Heidelberg and Amperfied evcc#17836",
        {_FEATURES: _WITHOUT_SMART_CHARGING},
    ),
    Quirk.SMART_CHARGING_UNLISTED: Deviation(
        "does not list SmartCharging, but knows it",
        "wallbe and Weidmüller evcc#15474",
        {_FEATURES: _WITHOUT_SMART_CHARGING},
    ),
    Quirk.LOWER_CASE_KEYS: Deviation(
        "spells its configuration keys in lower case", "several evcc#16186"
    ),
    Quirk.QUOTED_LISTS: Deviation(
        "puts lists in its configuration between quotation marks", "Mennekes evcc#16255"
    ),
    Quirk.SLOW: Deviation(
        "carries out and answers every command 5 s late",
        "no wallbox in particular: an answer may take 6 s",
    ),
    Quirk.DROPS_BEFORE_BOOT: Deviation(
        "does not answer commands before its boot is answered", "Wallbox Pulsar lbbrhzn/ocpp#1503"
    ),
    Quirk.NO_METER_VALUES: Deviation(
        "sends meter values on request only", "SyncEV, documentation of lbbrhzn/ocpp"
    ),
    Quirk.NO_CURRENTS: Deviation("measures no Current.Import", "evcc#7049, evcc#19420"),
    Quirk.EMPTY_CURRENTS: Deviation(
        "sends Current.Import with an empty value", "Amperfied evcc#18109"
    ),
    Quirk.CURRENTS_TAGGED_LN: Deviation(
        "sends its currents with phase L1-N instead of L1", "evcc#16966"
    ),
    Quirk.FAULTED_INFO: Deviation(
        "reports Faulted for information, and goes on charging", "Alfen lbbrhzn/ocpp#337"
    ),
    Quirk.CHARGING_AT_ZERO: Deviation(
        "reports Charging while it permits nothing", "another simulator"
    ),
    Quirk.KEY_IGNORED: Deviation(
        "accepts a new AuthorizationKey and goes on with the password that it had", _NO_MODEL
    ),
    Quirk.KEY_STAYS: Deviation(
        "accepts a new AuthorizationKey and stays connected with the old one", _NO_MODEL
    ),
    Quirk.KEY_AFTER_RESTART: Deviation(
        "answers RebootRequired to a new AuthorizationKey, and uses it after a restart", _NO_MODEL
    ),
}
"""Every quirk."""


def keys_of(quirks: Iterable[Quirk]) -> dict[str, str]:
    """What the configuration keys hold that belong to these quirks."""
    return {name: text for quirk in quirks for name, text in DEVIATIONS[quirk].keys.items()}
