"""A person has a wallbox deal with certificates, over the API (R36, R40)."""

from typing import Any

import pytest
from tests.support.paper_certificates import certificate
from tests.support.web import Api, a_world, serving
from tests.support.world import Scripted, a_wallbox

HERE = "/api/v1/wallboxes/CP2/certificates"
WIRE = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "ab",
    "issuerKeyHash": "cd",
    "serialNumber": "12",
}
TRUSTED = {
    "algorithm": "SHA256",
    "issuer_name_hash": "ab",
    "issuer_key_hash": "cd",
    "serial_number": "12",
}


def obedient(status: str = "Accepted") -> Scripted:
    """A wallbox that answers everything about certificates with that."""
    actions = (
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetInstalledCertificateIds",
        "InstallCertificate",
    )
    answer: dict[str, Any] = {"status": status}
    box = a_wallbox(**{action: lambda _: answer for action in actions})
    listed = answer | {"certificateHashData": [WIRE]}
    box.answers["GetInstalledCertificateIds"] = lambda _: listed
    return box


async def said(api: Api, what: str, body: object = None) -> tuple[int, str]:
    """The status, and the words for a person."""
    answer = await api.client.post(f"{HERE}/{what}", json=body)
    told = answer.json()
    return answer.status_code, told.get("says") or told["detail"]


@pytest.mark.asyncio
async def test_a_wallbox_is_told_whom_to_trust_and_to_ask_for_a_certificate_r36_r40() -> None:
    async with serving() as api:
        box = obedient()
        await api.world.boot("CP2", box)
        assert await said(api, "trust") == (200, "It trusts our authority.")
        assert await said(api, "renew") == (200, "It is going to ask for a certificate.")
        assert await api.get(HERE) == [TRUSTED]
        assert await said(api, "distrust", TRUSTED) == (200, "It trusts it no more.")
        assert box.all_of("InstallCertificate")[0]["certificate"] == certificate("Paper Root")
        assert box.all_of("DeleteCertificate") == [{"certificateHashData": WIRE}]


@pytest.mark.asyncio
async def test_why_a_wallbox_does_not_do_it_is_told() -> None:
    async with serving() as api:
        away = (409, "No answer: the wallbox is not connected.")
        assert await said(api, "renew") == away
        assert (await api.client.get(HERE)).status_code == 409
        await api.world.boot("CP2", obedient("Rejected"))
        refused = (409, 'The wallbox answers {"status": "Rejected"}.')
        for what, body in (("trust", None), ("renew", None), ("distrust", TRUSTED)):
            assert await said(api, what, body) == refused


@pytest.mark.asyncio
async def test_without_an_authority_there_is_nobody_to_trust() -> None:
    world = a_world()
    world.authority.name = ""
    async with serving(world) as api:
        await api.world.boot("CP2", obedient())
        assert await said(api, "trust") == (409, "There is no authority of ours yet.")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/wallboxes/CP9/certificates/renew", None, 404),
        (f"{HERE}/distrust", {}, 400),
        (f"{HERE}/distrust", TRUSTED | {"serial_number": "no digits"}, 400),
        (f"{HERE}/distrust", TRUSTED | {"algorithm": "MD5"}, 400),
    ],
)
@pytest.mark.asyncio
async def test_what_makes_no_sense_is_refused(path: str, body: object, status: int) -> None:
    async with serving() as api:
        assert (await api.client.post(path, json=body)).status_code == status
