"""The built-in authority over the API: good certificates, keys told once, reasons for refusals."""

import asyncio
import base64
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from tests.support.certificates import ec_key
from tests.support.web import Api, KeptCertificates, serving

from wattgate.adapters.clock import SystemClock

AUTHORITY = "/api/v1/authority"
NEVER_SIGNED = f"{AUTHORITY}/issued/0123456789abcdef/revoke"
SIGNED_BY_NOBODY = [
    ("server", {"names": ["manager.example"]}),
    ("client", {"common_name": "CP1"}),
    ("requests", {"request": "QQ=="}),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first start has made: RSA keys take their time."""
    folder = tmp_path_factory.mktemp("made")
    asyncio.run(KeptCertificates(folder, SystemClock()).open())
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A data folder after the first start."""
    return Path(shutil.copytree(made, tmp_path / "data"))


async def post(api: Api, path: str, **wish: object) -> dict[str, Any]:
    """The answer to a wish that has to be fulfilled."""
    answer = await api.client.post(f"{AUTHORITY}{path}", json=wish)
    assert answer.is_success, answer.text
    told = answer.json()
    assert isinstance(told, dict)
    return told


async def root_of(api: Api) -> x509.Certificate:
    page = await api.client.get(f"{AUTHORITY}/pem")
    assert page.headers["content-type"] == "application/x-pem-file"
    return x509.load_pem_x509_certificate(page.content)


def a_request(common_name: str) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    signed = x509.CertificateSigningRequestBuilder().subject_name(name)
    request = signed.sign(ec_key(), hashes.SHA256())
    return base64.b64encode(request.public_bytes(Encoding.PEM)).decode()


@pytest.mark.asyncio
async def test_an_authority_is_made_once_and_given_to_whoever_is_to_believe_it(
    folder: Path,
) -> None:
    async with serving(certificates=folder) as api:
        assert await api.get(AUTHORITY) == {"certificate": None, "warning": None}
        assert (await api.client.get(f"{AUTHORITY}/pem")).status_code == 404
        assert (await api.client.get(f"{AUTHORITY}/der")).status_code == 404
        made = await post(api, "", common_name="Tiefgarage", organisation="Köln", days=3650)
        assert made["certificate"]["subject"] == "CN=Tiefgarage,O=Köln"
        assert made["certificate"]["is_authority"]
        again = await api.client.post(AUTHORITY, json={})
        assert again.status_code == 422
        assert await api.get(AUTHORITY) == made
        root = await root_of(api)
        assert root.subject.rfc4514_string() == "CN=Tiefgarage,O=Köln"
        binary = await api.client.get(f"{AUTHORITY}/der")
        assert x509.load_der_x509_certificate(binary.content) == root
        assert binary.headers["content-type"] == "application/pkix-cert"


@pytest.mark.parametrize(("path", "wish"), SIGNED_BY_NOBODY)
@pytest.mark.asyncio
async def test_without_an_authority_nothing_is_signed_and_that_is_said(
    path: str, wish: dict[str, object], folder: Path
) -> None:
    async with serving(certificates=folder) as api:
        answer = await api.client.post(f"{AUTHORITY}/{path}", json=wish)
        assert answer.status_code == 422
        assert "authority" in [each["path"] for each in answer.json()["problems"]]


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
@pytest.mark.asyncio
async def test_a_wallbox_gets_a_certificate_and_its_key_once(kind: str, folder: Path) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        made = await post(api, "/client", common_name="CP1", organisation="Köln", key=kind)
        leaf = x509.load_pem_x509_certificate(made["certificate_pem"].encode())
        leaf.verify_directly_issued_by(await root_of(api))
        key = load_pem_private_key(made["key_pem"].encode(), None)
        assert key.public_key() == leaf.public_key()
        assert made["pkcs12"] is None
        assert made["certificate"]["key"].lower().startswith(kind)
        (issued,) = (await api.client.get(f"{AUTHORITY}/issued")).json()
        assert issued == made["certificate"]
        assert (issued["purpose"], issued["is_revoked"]) == ("client", False)
        for path in (AUTHORITY, f"{AUTHORITY}/issued", "/api/v1/certificates", f"{AUTHORITY}/pem"):
            assert "PRIVATE KEY" not in (await api.client.get(path)).text


@pytest.mark.asyncio
async def test_what_an_installer_takes_along_is_one_file_under_a_passphrase(folder: Path) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        made = await post(api, "/client", common_name="CP1", passphrase="geheim")
        assert made["key_pem"] is None
        content = base64.b64decode(made["pkcs12"])
        found = pkcs12.load_pkcs12(content, b"geheim")
        assert found.cert is not None
        assert found.key is not None
        assert found.key.public_key() == found.cert.certificate.public_key()
        with pytest.raises(ValueError, match="password"):
            pkcs12.load_pkcs12(content, b"other")


@pytest.mark.asyncio
async def test_a_certificate_for_this_server_is_in_use_at_once_with_both_kinds_of_keys_r33(
    folder: Path,
) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        made = await post(api, "/server", names=["manager.example", "192.0.2.7"], install=True)
        assert (made["key_pem"], made["pkcs12"]) == (None, None)
        held = (await api.client.get("/api/v1/certificates/server")).json()["certificates"]
        assert [each["key"] for each in held] == ["RSA 2048", "ECDSA P-256"]
        assert {each["origin"] for each in held} == {"issued"}
        assert {tuple(each["names"]) for each in held} == {("manager.example", "192.0.2.7")}
        assert made["certificate"]["id"] in [each["id"] for each in held]


@pytest.mark.asyncio
async def test_a_certificate_for_another_server_is_not_used_here(folder: Path) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        made = await post(api, "/server", names=["backend.example"])
        assert "PRIVATE KEY" in made["key_pem"]
        held = (await api.client.get("/api/v1/certificates/server")).json()["certificates"]
        assert {each["origin"] for each in held} == {"self-signed"}


@pytest.mark.asyncio
async def test_a_wallbox_that_keeps_its_key_has_its_request_signed(folder: Path) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        made = await post(api, "/requests", request=a_request("CP1"), common_name="CP1")
        assert made["key_pem"] is None
        assert made["certificate"]["common_name"] == "CP1"
        as_it_says = await post(api, "/requests", request=a_request("CP7"))
        assert as_it_says["certificate"]["common_name"] == "CP7"
        wish = {"request": a_request("CP2"), "common_name": "CP1"}
        refused = await api.client.post(f"{AUTHORITY}/requests", json=wish)
        assert refused.status_code == 422
        assert "CP2" in refused.json()["problems"][0]["message"]


@pytest.mark.asyncio
async def test_every_reason_for_a_refusal_is_said_at_once(folder: Path) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        wish = {"names": ["no host", "nor this"], "days": 1}
        refused = (await api.client.post(f"{AUTHORITY}/server", json=wish)).json()
        assert len(refused["problems"]) == 2
        assert refused["detail"] == "Nothing has been changed."


@pytest.mark.asyncio
async def test_what_is_revoked_is_listed_so_and_unknown_ones_are_not_found(folder: Path) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        made = await post(api, "/client", common_name="CP1")
        revoked = await post(api, f"/issued/{made['certificate']['id']}/revoke")
        assert revoked["is_revoked"]
        assert (await api.client.get(f"{AUTHORITY}/issued")).json() == [revoked]
        assert (await api.client.post(NEVER_SIGNED)).status_code == 404


@pytest.mark.asyncio
async def test_what_it_has_issued_is_warned_of_before_it_ends(folder: Path) -> None:
    async with serving(certificates=folder) as api:
        await post(api, "")
        made = await post(api, "/client", common_name="CP1", days=20)
        (issued,) = (await api.client.get(f"{AUTHORITY}/issued")).json()
        assert 'client "CP1" expires in' in issued["warning"]
        about = [each["about"] for each in (await api.client.get("/api/v1/warnings")).json()]
        assert 'certificates "authority"' in about
        await post(api, "/client", common_name="CP1", days=700)
        left = {each["id"]: each["warning"] for each in (await _issued(api))}
        assert left[made["certificate"]["id"]] is None


async def _issued(api: Api) -> list[dict[str, Any]]:
    told = (await api.client.get(f"{AUTHORITY}/issued")).json()
    assert isinstance(told, list)
    return told
