"""Certificates as tests want them, and TLS servers that refuse with an alert, as real ones do."""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

LONG_AGO = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
LONG = timedelta(days=365 * 200)


@dataclass(frozen=True)
class Paper:
    """A certificate with its key, as two PEM files; `chain` is what a server shows with it."""

    certificate: Path
    key: Path

    def load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = load_pem_private_key(self.key.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return x509.load_pem_x509_certificate(self.certificate.read_bytes()), key


@dataclass(frozen=True)
class Office:
    """Issues certificates into a folder."""

    folder: Path

    def root(self, name: str) -> Paper:
        """An authority."""
        return self.issue(name, is_authority=True)

    def issue(
        self,
        name: str,
        signed_by: Paper | None = None,
        *,
        hosts: Sequence[str] = (),
        valid_from: datetime = LONG_AGO,
        valid_for: timedelta = LONG,
        is_authority: bool = False,
    ) -> Paper:
        """A v3 certificate; self-signed without `signed_by`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer, signing_key = subject, key
        if signed_by is not None:
            issuer_certificate, signing_key = signed_by.load()
            issuer = issuer_certificate.subject
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid_from)
            .not_valid_after(valid_from + valid_for)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_san(host) for host in hosts]), critical=False
            )
        paper = Paper(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        certificate = builder.sign(signing_key, SHA256())
        paper.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        paper.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paper

    def version_1(self, name: str, signed_by: Paper) -> Paper:
        """An X.509 v1 certificate, as OpenSSL makes it where nobody asks for extensions (P26)."""
        paper = Paper(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request = self.folder / f"{name}.csr"
        for command in (
            f"req -new -newkey rsa:2048 -nodes -subj /CN={name} -keyout {paper.key} -out {request}",
            f"x509 -req -in {request} -CA {signed_by.certificate} -CAkey {signed_by.key} "
            f"-CAcreateserial -days 30 -out {paper.certificate}",
        ):
            words = ["openssl", *command.split()]
            subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - fixed words
        certificate = x509.load_pem_x509_certificate(paper.certificate.read_bytes())
        assert certificate.version is x509.Version.v1
        return paper


def serving(
    paper: Paper,
    *,
    clients: Paper | None = None,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    oldest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    ciphers: str | None = None,
) -> ssl.SSLContext:
    """A server's settings; with `clients` it takes only whom that certificate vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(paper.certificate, paper.key)
    if ciphers is not None:
        context.set_ciphers(ciphers)
    context.minimum_version, context.maximum_version = oldest, newest
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.certificate)
    return context


def asking(
    *authorities: Paper,
    own: Paper | None = None,
    checks_name: bool = False,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ciphers: str | None = None,
) -> ssl.SSLContext:
    """A client's settings; it believes anybody where no authority is named."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = checks_name
    context.maximum_version = newest
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if not authorities:
        context.verify_mode = ssl.CERT_NONE
    for authority in authorities:
        context.load_verify_locations(authority.certificate)
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


@contextlib.contextmanager
def alerting_server(context: ssl.SSLContext) -> Iterator[int]:
    """A server that refuses with an alert, which asyncio's do not send; gives its port.

    It serves one connection after the other, and hangs up when a request has come.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        thread = threading.Thread(target=_serve, args=(listening, context), daemon=True)
        thread.start()
        try:
            yield port
        finally:
            listening.shutdown(socket.SHUT_RDWR)  # wakes accept()
            thread.join()


def _serve(listening: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            sock, _ = listening.accept()
        except OSError:
            return
        with sock, contextlib.suppress(OSError), context.wrap_socket(sock, server_side=True) as tls:
            tls.recv(65536)


def _san(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
