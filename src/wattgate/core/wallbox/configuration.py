"""The configuration keys of the software wallbox (OCPP 1.6 §9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from wattgate.core.wallbox.meter import MEASURANDS

Check = Callable[[str], bool]
Spelling = Callable[[str, str], tuple[str, str]]


class Access(Enum):
    """Who may do what with a key."""

    READ_ONLY = auto()
    READ_WRITE = auto()
    WRITE_ONLY = auto()


@dataclass(frozen=True, slots=True)
class Key:
    """A key, what it holds at first, and what may be written."""

    default: str
    access: Access = Access.READ_ONLY
    check: Check = lambda _text: True


def _is_bool(text: str) -> bool:
    return text.lower() in {"true", "false"}


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _is_measurand_list(text: str) -> bool:
    return all(name in MEASURANDS for name in _names(text))


def _is_authorization_key(text: str) -> bool:
    """16 to 20 bytes in hex digits (R24)."""
    return password_bytes(text) is not None


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def password_bytes(text: str) -> bytes | None:
    """The 16 to 20 bytes that an AuthorizationKey spells in hex; None when it does not (R24)."""
    try:
        password = bytes.fromhex(text)
    except ValueError:
        return None
    return password if 16 <= len(password) <= 20 else None


def _flag(default: str) -> Key:
    return Key(default, Access.READ_WRITE, _is_bool)


def _count(default: str) -> Key:
    return Key(default, Access.READ_WRITE, _is_count)


KEYS: Final[dict[str, Key]] = {
    "AllowOfflineTxForUnknownId": _flag("false"),
    "AuthorizationCacheEnabled": _flag("true"),
    "AuthorizeRemoteTxRequests": _flag("false"),
    "ClockAlignedDataInterval": Key("0"),
    "ConnectionTimeOut": _count("120"),
    "ConnectorPhaseRotation": Key("NotApplicable", Access.READ_WRITE),
    "GetConfigurationMaxKeys": Key("100"),
    "HeartbeatInterval": _count("300"),
    "LocalAuthorizeOffline": _flag("true"),
    "LocalPreAuthorize": _flag("false"),
    "MeterValuesAlignedData": Key(""),
    "MeterValuesSampledData": Key(",".join(MEASURANDS), Access.READ_WRITE, _is_measurand_list),
    "MeterValueSampleInterval": _count("60"),
    "NumberOfConnectors": Key("1"),
    "ResetRetries": _count("1"),
    "StopTransactionOnEVSideDisconnect": _flag("true"),
    "StopTransactionOnInvalidId": _flag("true"),
    "StopTxnAlignedData": Key(""),
    "StopTxnSampledData": Key("", Access.READ_WRITE, _is_measurand_list),
    "SupportedFeatureProfiles": Key(
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"
    ),
    "TransactionMessageAttempts": _count("3"),
    "TransactionMessageRetryInterval": _count("60"),
    "UnlockConnectorOnEVSideDisconnect": Key("true"),
    "LocalAuthListEnabled": _flag("true"),
    "LocalAuthListMaxLength": Key("100"),
    "SendLocalListMaxLength": Key("100"),
    "ReserveConnectorZeroSupported": Key("false"),
    "ChargeProfileMaxStackLevel": Key("10"),
    "ChargingScheduleAllowedChargingRateUnit": Key("Current,Power"),
    "ChargingScheduleMaxPeriods": Key("24"),
    "ConnectorSwitch3to1PhaseSupported": Key("false"),
    "MaxChargingProfilesInstalled": Key("20"),
    "SecurityProfile": Key("0"),
    "AuthorizationKey": Key("", Access.WRITE_ONLY, _is_authorization_key),
}
"""Every key the wallbox knows."""


def as_is(name: str, text: str) -> tuple[str, str]:
    """A key and what it holds, spelled as in OCPP."""
    return name, text


class Configuration:
    """The values of the keys; they outlive a restart."""

    def __init__(self, first: Mapping[str, str]) -> None:
        self._first = {name: first.get(name, key.default) for name, key in KEYS.items()}
        self._values = dict(self._first)

    def changed(self) -> dict[str, str]:
        """What the keys hold that were written to since they were set up."""
        return {name: text for name, text in self._values.items() if text != self._first[name]}

    def restore(self, changed: Mapping[str, str]) -> None:
        """Write again what `changed` gave; keys that may not hold it any more are left alone."""
        for name, text in changed.items():
            key = KEYS.get(name)
            if key is not None and key.access is not Access.READ_ONLY and key.check(text):
                self._values[name] = text

    def text(self, name: str) -> str:
        """A key's value as it is written."""
        return self._values[name]

    def flag(self, name: str) -> bool:
        """A boolean key's value."""
        return self._values[name].lower() == "true"

    def count(self, name: str) -> int:
        """A number key's value."""
        return int(self._values[name])

    def names(self, name: str) -> tuple[str, ...]:
        """The parts of a comma-separated key."""
        return _names(self._values[name])

    def set_count(self, name: str, count: int) -> None:
        """Let the wallbox itself write a number key (HeartbeatInterval after a boot)."""
        self._values[name] = str(count)

    def change(self, name: str, text: str) -> str:
        """Carry out ChangeConfiguration; answers its status (OCPP 1.6 §5.3, R83)."""
        key = KEYS.get(name)
        if key is None:
            return "NotSupported"
        if key.access is Access.READ_ONLY or not key.check(text):
            return "Rejected"
        self._values[name] = text
        return "Accepted"

    def listing(self, wanted: Sequence[str], spell: Spelling = as_is) -> dict[str, object]:
        """The GetConfiguration answer: the keys asked for, or all; a write-only one is unknown.

        `spell` writes a key and what it holds.
        """
        names = wanted or tuple(KEYS)
        readable = {n for n, key in KEYS.items() if key.access is not Access.WRITE_ONLY}
        answer: dict[str, object] = {
            "configurationKey": [
                {"key": key, "readonly": KEYS[name].access is Access.READ_ONLY, "value": text}
                for name in names
                if name in readable
                for key, text in (spell(name, self._values[name]),)
            ]
        }
        if unknown := [name for name in wanted if name not in readable]:
            answer["unknownKey"] = unknown
        return answer
