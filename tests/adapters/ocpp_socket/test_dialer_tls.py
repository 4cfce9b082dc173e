"""The dialer against real TLS servers: whom it believes, and what it says when it is not let in."""

import asyncio
import ssl
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from tests.support.links import LIMIT_S, Ear
from tests.support.tls_ends import LONG_AGO, Office, Paper, alerting_server, asking, serving
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from wattgate.adapters.ocpp_socket.dialer import ClientContexts, PicowsDialer
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.core.security.certificates import CertificateFacts, LinkSecurity
from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.links import DialFailed, DialStep, DialTarget, TlsTerms

TERMS = TlsTerms("evse-1")
TLS_1_2 = ssl.TLSVersion.TLSv1_2
TLS_1_3 = ssl.TLSVersion.TLSv1_3


def read_facts(der: bytes) -> CertificateFacts:
    """As much as the sentences need."""
    found = x509.load_der_x509_certificate(der)
    try:
        san = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(name.value) for name in san)
    except x509.ExtensionNotFound:
        names = ()
    return CertificateFacts(
        subject=found.subject.rfc4514_string(),
        common_name=found.subject.rfc4514_string().removeprefix("CN="),
        issuer=found.issuer.rfc4514_string(),
        names=names,
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        serial_number=f"{found.serial_number:x}",
        fingerprint="",
        key="",
        version=3,
        is_authority=False,
        is_self_signed=False,
    )


def always(context: ssl.SSLContext, security: LinkSecurity) -> ClientContexts:
    def contexts(terms: TlsTerms | None) -> tuple[ssl.SSLContext, LinkSecurity]:
        assert terms == TERMS
        return context, security

    return contexts


async def echo(ws: ServerConnection) -> None:
    async for message in ws:
        await ws.send(message)


def run(scenario: Callable[[], object]) -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(asyncio.wait_for(scenario(), LIMIT_S))  # type: ignore[arg-type]  # a coroutine


def connects(
    server: ssl.SSLContext, client: ssl.SSLContext, security: LinkSecurity
) -> LinkSecurity | None:
    """Dial, say something, hear it back; gives what the link says of itself."""
    said: list[LinkSecurity] = []

    async def scenario() -> None:
        ear = Ear()
        ocpp = [Subprotocol("ocpp1.6")]
        async with serve(echo, "127.0.0.1", 0, subprotocols=ocpp, ssl=server) as listening:
            port = next(iter(listening.sockets)).getsockname()[1]
            target = DialTarget(f"wss://localhost:{port}/CP1", None, tls=TERMS)
            link = await PicowsDialer(always(client, security)).dial(target, ear)
            link.send("[2]")
            assert await ear.text() == "[2]"
            said.append(link.security)
            link.close(1000, "")
            await ear.end()

    run(scenario)
    return said[0]


def failure(
    server: ssl.SSLContext, client: ssl.SSLContext, *, host: str = "localhost"
) -> DialFailed:
    """Dial a server that refuses with an alert, as real ones do."""
    caught: list[DialFailed] = []

    async def scenario(port: int) -> None:
        ear = Ear()
        dialer = PicowsDialer(always(client, LinkSecurity.VERIFIED), read_facts=read_facts)
        with pytest.raises(DialFailed) as failed:
            await dialer.dial(DialTarget(f"wss://{host}:{port}/CP1", None, tls=TERMS), ear)
        assert ear.calls == []
        caught.append(failed.value)

    with alerting_server(server) as port:
        run(lambda: scenario(port))
    return caught[0]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def root(office: Office) -> Paper:
    return office.root("root")


@pytest.fixture
def leaf(office: Office, root: Paper) -> Paper:
    return office.issue("leaf", root, hosts=["localhost"])


# Who is believed


def test_without_an_authority_the_link_is_made_and_says_that_it_is_not_verified_p23(
    leaf: Paper,
) -> None:
    security = connects(serving(leaf), asking(), LinkSecurity.UNVERIFIED)
    assert security is LinkSecurity.UNVERIFIED


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
def test_with_its_root_the_backend_is_verified_p24(
    leaf: Paper, root: Paper, newest: ssl.TLSVersion
) -> None:
    security = connects(serving(leaf, newest=newest), asking(root), LinkSecurity.VERIFIED)
    assert security is LinkSecurity.VERIFIED


def test_its_own_certificate_stored_as_the_authority_is_enough_p24(leaf: Paper) -> None:
    connects(serving(leaf), asking(leaf), LinkSecurity.VERIFIED)


def test_a_version_1_certificate_without_names_will_do_p26(office: Office, root: Paper) -> None:
    old = office.version_1("old", root)
    connects(serving(old), asking(root), LinkSecurity.VERIFIED)
    connects(serving(old), asking(old), LinkSecurity.VERIFIED)


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
def test_with_a_client_certificate_it_is_let_in_where_one_is_wanted_p25(
    office: Office, leaf: Paper, root: Paper, newest: ssl.TLSVersion
) -> None:
    own = office.issue("own", root)
    for vouching in (root, own):  # the root, or the client's certificate itself
        server = serving(leaf, clients=vouching, newest=newest)
        server.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        connects(server, asking(root, own=own), LinkSecurity.VERIFIED)


# What is said when it does not come to that


def test_another_root_is_named_s10(office: Office, leaf: Paper) -> None:
    failed = failure(serving(leaf), asking(office.root("elsewhere")))
    assert failed.step is DialStep.TLS
    assert failed.fault is TlsFault.CERTIFICATE
    assert failed.reason == (
        "the backend's certificate is not accepted: whoever signed it is not among the authorities "
        "that we trust: CN=root"
    )


def test_a_self_signed_certificate_that_nobody_stored_is_told_s10(
    office: Office, root: Paper
) -> None:
    failed = failure(serving(office.issue("own", hosts=["localhost"])), asking(root))
    assert failed.fault is TlsFault.CERTIFICATE
    assert failed.reason.endswith("the same distinguished name as whoever signed it")


def test_a_certificate_that_has_expired_is_told_with_its_day(office: Office, root: Paper) -> None:
    old = office.issue("old", root, hosts=["localhost"], valid_for=timedelta(days=30))
    failed = failure(serving(old), asking(root))
    assert failed.fault is TlsFault.CERTIFICATE
    assert failed.reason.endswith("has expired: it is valid until 2020-02-01")


def test_a_certificate_of_the_future_makes_one_think_of_the_clock(
    office: Office, root: Paper
) -> None:
    early = office.issue("early", root, valid_from=LONG_AGO + timedelta(days=365 * 100))
    failed = failure(serving(early), asking(root))
    assert failed.reason.endswith("valid from 2119-12-09 on (is our clock right?)")


@pytest.mark.parametrize(
    ("host", "hosts", "words"),
    [
        ("localhost", ["a.example", "b.example"], "for localhost, but for a.example, b.example"),
        ("127.0.0.1", ["localhost", "127.0.0.2"], "for 127.0.0.1, but for localhost, 127.0.0.2"),
        ("127.0.0.1", [], "for 127.0.0.1, but for leaf"),
    ],
)
def test_a_certificate_for_another_host_is_told_with_the_names_that_it_has(
    office: Office, root: Paper, host: str, hosts: list[str], words: str
) -> None:
    server = serving(office.issue("leaf", root, hosts=hosts))
    failed = failure(server, asking(root, checks_name=True), host=host)
    assert failed.fault is TlsFault.CERTIFICATE
    assert failed.reason.endswith(f"it is not {words}")


@pytest.mark.parametrize(
    ("newest", "words"),
    [
        (TLS_1_3, "the backend wants a client certificate, and we have none"),
        (TLS_1_2, "refused the TLS handshake: it wants a client certificate, or speaks no cipher"),
    ],
)
def test_a_backend_that_wants_a_client_certificate_says_so_p25(
    leaf: Paper, root: Paper, newest: ssl.TLSVersion, words: str
) -> None:
    """In TLS 1.3 its refusal comes with the first read, when the handshake seemed to be done."""
    failed = failure(serving(leaf, clients=root, newest=newest), asking(root))
    assert (failed.step, failed.fault) == (DialStep.TLS, None)
    assert words in failed.reason


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
def test_a_backend_that_does_not_believe_our_certificate_says_so_p25(
    office: Office, leaf: Paper, root: Paper, newest: ssl.TLSVersion
) -> None:
    own = office.issue("own", office.root("elsewhere"))
    failed = failure(serving(leaf, clients=root, newest=newest), asking(root, own=own))
    assert (failed.step, failed.fault) == (DialStep.TLS, None)
    assert failed.reason == ("the backend refuses our certificate: it does not know who signed it")


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
def test_a_client_certificate_that_has_expired_is_told(
    office: Office, leaf: Paper, root: Paper, newest: ssl.TLSVersion
) -> None:
    own = office.issue("own", root, valid_for=timedelta(days=30))
    failed = failure(serving(leaf, clients=root, newest=newest), asking(root, own=own))
    assert failed.step is DialStep.TLS
    assert "the backend refuses our certificate: it has expired" in failed.reason


@pytest.mark.parametrize("newest", [TLS_1_2, TLS_1_3])
def test_a_backend_that_hangs_up_without_an_alert_is_told_at_tls(
    leaf: Paper, root: Paper, newest: ssl.TLSVersion
) -> None:
    """As servers on asyncio do when they refuse a client's certificate."""

    async def scenario() -> None:
        context = serving(leaf, clients=root, newest=newest)
        async with serve(echo, "127.0.0.1", 0, ssl=context) as listening:
            port = next(iter(listening.sockets)).getsockname()[1]
            dialer = PicowsDialer(always(asking(root), LinkSecurity.VERIFIED))
            with pytest.raises(DialFailed) as failed:
                await dialer.dial(DialTarget(f"wss://localhost:{port}/", None, tls=TERMS), Ear())
        assert failed.value.step is DialStep.TLS
        assert "perhaps it" in failed.value.reason
        assert "wants a client certificate, or refuses ours" in failed.value.reason

    run(scenario)


def test_a_backend_that_speaks_old_tls_only_is_told_with_its_version_r33(
    leaf: Paper, root: Paper
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the point of the test
        server = serving(
            leaf,
            oldest=ssl.TLSVersion.TLSv1,
            newest=ssl.TLSVersion.TLSv1_1,
            ciphers="ALL:@SECLEVEL=0",
        )
    failed = failure(server, asking(root))
    assert (failed.step, failed.fault) == (DialStep.TLS, TlsFault.VERSION)
    assert failed.reason == "the backend speaks no version of TLS that we do: it speaks TLSv1.1"


def test_a_backend_without_a_cipher_suite_in_common_is_told_with_its_own_r33(
    leaf: Paper, root: Paper
) -> None:
    server = serving(leaf, newest=TLS_1_2, ciphers="ECDHE-ECDSA-AES256-SHA")
    failed = failure(server, asking(root, newest=TLS_1_2, ciphers="ECDHE+AESGCM"))
    assert (failed.step, failed.fault) == (DialStep.TLS, TlsFault.CIPHERS)
    assert failed.reason.endswith("it speaks ECDHE-ECDSA-AES256-SHA with TLSv1.2")


@pytest.mark.parametrize("error", [ssl.SSLError(1, "bad"), OSError("gone"), ValueError("odd")])
def test_certificates_of_ours_that_cannot_be_used_fail_at_tls_and_stop_nothing(
    error: Exception,
) -> None:
    def broken(_: TlsTerms | None) -> tuple[ssl.SSLContext, LinkSecurity]:
        raise error

    async def scenario() -> None:
        with pytest.raises(DialFailed) as failed:
            await PicowsDialer(broken).dial(DialTarget("wss://localhost:1/", None), Ear())
        assert failed.value.step is DialStep.TLS
        assert failed.value.reason == "our certificates cannot be used; the log says why"

    run(scenario)


def test_without_a_reader_of_certificates_the_reason_is_told_all_the_same(
    leaf: Paper, office: Office
) -> None:
    async def scenario(port: int, dialer: PicowsDialer) -> None:
        with pytest.raises(DialFailed) as failed:
            await dialer.dial(DialTarget(f"wss://localhost:{port}/", None, tls=TERMS), Ear())
        assert failed.value.reason.endswith("not among the authorities that we trust")

    def unreadable(_: bytes) -> None:
        return None

    contexts = always(asking(office.root("elsewhere")), LinkSecurity.VERIFIED)
    with alerting_server(serving(leaf)) as port:
        for dialer in (PicowsDialer(contexts), PicowsDialer(contexts, read_facts=unreadable)):
            run(lambda: scenario(port, dialer))  # noqa: B023 - run at once
