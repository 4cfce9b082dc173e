import json
from collections.abc import Mapping

import pytest

from wattgate.core.gateway.commands.access import (
    NotAllowedError,
    Standing,
    require_access,
    require_relayed_access,
)
from wattgate.core.gateway.commands.rights import COMMANDS, Rights
from wattgate.core.ocpp.frames import Call

Payload = Mapping[str, str]

PRESENT, RETIRING = Standing.PRESENT, Standing.RETIRING

READS = {
    "ExtendedTriggerMessage",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "TriggerMessage",
}
UPKEEP = {"CertificateSigned", "DeleteCertificate", "InstallCertificate"}


def may(
    action: str, rights: Rights, payload: Payload | None = None, standing: Standing = PRESENT
) -> bool:
    text = json.dumps(payload or {})
    try:
        require_access(Call("1", action, text, ""), rights, standing)
    except NotAllowedError as refusal:
        assert refusal.code == "SecurityError"
        assert action in refusal.description
        return False
    return True


@pytest.mark.parametrize("action", COMMANDS)
def test_rights_decide_about_every_command_r106(action: str) -> None:
    assert may(action, Rights.ALL)
    assert may(action, Rights.READ) is (action in READS | UPKEEP)
    assert not may(action, Rights.NONE)
    assert may(action, Rights.to(action))
    assert may(action, Rights.to("Reset")) is (
        action in {"Reset", "GetInstalledCertificateIds"} | UPKEEP
    )


@pytest.mark.parametrize("action", COMMANDS)
def test_a_backend_that_is_gone_may_only_end_its_own_transactions(action: str) -> None:
    assert may(action, Rights.ALL, standing=RETIRING) is (action == "RemoteStopTransaction")
    assert not may(action, Rights.READ, standing=RETIRING)


@pytest.mark.parametrize(
    ("action", "payload", "allowed"),
    [
        ("ChangeConfiguration", {"key": "authorizationkey", "value": "0" * 32}, True),
        ("ChangeConfiguration", {"key": "SecurityProfile", "value": "2"}, True),
        ("ChangeConfiguration", {"key": "MeterValueSampleInterval", "value": "60"}, False),
        ("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "60"}, False),
        ("InstallCertificate", {"certificateType": "CentralSystemRootCertificate"}, True),
        ("InstallCertificate", {"certificateType": "ManufacturerRootCertificate"}, False),
        ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}, True),
    ],
)
def test_the_upkeep_of_its_own_login_is_the_affair_of_who_may_read_r37(
    action: str, payload: Payload, allowed: bool
) -> None:
    assert may(action, Rights.READ, payload) is allowed
    assert not may(action, Rights.NONE, payload)


def test_what_nobody_knows_passes_in_mode_t_for_who_may_do_everything_r13() -> None:
    unknown = Call("1", "NobodyKnows", "{}", "")
    require_relayed_access(unknown, Rights.ALL, PRESENT)
    for rights in (Rights.READ, Rights.NONE, Rights.to("Reset")):
        with pytest.raises(NotAllowedError):
            require_relayed_access(unknown, rights, PRESENT)
    require_relayed_access(Call("1", "GetConfiguration", "{}", ""), Rights.READ, PRESENT)


def test_in_mode_t_as_well_who_is_gone_may_only_end_its_own_transactions() -> None:
    with pytest.raises(NotAllowedError):
        require_relayed_access(Call("1", "Reset", "{}", ""), Rights.ALL, RETIRING)
    require_relayed_access(Call("1", "RemoteStopTransaction", "{}", ""), Rights.ALL, RETIRING)
