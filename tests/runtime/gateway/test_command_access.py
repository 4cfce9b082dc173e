"""Every command of a backend, at every place where one may stand (R103, R106)."""

from typing import Any

import pytest
from tests.support.frames import (
    error,
    literal_backend,
    obedient_wallbox,
    result,
    settled,
)
from tests.support.relayed import DROP, a_relaying_world
from tests.support.roles import HELPER, LISTENER, NOBODY, PRIMARY, Several, several
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.gateway.commands.rights import COMMANDS

DONE = {"status": "Accepted"}
MAKER = {"certificateType": "ManufacturerRootCertificate"}

PAYLOADS: dict[str, Json] = {
    "CancelReservation": {"reservationId": 1},
    "CertificateSigned": {"certificateChain": "x"},
    "ChangeAvailability": {"connectorId": 1, "type": "Inoperative"},
    "ChangeConfiguration": {"key": "VendorKey", "value": "60"},
    "ClearCache": {},
    "ClearChargingProfile": {},
    "DataTransfer": {"vendorId": "v"},
    "DeleteCertificate": {"certificateHashData": {}},
    "ExtendedTriggerMessage": {"requestedMessage": "LogStatusNotification"},
    "GetCompositeSchedule": {"connectorId": 1, "duration": 60},
    "GetConfiguration": {},
    "GetDiagnostics": {"location": "ftp://x/"},
    "GetInstalledCertificateIds": MAKER,
    "GetLocalListVersion": {},
    "GetLog": {"logType": "DiagnosticsLog", "requestId": 1},
    "InstallCertificate": MAKER | {"certificate": "x"},
    "RemoteStartTransaction": {"idTag": "04A1", "connectorId": 1},
    "RemoteStopTransaction": {"transactionId": 4711},
    "ReserveNow": {"connectorId": 1, "reservationId": 1, "idTag": "a", "expiryDate": "x"},
    "Reset": {"type": "Soft"},
    "SendLocalList": {"listVersion": 1, "updateType": "Full"},
    "SetChargingProfile": {"connectorId": 1},
    "SignedUpdateFirmware": {"requestId": 1},
    "TriggerMessage": {"requestedMessage": "MeterValues"},
    "UnlockConnector": {"connectorId": 1},
    "UpdateFirmware": {"location": "ftp://x/"},
}

COLUMNS = ("alone", "main", "busy", "other", "helper", "listener", "nobody", "retiring")
"""Primary of the only EVSE; main of two, also while the other's car charges; the other of two; one
that only listens, with all rights, with those it has unless something is said, and with none; one
that the site has no more."""

ROWS = {
    # W: the wallbox gets it. G: the gateway answers. P: either, it depends on whose card it is.
    # N: NotSupported. L: not now. S: SecurityError.
    "CancelReservation": "P P P P P S S S",
    "CertificateSigned": "G G G G G G S S",
    "ChangeAvailability": "W W W W W S S S",
    "ChangeConfiguration": "W W G G W S S S",
    "ClearCache": "P P P P P S S S",
    "ClearChargingProfile": "G G G G G S S S",
    "DataTransfer": "W W W W W S S S",
    "DeleteCertificate": "G G G G G G S S",
    "ExtendedTriggerMessage": "W W W W W W S S",
    "GetCompositeSchedule": "G G G G G G S S",
    "GetConfiguration": "W W W W W W S S",
    "GetDiagnostics": "W W W N W S S S",
    "GetInstalledCertificateIds": "W W W W W W S S",
    "GetLocalListVersion": "P P P P P P S S",
    "GetLog": "W W W G W S S S",
    "InstallCertificate": "W W W G W S S S",
    "RemoteStartTransaction": "W W W W W S S S",
    "RemoteStopTransaction": "G G G G G S S G",
    "ReserveNow": "P P P P P S S S",
    "Reset": "W W G G W S S S",
    "SendLocalList": "P P P P P S S S",
    "SetChargingProfile": "G G G G G S S S",
    "SignedUpdateFirmware": "W W G N W S S S",
    "TriggerMessage": "W W W W W W S S",
    "UnlockConnector": "W W W W W S S S",
    "UpdateFirmware": "W W L N W S S S",
}

CODES = {"NotSupported": "N", "GenericError": "L", "SecurityError": "S"}

ONE = {"left": {"one": PRIMARY, "two": HELPER, "three": LISTENER, "four": NOBODY}}
TWO = {"left": {"one": PRIMARY}, "right": {"two": PRIMARY}}


async def outcome(site: Several, backend: str, action: str) -> str:
    """What became of a command, in the letters of the table."""
    seen = len(site.wallbox.calls)
    frame: list[Any] = await site[backend].ask(action, PAYLOADS[action])
    await settled()
    reached = [name for name, _ in site.wallbox.calls[seen:] if name == action]
    if frame[0] == 4 and frame[2] in CODES:
        assert not reached
        return CODES[frame[2]]
    if "P" in ROWS[action]:
        return "P"
    return "W" if reached else "G"


async def column(site: Several, backend: str) -> dict[str, str]:
    """What becomes of every command; a reset comes last, since it ends the login."""
    actions = sorted(COMMANDS, key=lambda action: action == "Reset")
    return {action: await outcome(site, backend, action) for action in actions}


def expected(name: str) -> dict[str, str]:
    place = COLUMNS.index(name)
    return {action: row.split()[place] for action, row in ROWS.items()}


def test_the_table_is_about_every_command() -> None:
    assert set(ROWS) == set(PAYLOADS) == set(COMMANDS)


@pytest.mark.parametrize(
    ("name", "backend"),
    [("alone", "one"), ("helper", "two"), ("listener", "three"), ("nobody", "four")],
)
@in_virtual_time()
async def test_r106_rights_decide_what_a_backend_of_the_only_evse_may(
    name: str, backend: str
) -> None:
    alone = {"left": {"one": PRIMARY}} if name == "alone" else ONE
    site = await several(alone, obedient_wallbox())
    assert await column(site, backend) == expected(name)
    await site.world.kill()


@pytest.mark.parametrize(("name", "backend"), [("main", "one"), ("busy", "one"), ("other", "two")])
@in_virtual_time()
async def test_r103_the_whole_wallbox_is_for_the_main_backend_while_nobody_else_charges(
    name: str, backend: str
) -> None:
    site = await several(TWO, obedient_wallbox())
    if name == "busy":
        await site.start(2)
    assert await column(site, backend) == expected(name)
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_retires_may_only_end_what_began_there() -> None:
    site = await several({"left": {"one": PRIMARY}}, obedient_wallbox())
    ours = await site.start()
    (backend,) = site.evse("left").backends
    backend.retiring = True
    assert await column(site, "one") == expected("retiring")
    frame = await site["one"].ask("RemoteStopTransaction", {"transactionId": 1001})
    assert frame[2] == DONE
    assert site.wallbox.all_of("RemoteStopTransaction") == [{"transactionId": ours}]
    await site.world.kill()


@in_virtual_time()
async def test_r106_rights_hold_also_where_wallbox_and_backend_talk_directly() -> None:
    world = a_relaying_world(backend := literal_backend(), DROP + 'commands = "read"\n')
    await world.start()
    wallbox = obedient_wallbox()
    await world.boot("CP1", wallbox)
    await settled()
    assert await error(backend, "Reset", {"type": "Soft"}) == "SecurityError"
    assert await error(backend, "Unheard", {}) == "SecurityError"
    assert [action for action, _ in wallbox.calls] == []
    assert await result(backend, "GetConfiguration", {}) == DONE
    await world.kill()
