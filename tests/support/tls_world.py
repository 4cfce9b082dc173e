"""A manager's certificates on disk, and wallboxes and backends of independent make to meet them."""

import ssl
from pathlib import Path

import pytest
from tests.support.certificates import Pair, Root
from tests.support.vaults import started_once, vault_in

from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.vault import Vault
from wattgate.ports.certificates import Material
from wattgate.ports.links import TlsTerms

ROOT, STRANGE = Root.make("Root"), Root.make("Strange root")
INTERMEDIATE = Root.make("Intermediate").under(ROOT)
MANAGER = ROOT.issue("manager", "localhost")
BOX = ROOT.issue("CP1")
NORTH = TlsTerms("north")
BOTH_VERSIONS = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda each: each.name
)


def both(pair: Pair) -> Material:
    return Material((pair.certificate_pem, pair.key_pem))


def trusted(*pairs: Pair) -> Material:
    return Material(tuple(pair.certificate_pem for pair in pairs))


async def opened(folder: Path) -> tuple[Vault, Contexts]:
    return await opened_again(started_once(folder))


async def opened_again(folder: Path) -> tuple[Vault, Contexts]:
    vault = vault_in(folder)
    await vault.open()
    return vault, Contexts(vault.get)


def client(
    tmp_path: Path,
    shown: Pair | None = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    believes: Pair | None = None,
) -> ssl.SSLContext:
    """A wallbox of independent make, as far as Python's own settings go."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = believes is not None
    context.verify_mode = ssl.CERT_REQUIRED if believes else ssl.CERT_NONE
    if believes is not None:
        context.load_verify_locations(cadata=believes.certificate_der)
    context.maximum_version = version
    if shown is not None:
        context.load_cert_chain(*shown.save(tmp_path, "shown"))
    return context


def server(
    tmp_path: Path,
    shown: Pair,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    believes: Pair | None = None,
) -> ssl.SSLContext:
    """A backend of independent make."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*shown.save(tmp_path, "backend"))
    context.maximum_version = version
    if believes is not None:
        context.load_verify_locations(cadata=believes.certificate_der)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
