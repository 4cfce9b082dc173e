"""Real handshakes of wallboxes: suites, versions, and whose certificates count (R33, P25)."""

import ssl
from pathlib import Path

import pytest
from tests.support.certificates import EXPIRED, Pair, rsa_key, self_signed
from tests.support.tls_peers import Meeting, listening, meet, s_client
from tests.support.tls_world import (
    BOTH_VERSIONS,
    BOX,
    INTERMEDIATE,
    ROOT,
    STRANGE,
    client,
    opened,
    trusted,
)

from wattgate.core.security.certificates import SERVER_SET
from wattgate.core.site.choices import TlsVersion
from wattgate.ports.certificates import Material

pytestmark = pytest.mark.asyncio

BOX_ITSELF = self_signed("CP1")


# ----- The server's own certificates


OPENSSL_CLIENTS = {
    "TLS 1.3": (("-tls1_3",), "TLS_AES_256_GCM_SHA384"),
    "the suite that R33 asks for: RSA": (
        ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
        "AES128-GCM-SHA256",
    ),
    "RSA, 256 bits": (("-tls1_2", "-cipher", "AES256-GCM-SHA384"), "AES256-GCM-SHA384"),
    "ECDSA": (
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ),
    "ECDSA, 256 bits": (
        ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    "ECDHE with RSA": (
        ("-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"),
        "ECDHE-RSA-AES256-GCM-SHA384",
    ),
}


@pytest.mark.parametrize(("options", "cipher"), OPENSSL_CLIENTS.values(), ids=OPENSSL_CLIENTS)
async def test_a_fresh_server_speaks_every_suite_that_the_security_profiles_require_R33(
    options: tuple[str, ...], cipher: str, tmp_path: Path
) -> None:
    _, contexts = await opened(tmp_path)
    with listening(contexts.server_context()) as (port, outcome):
        is_content, said = s_client(port, *options)
    assert is_content, said
    assert f"Ciphersuite: {cipher}" in said
    assert outcome.result().cipher == cipher


REFUSED_CLIENTS = {
    "TLS 1.1": ("-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"),
    "TLS 1.0": ("-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"),
    "a suite without forward secrecy and without GCM": ("-tls1_2", "-cipher", "AES128-SHA"),
    "no encryption": ("-tls1_2", "-cipher", "NULL-SHA256:@SECLEVEL=0"),
}


@pytest.mark.parametrize("options", REFUSED_CLIENTS.values(), ids=REFUSED_CLIENTS)
async def test_what_is_broken_is_refused_R33(options: tuple[str, ...], tmp_path: Path) -> None:
    _, contexts = await opened(tmp_path)
    with listening(contexts.server_context()) as (port, outcome):
        is_content, said = s_client(port, *options)
    assert not is_content, said
    assert outcome.result().failure


OLD = {TlsVersion.V1_0: ("-tls1", "TLSv1"), TlsVersion.V1_1: ("-tls1_1", "TLSv1.1")}


@pytest.mark.parametrize(("minimum", "asked"), OLD.items(), ids=str)
async def test_an_old_version_is_spoken_where_somebody_asked_for_it_R33(
    minimum: TlsVersion, asked: tuple[str, str], tmp_path: Path
) -> None:
    _, contexts = await opened(tmp_path)
    option, version = asked
    with listening(contexts.server_context(minimum)) as (port, outcome):
        is_content, said = s_client(port, option, "-cipher", "DEFAULT:@SECLEVEL=0")
    assert is_content, said
    assert outcome.result().version == version
    assert meet(contexts.server_context(minimum), client(tmp_path)).client.version == "TLSv1.3"


async def test_tls_1_3_only_refuses_1_2(tmp_path: Path) -> None:
    _, contexts = await opened(tmp_path)
    old = client(tmp_path, version=ssl.TLSVersion.TLSv1_2)
    assert not meet(contexts.server_context(TlsVersion.V1_3), old).is_well


async def test_nothing_is_compressed_and_nothing_negotiated_twice_R33(tmp_path: Path) -> None:
    _, contexts = await opened(tmp_path)
    asked = ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    for minimum in TlsVersion:
        assert contexts.server_context(minimum).options & asked == asked


@BOTH_VERSIONS
async def test_the_self_signed_certificate_itself_can_be_stored_in_the_wallbox_P21_P24(
    version: ssl.TLSVersion, tmp_path: Path
) -> None:
    vault, contexts = await opened(tmp_path)
    stored = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    stored.maximum_version = version
    for held in vault.held(SERVER_SET):
        stored.load_verify_locations(cadata=vault.pem(SERVER_SET, held.facts.id))
    assert meet(contexts.server_context(), stored, "localhost").is_well
    assert meet(contexts.server_context(), stored, "127.0.0.1").is_well
    assert not meet(contexts.server_context(), stored, "elsewhere").is_well


# ----- Who may vouch for wallboxes


async def wallbox_meets(
    tmp_path: Path, believed: Material | None, shown: Pair | None, version: ssl.TLSVersion
) -> Meeting:
    vault, contexts = await opened(tmp_path)
    if believed is not None:
        await vault.import_authorities(SERVER_SET, believed)
    return meet(contexts.server_context(), client(tmp_path, shown, version))


GOOD_BOXES = {
    "signed by the root": (trusted(ROOT), BOX),
    "its own certificate is stored": (trusted(BOX), BOX),
    "self-signed and stored": (trusted(BOX_ITSELF), BOX_ITSELF),
    "one of many": (trusted(STRANGE, BOX_ITSELF, ROOT), BOX),
    "with RSA": (trusted(ROOT), ROOT.issue("CP2", key=rsa_key())),
    "only the intermediate is stored": (trusted(INTERMEDIATE), INTERMEDIATE.issue("CP1")),
}


@BOTH_VERSIONS
@pytest.mark.parametrize(("believed", "shown"), GOOD_BOXES.values(), ids=GOOD_BOXES)
async def test_a_wallbox_that_somebody_vouches_for_is_known_by_its_certificate_P25(
    believed: Material, shown: Pair, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    meeting = await wallbox_meets(tmp_path, believed, shown, version)
    assert meeting.is_well
    assert meeting.server.peer == shown.certificate_der


BAD_BOXES = {
    "without the intermediate": (trusted(ROOT), INTERMEDIATE.issue("CP1")),
    "another root": (trusted(ROOT), STRANGE.issue("CP1")),
    "self-signed": (trusted(ROOT), BOX_ITSELF),
    "expired": (trusted(ROOT), ROOT.issue("CP1", life=EXPIRED)),
    "another one's certificate is stored": (trusted(BOX), ROOT.issue("CP2")),
}


@BOTH_VERSIONS
@pytest.mark.parametrize(("believed", "shown"), BAD_BOXES.values(), ids=BAD_BOXES)
async def test_a_wallbox_that_nobody_vouches_for_gets_no_word_P25(
    believed: Material, shown: Pair, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    meeting = await wallbox_meets(tmp_path, believed, shown, version)
    assert meeting.server.failure
    assert meeting.client.failure  # in TLS 1.3 the first read tells it


@BOTH_VERSIONS
async def test_a_wallbox_without_a_certificate_comes_through_for_others_to_decide(
    version: ssl.TLSVersion, tmp_path: Path
) -> None:
    meeting = await wallbox_meets(tmp_path, trusted(ROOT), None, version)
    assert meeting.is_well
    assert meeting.server.peer is None


async def test_where_nobody_could_vouch_no_certificate_is_asked_for(tmp_path: Path) -> None:
    meeting = await wallbox_meets(tmp_path, None, BOX, ssl.TLSVersion.TLSv1_3)
    assert meeting.is_well
    assert meeting.server.peer is None


async def test_browsers_are_not_asked_for_certificates(tmp_path: Path) -> None:
    vault, contexts = await opened(tmp_path)
    await vault.import_authorities(SERVER_SET, trusted(ROOT))
    asking, not_asking = contexts.server_context(), contexts.server_context(ask_client=False)
    assert asking.verify_mode is ssl.CERT_OPTIONAL
    assert not_asking.verify_mode is ssl.CERT_NONE
    assert meet(not_asking, client(tmp_path, STRANGE.issue("browser"))).is_well
