"""What happens to each OCPP 1.6 message between wallbox and backend, as a table.

Rows follow the OCPP 1.6 message list (28 messages, 11 of the security extension). To change what
the gateway does with a message, change its row; docs/reference/policy.md is generated from here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Decision(StrEnum):
    """What the gateway does with a message."""

    FORWARD = "forward"
    """Pass it on, payload verbatim but for the ids the row names; the answer comes back so too."""
    STORE = "store"
    """Keep it durably and queue it for the backend, then answer."""
    ANSWER = "answer"
    """Answer it here; what it says may still be passed on."""
    VIRTUALISE = "virtualise"
    """Carry it out inside the gateway on the backend's behalf; the wallbox never sees it."""


class Sender(StrEnum):
    """Who sends a message."""

    WALLBOX = "wallbox"
    BACKEND = "backend"
    BOTH = "both"


Path = tuple[str, ...]

CONNECTOR: Final[Path] = ("connectorId",)
TRANSACTION: Final[Path] = ("transactionId",)
PROFILE_TRANSACTION: Final[Path] = ("csChargingProfiles", "transactionId")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: the decision in each situation.

    `online`: a backend serves the EVSE and is connected (mode B). `away`: it is not (B-off).
    `local`: the EVSE has no backend (L). `observing`: as `online`, while load management only
    observes; None means no difference. `relayed`: the backend is connected, and is to be dropped
    with the wallbox when one of them goes (T); ids are not mapped then. What a backend sends has
    no `away` and no `local`.

    `connector` and `transaction` are the paths of the ids that are mapped, `answer_connector` that
    of a connector id in the answer. `away_answer` and `local_answer` are what is said where the
    decision is to answer, but for the messages of `COMPUTED`.
    `keeps_last`: while the backend is away the last one is kept, and sent after the next login.
    `timeout_s` bounds the wait for the answer to what is forwarded.
    """

    action: str
    sender: Sender
    online: Decision
    away: Decision = Decision.ANSWER
    local: Decision = Decision.ANSWER
    observing: Decision | None = None
    relayed: Decision = Decision.FORWARD
    connector: Path | None = None
    transaction: Path | None = None
    answer_connector: Path | None = None
    away_answer: str = "{}"
    local_answer: str = "{}"
    keeps_last: bool = False
    timeout_s: float = 30.0
    rules: str = ""

    def decide(self, *, observing: bool) -> Decision:
        """The decision while the backend is connected."""
        if observing and self.observing is not None:
            return self.observing
        return self.online


_F, _S, _A, _V = (
    Decision.FORWARD,
    Decision.STORE,
    Decision.ANSWER,
    Decision.VIRTUALISE,
)
_UP, _DOWN, _BOTH = Sender.WALLBOX, Sender.BACKEND, Sender.BOTH
_NO: Final = '{"status":"Rejected"}'


def _notice(action: str, rules: str = "") -> Rule:
    """A wallbox's progress report: the backend gets it, or the last one when it is back."""
    return Rule(action, _UP, _F, _A, _A, keeps_last=True, rules=rules)


def _command(
    action: str, rules: str = "", *, connector: Path | None = None, transaction: Path | None = None
) -> Rule:
    """A backend's command that the wallbox carries out."""
    return Rule(action, _DOWN, _F, connector=connector, transaction=transaction, rules=rules)


def _link_only(action: str) -> Rule:
    """A backend's command that concerns its link with us, and never the wallbox's (R36)."""
    return Rule(action, _DOWN, _V, relayed=_V, rules="R36, R37")


_ROWS: Final = (
    # OCPP 1.6 edition 2 §4: from the wallbox
    Rule("Authorize", _UP, _F, _A, _A, timeout_s=20.0, rules="R51-R54, R101"),
    Rule("BootNotification", _UP, _A, _A, _A, rules="R41-R45, R104"),
    Rule(
        "DataTransfer",
        _BOTH,
        _F,
        _A,
        _A,
        away_answer=_NO,
        local_answer='{"status":"UnknownVendorId"}',
        timeout_s=60.0,
        rules="R91, R114, R118",
    ),
    _notice("DiagnosticsStatusNotification"),
    _notice("FirmwareStatusNotification"),
    Rule("Heartbeat", _UP, _A, _A, _A, rules="R46"),
    Rule(
        "MeterValues",
        _UP,
        _S,
        _S,
        _A,
        connector=CONNECTOR,
        transaction=TRANSACTION,
        rules="R58, R63, R76, R113",
    ),
    Rule("StartTransaction", _UP, _S, _S, _S, connector=CONNECTOR, rules="R58-R62"),
    Rule("StatusNotification", _UP, _A, _A, _A, connector=CONNECTOR, rules="R49, R50"),
    Rule("StopTransaction", _UP, _S, _S, _S, transaction=TRANSACTION, rules="R58-R63, R69"),
    # OCPP 1.6 edition 2 §5: from the backend
    _command("CancelReservation", "R105"),
    _command("ChangeAvailability", "R86", connector=CONNECTOR),
    _command("ChangeConfiguration", "R80-R83"),
    _command("ClearCache", "R55"),
    Rule("ClearChargingProfile", _DOWN, _V, observing=_F, connector=CONNECTOR, rules="R98"),
    Rule(
        "GetCompositeSchedule",
        _DOWN,
        _V,
        observing=_F,
        connector=CONNECTOR,
        answer_connector=CONNECTOR,
        rules="R99",
    ),
    _command("GetConfiguration", "R84"),
    _command("GetDiagnostics", "R87"),
    _command("GetLocalListVersion", "R55"),
    _command("RemoteStartTransaction", "R75", connector=CONNECTOR),
    _command("RemoteStopTransaction", "R74", transaction=TRANSACTION),
    _command("ReserveNow", "R105", connector=CONNECTOR),
    _command("Reset", "R85"),
    _command("SendLocalList", "R55, R56"),
    Rule(
        "SetChargingProfile",
        _DOWN,
        _V,
        observing=_F,
        connector=CONNECTOR,
        transaction=PROFILE_TRANSACTION,
        rules="R97",
    ),
    _command("TriggerMessage", "R44, R88", connector=CONNECTOR),
    _command("UnlockConnector", "R101", connector=CONNECTOR),
    _command("UpdateFirmware", "R87"),
    # Improved security for OCPP 1.6-J edition 2. Messages that re-key a link end at the gateway.
    _link_only("CertificateSigned"),
    _link_only("DeleteCertificate"),
    _command("ExtendedTriggerMessage", "R40, R88", connector=CONNECTOR),
    _link_only("GetInstalledCertificateIds"),
    _command("GetLog", "R87"),
    _link_only("InstallCertificate"),
    _notice("LogStatusNotification"),
    Rule("SecurityEventNotification", _UP, _S, _S, _A, rules="R38"),
    Rule(
        "SignCertificate",
        _UP,
        _A,
        _A,
        _A,
        relayed=_A,
        away_answer=_NO,
        local_answer=_NO,
        rules="R36",
    ),
    _notice("SignedFirmwareStatusNotification", "R39"),
    _command("SignedUpdateFirmware", "R39"),
)

POLICY: Final[dict[str, Rule]] = {rule.action: rule for rule in _ROWS}
"""The table, by action."""

COMPUTED: Final = frozenset({"Authorize", "BootNotification", "Heartbeat", "StartTransaction"})
"""Messages whose answer says something that no row can know: a verdict, the time, an id."""


def rule_for(action: str, sender: Sender) -> Rule | None:
    """The row of a message from that side; None for an action nobody may send from there."""
    rule = POLICY.get(action)
    if rule is None or rule.sender not in (sender, Sender.BOTH):
        return None
    return rule
