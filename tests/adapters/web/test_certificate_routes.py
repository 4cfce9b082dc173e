"""The sets of certificates over the API: what is shown, what is taken, what is refused and why."""

import asyncio
import base64
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    pkcs12,
)
from tests.support.certificates import EXPIRED, Life, Pair, Root, rsa_key, self_signed
from tests.support.web import SITE, Api, KeptCertificates, a_world, serving

from wattgate.adapters.clock import SystemClock

SETS = "/api/v1/certificates"
PASSPHRASE = "Schlüssel"
ROOT = Root.make()
OWN = ROOT.issue("manager.example", "manager.example")
OTHER = ROOT.issue("other.example", "other.example")


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


def files(*parts: bytes, passphrase: str | None = None) -> dict[str, Any]:
    return {
        "files": [base64.b64encode(part).decode() for part in parts],
        "passphrase": passphrase,
    }


def encrypted(pair: Pair) -> bytes:
    kind = BestAvailableEncryption(PASSPHRASE.encode())
    return pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kind)


def packed(pair: Pair) -> bytes:
    kind = BestAvailableEncryption(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(
        b"own", pair.key, pair.certificate, [ROOT.certificate], kind
    )


async def own_of(api: Api, set_name: str = "server") -> list[str]:
    """The subjects of the own certificates of a set."""
    answer = await api.client.get(f"{SETS}/{set_name}")
    held = answer.json()["certificates"]
    return [each["common_name"] for each in held if each["role"] == "own"]


@pytest.mark.asyncio
async def test_the_server_has_certificates_from_the_start_p21(folder: Path) -> None:
    async with serving(certificates=folder) as api:
        (server, backend) = (await api.client.get(SETS)).json()
        assert (server["name"], server["used_by"]) == ("server", [])
        assert [each["key"] for each in server["certificates"]] == ["RSA 2048", "ECDSA P-256"]
        assert {each["origin"] for each in server["certificates"]} == {"self-signed"}
        assert {each["warning"] for each in server["certificates"]} == {None}
        assert backend == {"name": "stall-1", "used_by": ["stall-1"], "certificates": []}


@pytest.mark.asyncio
async def test_a_certificate_is_shown_as_openssl_prints_it_and_never_with_its_key(
    folder: Path,
) -> None:
    digits = OWN.certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    async with serving(certificates=folder) as api:
        wish = files(OWN.key_pem, OWN.certificate_pem, ROOT.certificate_pem)
        (imported,) = (await api.client.post(f"{SETS}/server/own", json=wish)).json()
        assert imported["fingerprint"] == digits
        assert imported["days_left"] == 363
        assert imported["names"] == ["manager.example"]
        page = await api.client.get(f"{SETS}/server/{imported['id']}")
        assert page.headers["content-type"] == "application/x-pem-file"
        assert page.content.startswith(OWN.certificate_pem)
        for path in (SETS, f"{SETS}/server", f"{SETS}/server/{imported['id']}"):
            assert "PRIVATE KEY" not in (await api.client.get(path)).text


@pytest.mark.parametrize(
    "wish",
    [
        files(OWN.certificate_pem, OWN.key_pem),
        files(OWN.key_pem + OWN.certificate_pem + ROOT.certificate_pem),
        files(OWN.certificate_der, OWN.key_pem),
        files(packed(OWN), passphrase=PASSPHRASE),
        files(OWN.certificate_pem, encrypted(OWN), passphrase=PASSPHRASE),
    ],
    ids=["PEM", "full chain in one file", "DER", "PKCS#12", "encrypted key"],
)
@pytest.mark.asyncio
async def test_an_own_certificate_is_taken_in_every_usual_form_p22(
    wish: dict[str, Any], folder: Path
) -> None:
    async with serving(certificates=folder) as api:
        answer = await api.client.post(f"{SETS}/server/own", json=wish)
        assert answer.status_code == 200, answer.text
        assert await own_of(api) == ["manager.example"]
    async with serving(certificates=folder) as api:
        assert await own_of(api) == ["manager.example"]


@pytest.mark.parametrize(
    ("wish", "path", "words"),
    [
        (files(OWN.certificate_pem, OTHER.key_pem), "", "key"),
        (files(OWN.certificate_pem), "", "key"),
        (files(OWN.key_pem), "", "certificate"),
        (files(b"hello"), "", ""),
    ],
    ids=["the key of another", "no key", "no certificate", "neither"],
)
@pytest.mark.asyncio
async def test_what_does_not_fit_is_refused_with_its_reasons_and_changes_nothing_p22(
    wish: dict[str, Any], path: str, words: str, folder: Path
) -> None:
    async with serving(certificates=folder) as api:
        before = await own_of(api)
        answer = await api.client.post(f"{SETS}/server/own", json=wish)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert "type" not in told
        assert any(words in f"{each['path']} {each['message']}" for each in told["problems"])
        assert await own_of(api) == before


@pytest.mark.asyncio
async def test_an_expired_one_is_refused_saying_since_when(folder: Path) -> None:
    gone = ROOT.issue("gone.example", life=EXPIRED)
    day = (gone.certificate.not_valid_after_utc).strftime("%Y-%m-%d")
    async with serving(certificates=folder) as api:
        wish = files(gone.certificate_pem, gone.key_pem)
        told = (await api.client.post(f"{SETS}/server/own", json=wish)).json()
        assert any(day in each["message"] for each in told["problems"])


@pytest.mark.parametrize(
    ("passphrase", "kind"),
    [(None, "urn:wattgate:passphrase-needed"), ("wrong", "urn:wattgate:passphrase-wrong")],
)
@pytest.mark.parametrize(
    "parts", [(OWN.certificate_pem, encrypted(OWN)), (packed(OWN),)], ids=["PEM", "PKCS#12"]
)
@pytest.mark.asyncio
async def test_that_a_passphrase_is_needed_can_be_told_by_a_program(
    parts: tuple[bytes, ...], passphrase: str | None, kind: str, folder: Path
) -> None:
    async with serving(certificates=folder) as api:
        wish = files(*parts, passphrase=passphrase)
        answer = await api.client.post(f"{SETS}/server/own", json=wish)
        assert (answer.status_code, answer.json()["type"]) == (422, kind)
        assert passphrase is None or passphrase not in answer.json()["detail"].split()


@pytest.mark.asyncio
async def test_a_gateway_gets_whom_to_believe_and_who_it_is(folder: Path) -> None:
    """P22, P24: a root, or the backend's certificate itself."""
    leaf = self_signed("backend.example")
    async with serving(certificates=folder) as api:
        wish = files(ROOT.certificate_pem, leaf.certificate_der)
        known = (await api.client.post(f"{SETS}/stall-1/authorities", json=wish)).json()
        assert [each["common_name"] for each in known] == ["Test root", "backend.example"]
        again = (await api.client.post(f"{SETS}/stall-1/authorities", json=wish)).json()
        assert again == known
        await api.client.post(f"{SETS}/stall-1/own", json=files(OWN.certificate_pem, OWN.key_pem))
        assert await own_of(api, "stall-1") == ["manager.example"]
        for each in known:
            assert (await api.client.delete(f"{SETS}/stall-1/{each['id']}")).status_code == 204
            assert (await api.client.delete(f"{SETS}/stall-1/{each['id']}")).status_code == 404
        held = (await api.client.get(f"{SETS}/stall-1")).json()["certificates"]
        assert [each["role"] for each in held] == ["own"]


@pytest.mark.asyncio
async def test_the_last_own_certificate_of_the_server_has_a_successor_at_once(
    folder: Path,
) -> None:
    async with serving(certificates=folder) as api:
        wish = files(OWN.certificate_pem, OWN.key_pem)
        (imported,) = (await api.client.post(f"{SETS}/server/own", json=wish)).json()
        await api.client.delete(f"{SETS}/server/{imported['id']}")
        held = (await api.client.get(f"{SETS}/server")).json()["certificates"]
        assert [each["origin"] for each in held] == ["self-signed", "self-signed"]


@pytest.mark.parametrize(
    "path", [f"{SETS}/nobody", f"{SETS}/server/0123456789abcdef", f"{SETS}/nobody/0123"]
)
@pytest.mark.asyncio
async def test_what_is_not_there_is_not_found(path: str, folder: Path) -> None:
    async with serving(certificates=folder) as api:
        assert (await api.client.get(path)).status_code == 404


@pytest.mark.parametrize("name", ["x" * 101, "line%0Abreak"])
@pytest.mark.asyncio
async def test_a_set_needs_a_name_that_can_be_read(name: str, folder: Path) -> None:
    async with serving(certificates=folder) as api:
        wish = files(ROOT.certificate_pem)
        answer = await api.client.post(f"{SETS}/{name}/authorities", json=wish)
        assert answer.status_code == 422
        assert answer.json()["problems"][0]["path"] == "name of the set"


@pytest.mark.parametrize(
    "wish", [{}, {"files": []}, {"files": ["not base64!"]}, {"files": ["QQ=="], "passphrase": ""}]
)
@pytest.mark.asyncio
async def test_a_wish_that_is_none_is_told_so(wish: dict[str, Any], folder: Path) -> None:
    async with serving(certificates=folder) as api:
        answer = await api.client.post(f"{SETS}/server/own", json=wish)
        assert answer.status_code == 400


@pytest.mark.asyncio
async def test_a_bundle_of_all_public_roots_fits(folder: Path) -> None:
    roots = b"".join(Root.make(f"Root {n}").certificate_pem for n in range(150))
    assert len(base64.b64encode(roots)) > 64 * 1024
    async with serving(certificates=folder) as api:
        answer = await api.client.post(f"{SETS}/stall-1/authorities", json=files(roots))
        assert len(answer.json()) == 150


@pytest.mark.asyncio
async def test_what_is_about_to_expire_is_a_warning_and_a_figure(folder: Path) -> None:
    near = ROOT.issue("near.example", life=Life(lasts=timedelta(days=21, hours=1)), key=rsa_key())
    async with serving(certificates=folder) as api:
        wish = files(near.certificate_pem, near.key_pem)
        (imported,) = (await api.client.post(f"{SETS}/server/own", json=wish)).json()
        day = near.certificate.not_valid_after_utc.strftime("%Y-%m-%d")
        said = f'own "near.example" expires in 20 days, on {day}: import its successor'
        assert imported["warning"] == said
        warnings = (await api.client.get("/api/v1/warnings")).json()
        assert {"about": 'certificates "server"', "message": said} in warnings
        text = (await api.client.get("/metrics")).text
        labels = f'common_name="near.example",id="{imported["id"]}",kind="own",set="server"'
        (line,) = [each for each in text.splitlines() if labels in each]
        assert line.startswith("wattgate_certificate_expires_seconds{")
        assert 20 <= float(line.split()[-1]) / 86_400 < 20.05


@pytest.mark.asyncio
async def test_a_name_of_the_settings_that_our_certificate_lacks_is_a_warning_p26(
    folder: Path,
) -> None:
    """The certificates that made themselves get it at the next start, so they are not told of."""
    world = a_world(f'{SITE}[ocpp_server]\nnames = "manager.example, other.example"\n')
    async with serving(world, certificates=folder) as api:
        assert await _warned_of_names(api) == []
        wish = files(OWN.certificate_pem, OWN.key_pem)
        await api.client.post(f"{SETS}/server/own", json=wish)
        (said,) = await _warned_of_names(api)
        assert "does not name other.example: whoever checks that does not connect" in said


async def _warned_of_names(api: Api) -> list[str]:
    said = (await api.client.get("/api/v1/warnings")).json()
    return [each["message"] for each in said if each["about"] == "ocpp_server › names"]
