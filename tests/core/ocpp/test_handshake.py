import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.certificate_facts import facts

from wattgate.core.ocpp.handshake import (
    Admission,
    Admitted,
    Credentials,
    DirectoryEntry,
    EmptyUpgrade,
    HandshakeRequest,
    Proof,
    Refused,
    admit,
    backend_url,
    basic_authorization,
    basic_credentials,
    choose_subprotocol,
    identity_from_target,
)
from wattgate.core.security.client_identity import (
    BootDecides,
    ClientCertificate,
    Holder,
    ItsOwn,
)
from wattgate.core.security.passwords import PasswordKey
from wattgate.core.site.choices import CertificateName

IDENTITIES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=255)


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        ("/CP1", "CP1"),
        ("//CP1", "CP1"),
        ("/CP1/", "CP1"),
        ("/CP1//", "CP1"),
        ("/any/prefix/CP1", "CP1"),
        ("/ocpp//CP1?token=a/b", "CP1"),
        ("CP1", "CP1"),
        ("/RDAM%20123", "RDAM 123"),
        ("/RDAM%2520123", "RDAM%20123"),
        ("/a%2Fb", "a/b"),
        ("/a:b#1", "a:b#1"),
        ("/gr%C3%BCn", "grün"),
        ("/grün", "grün"),
        ("ws://host:19520/CP1", "CP1"),
        ("WSS://host/any/CP1/", "CP1"),
        ("http://host/CP1?x=1", "CP1"),
        ("https://[::1]:443/CP1", "CP1"),
        ("/ws://host/any/CP1", "CP1"),
        ("/", None),
        ("", None),
        ("//", None),
        ("/?id=CP1", None),
        ("ws://host", None),
        ("ws://host:19520/", None),
        ("ws://host?id=CP1", None),
        ("/%FF", None),
        ("/%00CP1", None),
        ("/CP1%0A", None),
        ("/\udcff", None),
        ("/" + "x" * 255, "x" * 255),
        ("/" + "x" * 256, None),
    ],
)
def test_the_identity_is_the_last_segment_of_whatever_a_wallbox_asks_for_r19_p11(
    target: str, identity: str | None
) -> None:
    assert identity_from_target(target) == identity


@given(identity=IDENTITIES, base=st.sampled_from(["ws://h", "wss://h:1/", "ws://h/a/b?k=v/w"]))
def test_an_identity_that_we_put_into_a_url_is_the_one_found_in_it_r26(
    identity: str, base: str
) -> None:
    url = backend_url(base, identity, append_id=True)
    assert identity_from_target(url) == identity
    assert backend_url(url, identity, append_id=True) == url


@pytest.mark.parametrize(
    ("offered", "supported", "chosen"),
    [
        (["ocpp2.0.1", "ocpp1.6"], ["ocpp1.6", "ocpp2.0.1"], "ocpp2.0.1"),
        (["ocpp2.0.1", "ocpp1.6"], ["ocpp1.6"], "ocpp1.6"),
        (["ocpp1.5"], ["ocpp1.6"], None),
        ([], ["ocpp1.6"], None),
    ],
)
def test_the_first_choice_of_the_client_that_we_support_is_taken_r21(
    offered: list[str], supported: list[str], chosen: str | None
) -> None:
    assert choose_subprotocol(offered, supported) == chosen


def basic(content: bytes) -> str:
    return "Basic " + base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("header", "identity", "credentials"),
    [
        (
            "Basic QUwxMDAwOgABAgMEBQYH////////////////",  # the example of OCPP-J 1.6 §6.2.2
            "AL1000",
            Credentials(b"AL1000", bytes(range(8)) + b"\xff" * 12),
        ),
        (basic(b"CP1:a:b"), "CP1", Credentials(b"CP1", b"a:b")),
        (basic(b"C:P:1:secret"), "C:P:1", Credentials(b"C:P:1", b"secret")),
        (basic(b"c:p:1:secret"), "C:P:1", Credentials(b"c:p:1", b"secret")),
        (basic(b"other:a:b"), "C:P:1", Credentials(b"other", b"a:b")),
        (basic(b"CP1:"), "CP1", Credentials(b"CP1", b"")),
        (basic("grün:x".encode()), "grün", Credentials("grün".encode(), b"x")),
        ("basic   " + basic(b"CP1:x")[6:] + " ", "CP1", Credentials(b"CP1", b"x")),
        ("Basic Q1AxOng", "CP1", Credentials(b"CP1", b"x")),  # without its padding
        (basic(b"CP1"), "CP1", None),
        ("Basic Q1AxO", "CP1", None),
        ("Basic ****", "CP1", None),
        ("Basic ü", "CP1", None),
        ("Basic", "CP1", None),
        ("Bearer " + basic(b"CP1:x")[6:], "CP1", None),
        ("", "CP1", None),
        (None, "CP1", None),
    ],
)
def test_credentials_are_bytes_and_the_identity_may_contain_a_colon_r24(
    header: str | None, identity: str, credentials: Credentials | None
) -> None:
    assert basic_credentials(header, identity) == credentials


@given(header=st.none() | st.text() | st.binary().map(basic), identity=IDENTITIES)
def test_no_header_of_a_peer_raises(header: str | None, identity: str) -> None:
    assert isinstance(basic_credentials(header, identity), Credentials | None)


KEY = PasswordKey(bytes(range(32)))
ANOTHER_KEY = PasswordKey(bytes(32))
KEPT = DirectoryEntry("Kept", KEY.kept("secret"), 1, assume_ocpp16=False, key=KEY)

BY_SERIAL = CertificateName.SERIAL


class Known:
    """A directory of a few wallboxes."""

    def find(self, claimed_id: str) -> DirectoryEntry | None:
        entries = {
            "open": DirectoryEntry("Open", "", 0, assume_ocpp16=False),
            "kind": DirectoryEntry("Kind", "", 0, assume_ocpp16=True),
            "safe": DirectoryEntry("Safe", "secret", 1, assume_ocpp16=False),
            "c:p": DirectoryEntry("c:p", "secret", 1, assume_ocpp16=False),
            "tls": DirectoryEntry("Tls", "secret", 2, assume_ocpp16=False),
            "next": DirectoryEntry(
                "Next", "secret", 1, assume_ocpp16=False, next_passwords=("newer",)
            ),
            "first": DirectoryEntry("First", "", 0, assume_ocpp16=False, next_passwords=("newer",)),
            "kept": replace(KEPT, next_passwords=(KEY.kept("newest"), KEY.kept("newer"))),
            "lost": replace(KEPT, station_id="Lost", key=ANOTHER_KEY),
            "mutual": DirectoryEntry("Mutual", "", 3, assume_ocpp16=False),
            "serial": DirectoryEntry("Serial", "", 3, False, holder=Holder("Serial", BY_SERIAL)),
            "both": DirectoryEntry("Both", "secret", 3, assume_ocpp16=False),
        }
        return entries.get(claimed_id.lower())


def ask(
    target: str,
    authorization: str | None = None,
    subprotocols: tuple[str, ...] = ("ocpp1.6",),
    *,
    secure: bool = False,
    shows: str | None = None,
    is_revoked: bool = False,
    is_expired: bool = False,
) -> Admission:
    """`shows`: the name in the client certificate that came with TLS."""
    certificate = ClientCertificate(facts(shows), is_revoked, is_expired) if shows else None
    secure = secure or certificate is not None
    peer = "192.0.2.1"
    return admit(
        HandshakeRequest(target, subprotocols, authorization, peer, secure, certificate), Known()
    )


@pytest.mark.parametrize(
    ("admission", "station_id"),
    [
        (ask("/Open"), "Open"),
        (ask("/open"), "Open"),
        (ask("/Open", subprotocols=("ocpp2.0.1", "ocpp1.6")), "Open"),
        (ask("/Open", basic(b"any:thing")), "Open"),
        (ask("/Kind", subprotocols=()), "Kind"),
        (ask("/Safe", basic(b"Safe:secret")), "Safe"),
        (ask("/safe", basic(b"Safe:secret")), "Safe"),
        (ask("/safe", basic(b"safe:secret")), "Safe"),
        (ask("/c:p", basic(b"c:p:secret")), "c:p"),
        (ask("/Tls", basic(b"Tls:secret"), secure=True), "Tls"),
    ],
)
def test_a_wallbox_that_is_known_and_knows_its_password_is_admitted_r19_r25(
    admission: Admission, station_id: str
) -> None:
    assert isinstance(admission, Admitted)
    assert replace(admission, proof=Proof.NONE) == Admitted(station_id, "ocpp1.6")


@pytest.mark.parametrize(
    ("admission", "proof"),
    [
        (ask("/Open"), Proof.NONE),
        (ask("/Open", basic(b"Open:whatever")), Proof.NONE),
        (ask("/Safe", basic(b"Safe:secret")), Proof.PASSWORD),
        (ask("/Next", basic(b"Next:secret")), Proof.PASSWORD),
        (ask("/Next", basic(b"Next:newer")), Proof.NEXT),
        (ask("/Kept", basic(b"Kept:secret")), Proof.PASSWORD),
        (ask("/Kept", basic(b"Kept:newer")), Proof.NEXT),
        (ask("/First"), Proof.NONE),
        (ask("/First", basic(b"First:whatever")), Proof.NONE),
        (ask("/First", basic(b"First:newer")), Proof.NEXT),
    ],
)
def test_how_a_wallbox_proved_itself_is_told_and_a_next_key_opens_the_door_as_well(
    admission: Admission, proof: Proof
) -> None:
    assert isinstance(admission, Admitted)
    assert admission.proof is proof
    assert bool(admission.by_next) is (proof is Proof.NEXT)


def test_with_which_of_its_next_passwords_a_wallbox_came_is_told() -> None:
    for password in ("newer", "newest"):
        admission = ask("/Kept", basic(f"Kept:{password}".encode()))
        assert isinstance(admission, Admitted)
        assert admission.by_next == KEY.kept(password)


def test_s4_nothing_of_a_handshake_says_a_password() -> None:
    request = HandshakeRequest("/Safe", (), basic(b"Safe:secret"), "192.0.2.1")
    said = repr([request, Known().find("Next"), Credentials(b"Safe", b"secret")])
    assert "secret" not in said
    assert "newer" not in said
    assert basic(b"Safe:secret") not in said


@pytest.mark.parametrize(
    ("admission", "proof", "certificate"),
    [
        (ask("/Mutual", shows="mutual"), Proof.CERTIFICATE, ItsOwn("mutual")),
        (ask("/Both", basic(b"Both:secret"), shows="Both"), Proof.PASSWORD, ItsOwn("Both")),
        (ask("/Serial", shows="SN1"), Proof.CERTIFICATE, BootDecides("SN1")),
        # Below profile 3 a certificate is nobody's business
        (ask("/Open", shows="anybody"), Proof.NONE, None),
        (ask("/Tls", basic(b"Tls:secret"), shows="anybody"), Proof.PASSWORD, None),
    ],
)
def test_in_profile_3_the_certificate_tells_who_it_is_r32_r35(
    admission: Admission, proof: Proof, certificate: object
) -> None:
    assert isinstance(admission, Admitted)
    assert (admission.proof, admission.certificate) == (proof, certificate)


@pytest.mark.parametrize(
    ("admission", "status", "claimed_id", "reason"),
    [
        (ask("/Mutual"), 403, "Mutual", "security profile 3"),  # R31
        (ask("/Mutual", secure=True), 403, "Mutual", "but it showed none"),
        (
            ask("/Mutual", secure=True),
            403,
            "Mutual",
            "stored among the certificates",
        ),
        (ask("/Mutual", shows="Other"), 403, "Mutual", "names 'Other'"),  # R35
        (ask("/Mutual", shows="Mutual", is_revoked=True), 403, "Mutual", "was revoked"),
        (ask("/Open", shows="Open", is_revoked=True), 403, "Open", "was revoked"),
        (ask("/Mutual", shows="Mutual", is_expired=True), 403, "Mutual", "has expired"),
        (ask("/Open", shows="Open", is_expired=True), 403, "Open", "has expired"),
        (ask("/Both", shows="Both"), 401, "Both", "sent no password"),
        (ask("/Both", basic(b"Both:x"), shows="Both"), 401, "Both", "is wrong"),
        (ask("/Tls", secure=True), 401, "Tls", "sent no password"),
        (ask("/"), 404, None, "does not end in its ChargeBox ID"),  # R20
        (ask("/Foreign"), 404, "Foreign", "'Foreign' is set up"),  # R20
        (ask("/Tls", basic(b"Tls:secret")), 403, "Tls", "security profile 2"),  # R31
        (ask("/safe"), 401, "safe", "sent no password"),  # R25
        (ask("/Safe", "Bearer x"), 401, "Safe", "sent no password"),
        (ask("/Safe", basic(b"Safe:Secret")), 401, "Safe", "is wrong"),
        (ask("/Safe", basic(b"Safe:")), 401, "Safe", "is wrong"),
        (ask("/Safe", basic(b"Open:secret")), 401, "Safe", "not the ChargeBox ID"),
        (ask("/Safe", basic(b"SAFE:secret")), 401, "Safe", "not the ChargeBox ID"),
        (ask("/Safe", basic(b"Safe:x"), ()), 401, "Safe", "is wrong"),
        (ask("/Next", basic(b"Next:x")), 401, "Next", "is wrong"),
        (ask("/Kept", basic(b"Kept:x")), 401, "Kept", "is wrong"),
        (ask("/Lost", basic(b"Lost:secret")), 401, "Lost", "in the site file again"),
    ],
)
def test_every_refusal_has_its_status_and_says_why(
    admission: Admission, status: int, claimed_id: str | None, reason: str
) -> None:
    assert isinstance(admission, Refused)
    assert (admission.status, admission.claimed_id) == (status, claimed_id)
    assert reason in admission.reason


@pytest.mark.parametrize(
    ("target", "offered", "named"),
    [
        ("/Open", (), "no subprotocol at all"),
        ("/Open", ("ocpp2.0.1", "ocpp2.1"), "ocpp2.0.1, ocpp2.1"),
        ("/Kind", ("ocpp2.0.1",), "ocpp2.0.1"),
        ("/Open", ("x" * 9000,), f"offered {'x' * 100}; Wattgate"),
    ],
)
def test_without_a_common_subprotocol_the_upgrade_stays_empty_r22(
    target: str, offered: tuple[str, ...], named: str
) -> None:
    admission = ask(target, subprotocols=offered)
    assert isinstance(admission, EmptyUpgrade)
    assert admission.station_id == target[1:]
    assert named in admission.reason


@pytest.mark.parametrize(
    ("url", "client_id", "expected"),
    [
        ("ws://host", "CP1", "ws://host/CP1"),
        ("ws://host/", "CP1", "ws://host/CP1"),
        ("wss://host:8443", "CP1", "wss://host:8443/CP1"),
        ("ws://host/path/to/resource", "CP1", "ws://host/path/to/resource/CP1"),
        ("ws://host/path/to/resource/", "CP1", "ws://host/path/to/resource/CP1"),
        ("ws://host/path?key=a/b", "CP1", "ws://host/path/CP1?key=a/b"),
        ("ws://host?key=1", "CP1", "ws://host/CP1?key=1"),
        ("ws://xyz123.backend.com/", "free", "ws://xyz123.backend.com/free"),
        ("ws://ocpp.backend.com/xyz123/", "free", "ws://ocpp.backend.com/xyz123/free"),
        ("ws://host/CP1", "CP1", "ws://host/CP1"),
        ("ws://host/CP1/?k=1", "CP1", "ws://host/CP1/?k=1"),
        ("ws://host/CP%201", "CP 1", "ws://host/CP%201"),
        ("ws://host/cp1", "CP1", "ws://host/cp1/CP1"),
        ("ws://CP1", "CP1", "ws://CP1/CP1"),
        ("ws://host/", "Säule 1/a", "ws://host/S%C3%A4ule%201%2Fa"),
        ("ws://host/", "a:b%", "ws://host/a%3Ab%25"),
        ("ws://host/path", "", "ws://host/path"),
    ],
)
def test_the_client_id_becomes_the_last_segment_of_the_backend_url_r26_p2(
    url: str, client_id: str, expected: str
) -> None:
    assert backend_url(url, client_id, append_id=True) == expected


def test_a_url_that_is_complete_is_used_as_written_r26_p2() -> None:
    assert backend_url("ws://host/key?x=1", "CP1", append_id=False) == "ws://host/key?x=1"


def test_a_backend_gets_basic_authorization_only_with_a_password_r26() -> None:
    assert basic_authorization("CP1", "") is None
    assert basic_authorization("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_the_bytes_of_an_authorization_key_are_sent_as_they_are_r24() -> None:
    """The example of "Improved security for OCPP 1.6-J", A00.FR.205."""
    key = bytes.fromhex("0001020304050607FFFFFFFFFFFFFFFFFFFFFFFF")
    header = basic_authorization("AL1000", key)
    assert header is not None
    assert header.startswith("Basic QUwxMDAwOgABAgMEBQYH////////////////")
    assert basic_credentials(header, "AL1000") == Credentials(b"AL1000", key)


@given(user=IDENTITIES, password=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_credentials_that_we_send_are_the_ones_that_are_read(user: str, password: str) -> None:
    header = basic_authorization(user, password)
    assert basic_credentials(header, user) == Credentials(user.encode(), password.encode())
