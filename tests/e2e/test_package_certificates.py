"""The certificate messages with the `ocpp` package at the other end, over real TLS (R36, R37).

The package validates each message and each answer against the official schemas.
"""

import asyncio
import ssl
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.support.certificates import HERE, Root, ec_key
from tests.support.package_ends import (
    KnowingBackend,
    KnowingEnd,
    knowing_backend,
    knowing_wallbox,
)
from tests.support.processes import LIMIT_S, Stage
from tests.support.site_processes import ManagerProcess, run_manager
from tests.support.site_text import evse, site, wallbox

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio]

CENTRAL: Final = "CentralSystemRootCertificate"
SIGN: Final = {"requested_message": "SignChargePointCertificate"}


def server_of(root: Root, folder: Path) -> ssl.SSLContext:
    """A backend's side of TLS, which as yet asks nobody for a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*root.issue("backend", *HERE).save(folder, "backend"))
    context.load_verify_locations(cadata=root.certificate_pem.decode())
    return context


async def profile_of(station: KnowingEnd) -> str:
    answer = await station.ask("GetConfiguration", {"key": ["SecurityProfile"]})
    ours = {entry["key"]: entry["value"] for entry in answer["configuration_key"]}
    return str(ours["SecurityProfile"])


async def changed(station: KnowingEnd, value: str) -> str:
    wish = {"key": "SecurityProfile", "value": value}
    return str((await station.ask("ChangeConfiguration", wish))["status"])


def installing(root: Root) -> dict[str, str]:
    return {"certificate_type": CENTRAL, "certificate": root.certificate_pem.decode()}


async def status(station: KnowingEnd, action: str, words: Any) -> str:  # noqa: ANN401 - JSON
    return str((await station.ask(action, words))["status"])


async def a_link(stage: Stage, backend: KnowingBackend, **gateway: str) -> ManagerProcess:
    """A manager whose gateway has a password at that backend."""
    gateway = {"url": backend.url, "password": "correct horse", **gateway}
    return await run_manager(stage, site(evse("stall-1", "CP1", gateway)))


async def test_a_backend_takes_its_link_from_profile_1_to_3_r32_r36_r37_r40(
    tmp_path: Path,
) -> None:
    root = Root.make("Backend root")
    tls = server_of(root, tmp_path)
    async with (
        asyncio.timeout(LIMIT_S),
        Stage(tmp_path) as stage,
        knowing_backend(tls) as backend,
    ):
        manager = await a_link(stage, backend)
        async with knowing_wallbox(manager.url, "CP1") as wallbox:
            first = await backend.booted("CP1")
            assert await profile_of(first) == "1"
            assert await status(first, "InstallCertificate", installing(root)) == "Accepted"
            assert await changed(first, "2") == "Accepted"

            mark = manager.mark
            second = await backend.booted("CP1", before=first)
            await manager.online("stall-1", since=mark)
            assert await profile_of(second) == "2"
            assert await changed(second, "1") == "Rejected"
            assert await status(second, "ExtendedTriggerMessage", SIGN) == "Accepted"
            csr = (await second.any_of("SignCertificate"))["csr"]
            chain = {"certificate_chain": root.sign(csr)}
            assert await status(second, "CertificateSigned", chain) == "Accepted"

            third = await backend.booted("CP1", before=second)
            assert await changed(third, "3") == "Accepted"
            tls.verify_mode = ssl.CERT_REQUIRED

            fourth = await backend.booted("CP1", before=third)
            assert await profile_of(fourth) == "3"
            assert backend.shown[:3] == [None, None, None]
            assert backend.shown[3] is not None
            shown = x509.load_der_x509_certificate(backend.shown[3])
            assert shown.issuer == root.certificate.subject
            for action in ("InstallCertificate", "CertificateSigned", "ExtendedTriggerMessage"):
                assert wallbox.all_of(action) == []


async def test_a_root_that_does_not_fit_is_taken_back_r37(tmp_path: Path) -> None:
    root, wrong = Root.make("Backend root"), Root.make("Another root")
    async with (
        asyncio.timeout(LIMIT_S),
        Stage(tmp_path) as stage,
        knowing_backend(server_of(root, tmp_path)) as backend,
    ):
        manager = await a_link(stage, backend)
        async with knowing_wallbox(manager.url, "CP1"):
            first = await backend.booted("CP1")
            assert await status(first, "InstallCertificate", installing(wrong)) == "Accepted"
            assert await changed(first, "2") == "Accepted"
            second = await backend.booted("CP1", before=first)
            assert await profile_of(second) == "1"
            kind = {"certificate_type": CENTRAL}
            assert await status(second, "GetInstalledCertificateIds", kind) == "NotFound"


async def test_roots_are_read_back_and_deleted_by_their_hashes_but_the_last_r37(
    tmp_path: Path,
) -> None:
    root, other = Root.make("Backend root"), Root.make("Another root")
    async with (
        asyncio.timeout(LIMIT_S),
        Stage(tmp_path) as stage,
        knowing_backend(server_of(root, tmp_path)) as backend,
    ):
        manager = await a_link(stage, backend)
        async with knowing_wallbox(manager.url, "CP1"):
            station = await backend.booted("CP1")
            for each in (root, other):
                assert await status(station, "InstallCertificate", installing(each)) == "Accepted"
            kind = {"certificate_type": CENTRAL}
            listed = await station.ask("GetInstalledCertificateIds", kind)
            by_serial = {
                int(each["serial_number"], 16): each for each in listed["certificate_hash_data"]
            }
            assert by_serial.keys() == {each.certificate.serial_number for each in (root, other)}
            for each, answer in ((other, "Accepted"), (other, "NotFound"), (root, "Failed")):
                named = {"certificate_hash_data": by_serial[each.certificate.serial_number]}
                assert await status(station, "DeleteCertificate", named) == answer


async def test_a_wallbox_of_the_package_gets_its_certificate_from_us_r35_r36(
    tmp_path: Path,
) -> None:
    known = wallbox("CP1", password="correct-battery")
    async with asyncio.timeout(LIMIT_S), Stage(tmp_path) as stage:
        manager = await run_manager(stage, site(evse("stall-1", "CP1"), known))
        await manager.ask("POST", "/api/v1/authority", {"common_name": "Home root"})
        url = manager.url.replace("//", "//CP1:correct-battery@")
        async with knowing_wallbox(url, "CP1") as box:
            key = ec_key()
            for name, answer in (("Somebody", "Rejected"), ("CP1", "Accepted")):
                csr = (
                    x509.CertificateSigningRequestBuilder()
                    .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
                    .sign(key, hashes.SHA256())
                    .public_bytes(Encoding.PEM)
                )
                assert await status(box, "SignCertificate", {"csr": csr.decode()}) == answer
            chain = (await box.any_of("CertificateSigned"))["certificate_chain"]
            leaf, root = x509.load_pem_x509_certificates(chain.encode())
            leaf.verify_directly_issued_by(root)
            assert leaf.public_key() == key.public_key()
            assert len(box.all_of("CertificateSigned")) == 1


async def test_a_certificate_that_the_backend_refuses_over_tls_is_taken_back_r37(
    tmp_path: Path,
) -> None:
    """In TLS 1.3 the refusal shows when the handshake is done for us."""
    root, other = Root.make("Backend root"), Root.make("Another root")
    tls = server_of(root, tmp_path)
    tls.verify_mode = ssl.CERT_OPTIONAL
    async with (
        asyncio.timeout(LIMIT_S),
        Stage(tmp_path) as stage,
        knowing_backend(tls) as backend,
    ):
        manager = await a_link(stage, backend)
        async with knowing_wallbox(manager.url, "CP1"):
            first = await backend.booted("CP1")
            await manager.online("stall-1")
            assert await status(first, "ExtendedTriggerMessage", SIGN) == "Accepted"
            csr = (await first.any_of("SignCertificate"))["csr"]
            chain = {"certificate_chain": other.sign(csr)}
            assert await status(first, "CertificateSigned", chain) == "Accepted"
            await backend.booted("CP1", before=first)
            assert backend.shown == [None, None]
            sets = await manager.ask("GET", "/api/v1/certificates")
            assert [each["name"] for each in sets if each["certificates"]] == ["server"]
