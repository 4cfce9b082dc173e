"""TLS settings for both ends of an OCPP port under test, and what the port reads of a client."""

import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from tests.support.certificates import HERE, Pair, Root

from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.core.security.client_identity import ClientCertificate

OUR_ROOT = Root.make("Our root")
OUR_CERTIFICATE = OUR_ROOT.issue("wattgate", *HERE)
WALLBOX_ROOT = Root.make("Root of the wallboxes")
CP1 = WALLBOX_ROOT.issue("CP1")


def server_settings(*clients: Root | Pair, own: Pair = OUR_CERTIFICATE) -> ssl.SSLContext:
    """The port's; with `clients`, who asks for client certificates that one of them vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    show(context, own)
    if clients:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        believe(context, *clients)
    return context


def wallbox_settings(
    trusts: Root | Pair | None = OUR_ROOT,
    shows: Pair | None = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> ssl.SSLContext:
    """A wallbox's; None: it trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = version
    if trusts is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        believe(context, trusts)
    if shows is not None:
        show(context, shows)
    return context


def show(context: ssl.SSLContext, pair: Pair) -> None:
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(*pair.save(Path(folder), "own"))


def believe(context: ssl.SSLContext, *pairs: Pair) -> None:
    context.load_verify_locations(cadata="".join(each.certificate_pem.decode() for each in pairs))


def read_certificate(der: bytes) -> ClientCertificate | None:
    facts = facts_of_der(der)
    return None if facts is None else ClientCertificate(facts)


def number_of(pair: Pair) -> int:
    certificate: x509.Certificate = pair.certificate
    return certificate.serial_number
