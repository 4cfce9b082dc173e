import base64
from dataclasses import replace

import pytest
from tests.support.certificate_facts import facts

from wattgate.core.ocpp.door import Door, host_in
from wattgate.core.ocpp.handshake import (
    Admission,
    Admitted,
    DirectoryEntry,
    EmptyUpgrade,
    HandshakeRequest,
    Refused,
)
from wattgate.core.security.attempts import BURST
from wattgate.core.security.client_identity import ClientCertificate, Holder
from wattgate.core.site.choices import CertificateName

ANY_NAME = Holder("ANY", CertificateName.ANY)
GENUINE, STRANGER = "192.0.2.7", "198.51.100.9"


class Known:
    def find(self, claimed_id: str) -> DirectoryEntry | None:
        entries = {
            "CP1": DirectoryEntry("CP1", "secret", 1, assume_ocpp16=False),
            "CP2": DirectoryEntry("CP2", "secret", 1, assume_ocpp16=False),
            "CP3": DirectoryEntry("CP3", "", 3, assume_ocpp16=False),
            "CP4": DirectoryEntry("CP4", "secret", 2, assume_ocpp16=False),
            "ANY": DirectoryEntry("ANY", "secret", 3, assume_ocpp16=False, holder=ANY_NAME),
            "OPEN": DirectoryEntry("OPEN", "", 0, assume_ocpp16=False),
        }
        return entries.get(claimed_id)


def knock(
    door: Door,
    host: str,
    password: str | None = None,
    target: str = "/CP1",
    *,
    protocol: str = "ocpp1.6",
    certificate: ClientCertificate | None = None,
) -> Admission:
    header = None
    if password is not None:
        header = "Basic " + base64.b64encode(f"{target[1:]}:{password}".encode()).decode()
    secure = certificate is not None
    request = HandshakeRequest(target, (protocol,), header, f"{host}:1", secure, certificate)
    return door.admit(request, Known(), 0.0)


def besieged(host: str = STRANGER, door: Door | None = None) -> Door:
    door = door or Door()
    for number in range(BURST):
        refused = knock(door, host, f"guess {number}")
        assert isinstance(refused, Refused)
        assert refused.status == 401
    return door


def test_who_guesses_passwords_is_told_to_wait_and_not_even_heard_s3() -> None:
    refused = knock(besieged(), STRANGER, "secret")
    assert isinstance(refused, Refused)
    assert (refused.status, refused.retry_after_s) == (429, 6)
    assert "heard again in 6 s" in refused.reason


def test_the_genuine_wallbox_comes_in_from_elsewhere_while_its_id_is_under_siege_s3() -> None:
    assert isinstance(knock(besieged(), GENUINE, "secret"), Admitted)


def test_the_genuine_wallbox_comes_in_from_the_host_that_guesses_where_it_is_known_s3() -> None:
    door = Door()
    assert isinstance(knock(door, STRANGER, "secret"), Admitted)
    assert isinstance(knock(besieged(STRANGER, door), STRANGER, "secret"), Admitted)


def test_whoever_holds_a_certificate_is_heard_from_the_host_that_guesses_s3() -> None:
    shown = ClientCertificate(facts("CP3"))
    door = besieged()
    assert isinstance(knock(door, STRANGER, None, "/CP3", certificate=shown), Admitted)
    assert isinstance(knock(door, STRANGER, "wrong", "/CP3", certificate=shown), Admitted)


@pytest.mark.parametrize("target", ["/CP1", "/CP4", "/ANY"])
@pytest.mark.parametrize("is_revoked", [False, True])
def test_the_certificate_of_another_wallbox_allows_no_guess_s3(
    target: str, *, is_revoked: bool
) -> None:
    """Each wallbox of the site holds one, and some are stolen off the wall."""
    shown = ClientCertificate(facts("CP3"), is_revoked=is_revoked)
    refused = knock(besieged(), STRANGER, "secret", target, certificate=shown)
    assert isinstance(refused, Refused)
    assert refused.status == 429


def test_its_own_certificate_opens_the_ear_for_a_wallbox_that_must_say_a_password_as_well_s3() -> (
    None
):
    shown = ClientCertificate(facts("CP4"))
    door = besieged()
    assert isinstance(knock(door, STRANGER, "secret", "/CP4", certificate=shown), Admitted)
    for void in (replace(shown, is_revoked=True), replace(shown, is_expired=True)):
        assert isinstance(knock(door, STRANGER, "secret", "/CP4", certificate=void), Refused)


def test_who_needs_no_password_is_let_in_from_the_host_that_guesses_whatever_it_sends_s3() -> None:
    assert isinstance(knock(besieged(), STRANGER, "any", "/OPEN"), Admitted)


def test_guesses_from_many_hosts_hear_to_wait_and_the_right_password_does_not_s3() -> None:
    door = Door()
    answers = [knock(door, f"203.0.113.{number}", "guess") for number in range(BURST + 1)]
    last = answers[-1]
    assert isinstance(last, Refused)
    assert (last.status, last.retry_after_s) == (429, 6)
    assert last.reason.startswith("The password that the wallbox sent is wrong. Too many wrong")
    assert isinstance(knock(door, "203.0.113.200", "secret"), Admitted)


@pytest.mark.parametrize(
    ("password", "target", "protocol", "status"),
    [
        (None, "/CP1", "ocpp1.6", 401),  # it has none
        ("same", "/CP1", "ocpp1.6", 401),  # it is set up wrongly
        ("any", "/STRANGER", "ocpp1.6", 404),  # nothing is guessed there
        ("any", "/", "ocpp1.6", 404),
    ],
)
def test_whoever_is_only_set_up_wrongly_does_not_shut_its_neighbours_out(
    password: str | None, target: str, protocol: str, status: int
) -> None:
    """Behind one router or proxy all wallboxes have one address."""
    door = Door()
    for _ in range(3 * BURST):
        refused = knock(door, GENUINE, password, target, protocol=protocol)
        assert isinstance(refused, Refused)
        assert refused.status == status
    assert isinstance(knock(door, GENUINE, "secret", "/CP2"), Admitted)


def test_who_needs_no_password_and_who_speaks_another_protocol_is_not_counted() -> None:
    door = Door()
    for number in range(2 * BURST):
        assert isinstance(knock(door, GENUINE, f"{number}", "/OPEN"), Admitted)
        answer = knock(door, GENUINE, "secret", protocol="ocpp9")
        assert isinstance(answer, EmptyUpgrade)


@pytest.mark.parametrize(
    ("address", "host"),
    [("192.0.2.7:49152", "192.0.2.7"), ("[2001:db8::7]:49152", "2001:db8::7"), ("odd", "")],
)
def test_the_host_is_what_stands_before_the_port(address: str, host: str) -> None:
    assert host_in(address) == host
