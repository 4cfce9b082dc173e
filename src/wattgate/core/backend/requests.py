"""What the test backend asks a charge point, from the words of a command.

Each function takes the words after the verb and the wall clock; ValueError says what is wrong.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Final

import msgspec

from wattgate.core.backend.orders import AskStation

DEFAULT_PROFILE_ID: Final = 1
START_PROFILE_ID: Final = 2
COMPOSITE_DURATION_S: Final = 3600

_ROOT: Final = "CentralSystemRootCertificate"
_RESETS: Final = {"soft": "Soft", "hard": "Hard"}
_AVAILABILITIES: Final = {"on": "Operative", "off": "Inoperative"}


def start(words: list[str], _wall: datetime) -> AskStation:
    """RemoteStartTransaction; a limit becomes the TxProfile of the transaction (R75)."""
    payload: dict[str, object] = {"idTag": words[1]}
    if len(words) > 2:
        payload["connectorId"] = _whole(words[2])
    if len(words) > 3:
        payload["chargingProfile"] = {
            "chargingProfileId": START_PROFILE_ID,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": _flat(_current(words[3])),
        }
    return _request(words[0], "RemoteStartTransaction", payload)


def stop(words: list[str], _wall: datetime) -> AskStation:
    """RemoteStopTransaction."""
    return _request(words[0], "RemoteStopTransaction", {"transactionId": _whole(words[1])})


def profile(words: list[str], wall: datetime) -> AskStation:
    """SetChargingProfile with one flat TxDefaultProfile for all connectors.

    A schedule without an end starts at midnight, so that no clock sees it in the future (R93).
    """
    schedule = _flat(_current(words[1]))
    if len(words) > 2:
        schedule["duration"] = _whole(words[2])
        schedule["startSchedule"] = _stamp(wall)
    else:
        midnight = wall.astimezone(UTC).replace(hour=0, minute=0, second=0)
        schedule["startSchedule"] = _stamp(midnight)
    payload = {
        "connectorId": 0,
        "csChargingProfiles": {
            "chargingProfileId": DEFAULT_PROFILE_ID,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "chargingSchedule": schedule,
        },
    }
    return _request(words[0], "SetChargingProfile", payload)


def clear(words: list[str], _wall: datetime) -> AskStation:
    """ClearChargingProfile without a filter: all of them (R98)."""
    return _request(words[0], "ClearChargingProfile", {})


def composite(words: list[str], _wall: datetime) -> AskStation:
    """GetCompositeSchedule in A, of connector 1 and the next hour unless told otherwise."""
    payload = {
        "connectorId": _connector(words, 1, default=1),
        "duration": _whole(words[2]) if len(words) > 2 else COMPOSITE_DURATION_S,
        "chargingRateUnit": "A",
    }
    return _request(words[0], "GetCompositeSchedule", payload)


def reset(words: list[str], _wall: datetime) -> AskStation:
    """Reset."""
    return _request(words[0], "Reset", {"type": _one_of(words[1], _RESETS)})


def config(words: list[str], _wall: datetime) -> AskStation:
    """GetConfiguration of the keys named, or of all."""
    keys = words[1:]
    return _request(words[0], "GetConfiguration", {"key": keys} if keys else {})


def set_key(words: list[str], _wall: datetime) -> AskStation:
    """ChangeConfiguration."""
    return _request(words[0], "ChangeConfiguration", {"key": words[1], "value": words[2]})


def unlock(words: list[str], _wall: datetime) -> AskStation:
    """UnlockConnector, connector 1 unless told otherwise."""
    return _request(words[0], "UnlockConnector", {"connectorId": _connector(words, 1, default=1)})


def available(words: list[str], _wall: datetime) -> AskStation:
    """ChangeAvailability of the whole charge point unless a connector is named."""
    payload = {
        "connectorId": _connector(words, 2, default=0),
        "type": _one_of(words[1], _AVAILABILITIES),
    }
    return _request(words[0], "ChangeAvailability", payload)


def trigger(words: list[str], _wall: datetime) -> AskStation:
    """TriggerMessage."""
    payload: dict[str, object] = {"requestedMessage": words[1]}
    if len(words) > 2:
        payload["connectorId"] = _whole(words[2])
    return _request(words[0], "TriggerMessage", payload)


def certificate(words: list[str], _wall: datetime) -> AskStation:
    """ExtendedTriggerMessage: the charge point is to ask for a certificate (R40)."""
    payload = {"requestedMessage": "SignChargePointCertificate"}
    return _request(words[0], "ExtendedTriggerMessage", payload)


def install_root(station_id: str, pem: str) -> AskStation:
    """InstallCertificate: the charge point is to believe whom this authority vouches for."""
    payload = {"certificateType": _ROOT, "certificate": pem}
    return _request(station_id, "InstallCertificate", payload)


def roots(words: list[str], _wall: datetime) -> AskStation:
    """GetInstalledCertificateIds."""
    return _request(words[0], "GetInstalledCertificateIds", {"certificateType": _ROOT})


def remove_root(words: list[str], _wall: datetime) -> AskStation:
    """DeleteCertificate, by the SHA-256 hashes that `roots` has told."""
    payload = {
        "certificateHashData": {
            "hashAlgorithm": "SHA256",
            "issuerNameHash": words[1],
            "issuerKeyHash": words[2],
            "serialNumber": words[3],
        }
    }
    return _request(words[0], "DeleteCertificate", payload)


def data(words: list[str], _wall: datetime) -> AskStation:
    """DataTransfer; the text goes as it is (R91)."""
    payload = {"vendorId": words[1], "messageId": words[2], "data": words[3]}
    return _request(words[0], "DataTransfer", payload)


def _request(station_id: str, action: str, payload: Mapping[str, object]) -> AskStation:
    return AskStation(station_id, action, msgspec.json.encode(payload).decode())


def _flat(current_a: float) -> dict[str, object]:
    return {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": current_a}],
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _connector(words: list[str], index: int, *, default: int) -> int:
    return _whole(words[index]) if len(words) > index else default


def _whole(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise ValueError(f"{word!r} is no whole number") from None


def _current(word: str) -> float:
    """A per phase, in tenths as a profile has them (R95)."""
    try:
        current_a = float(word)
    except ValueError:
        raise ValueError(f"{word!r} is no current in A") from None
    if not isfinite(current_a) or current_a < 0:
        raise ValueError(f"{word!r} is no current in A")
    return round(current_a, 1)


def _one_of(word: str, meanings: dict[str, str]) -> str:
    if word not in meanings:
        raise ValueError(" or ".join(meanings) + "?")
    return meanings[word]
