"""A backend changes the certificates and the profile of its own link (R32, R36, R37, R40)."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.frames import Site, error, result, settled
from tests.support.paper_certificates import (
    certificate,
    csr_of,
    hash_data_of,
    request,
    signed,
)
from tests.support.secured import (
    CENTRAL,
    RELAYED,
    SECURED,
    SET,
    SIGN,
    a_secured_site,
    checking,
    come,
    dials,
    material,
    security_keys,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

from wattgate.core.security.certificates import HashData

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
MAKER = "ManufacturerRootCertificate"
BOTH = pytest.mark.parametrize("site_toml", [SECURED, RELAYED], ids=["hold", "drop"])


def install(name: str, kind: str = CENTRAL) -> Json:
    return {"certificateType": kind, "certificate": certificate(name)}


def named(hash_data: HashData) -> Json:
    return {
        "certificateHashData": {
            "hashAlgorithm": hash_data.algorithm,
            "issuerNameHash": hash_data.issuer_name_hash,
            "issuerKeyHash": hash_data.issuer_key_hash,
            "serialNumber": hash_data.serial_number,
        }
    }


def hashed(name: str, algorithm: str = "SHA256") -> HashData:
    return hash_data_of(certificate(name), algorithm)


async def installed(site: Site) -> int:
    """How many authorities the backend reads back."""
    payload = {"certificateType": CENTRAL}
    said = await result(site.backend, "GetInstalledCertificateIds", payload)
    return len(said.get("certificateHashData", []))


async def raise_profile(site: Site, profile: int) -> str:
    payload = {"key": "SecurityProfile", "value": str(profile)}
    answer = await result(site.backend, "ChangeConfiguration", payload)
    return str(answer["status"])


async def get_certificate(site: Site) -> Json:
    """The backend has us ask for a certificate, and signs it; the answer to that."""
    await result(site.backend, "ExtendedTriggerMessage", {"requestedMessage": SIGN})
    times = len(site.backend.all_of("SignCertificate"))
    csr = (await site.backend.got("SignCertificate", max(times, 1)))["csr"]
    return await result(site.backend, "CertificateSigned", {"certificateChain": signed(csr)})


async def again(site: Site) -> None:
    """Whoever lost its connection has it back."""
    await asyncio.sleep(2.0)
    if site.wallbox.closed_with is not None:
        await come(site)
    await asyncio.sleep(60.0)


def events(site: Site) -> list[str]:
    return [each["type"] for each in site.backend.all_of("SecurityEventNotification")]


# InstallCertificate


@BOTH
@in_virtual_time()
async def test_a_root_is_stored_for_the_link_and_never_reaches_the_wallbox_r36_r37(
    site_toml: str,
) -> None:
    site = await a_secured_site(site_toml)
    assert await result(site.backend, "InstallCertificate", install("Root")) == ACCEPTED
    assert site.world.certificates.names(SET) == ["Root"]
    assert await installed(site) == 1
    assert site.wallbox.all_of("InstallCertificate") == []
    assert site.wallbox.all_of("GetInstalledCertificateIds") == []
    await site.world.kill()


@BOTH
@in_virtual_time()
async def test_what_is_about_the_makers_certificates_is_the_wallboxs_r37(site_toml: str) -> None:
    site = await a_secured_site(site_toml)
    site.wallbox.answers |= {
        "InstallCertificate": lambda _: {"status": "Failed"},
        "GetInstalledCertificateIds": lambda _: ACCEPTED,
    }
    said = await result(site.backend, "InstallCertificate", install("Maker", MAKER))
    assert said == {"status": "Failed"}
    said = await result(site.backend, "GetInstalledCertificateIds", {"certificateType": MAKER})
    assert said == ACCEPTED
    assert site.world.certificates.names(SET) == []
    await site.world.kill()


@pytest.mark.parametrize("name", ["expired Root", None])
@in_virtual_time()
async def test_what_is_expired_or_unreadable_is_rejected_and_changes_nothing_r37(
    name: str | None,
) -> None:
    site = await a_secured_site()
    payload = install(name) if name else {"certificateType": CENTRAL, "certificate": "x"}
    assert await result(site.backend, "InstallCertificate", payload) == REJECTED
    assert site.world.certificates.names(SET) == []
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_installs_ten_roots_and_no_more_r37() -> None:
    site = await a_secured_site(roots=("Root",))
    for number in range(10):
        said = await result(site.backend, "InstallCertificate", install(f"Other {number}"))
        assert said == ACCEPTED
    assert await result(site.backend, "InstallCertificate", install("Other 10")) == REJECTED
    assert await installed(site) == 11
    keys = {"key": ["CertificateStoreMaxLength"]}
    (entry,) = (await result(site.backend, "GetConfiguration", keys))["configurationKey"]
    assert entry == {"key": "CertificateStoreMaxLength", "value": "10", "readonly": True}
    await site.world.kill()


@in_virtual_time()
async def test_what_cannot_be_stored_is_not_accepted_r37() -> None:
    site = await a_secured_site()
    site.world.certificates.is_full = True
    said = await result(site.backend, "InstallCertificate", install("Root"))
    assert said == {"status": "Failed"}
    payload = {"requestedMessage": SIGN}
    assert await error(site.backend, "ExtendedTriggerMessage", payload) == "InternalError"
    site.world.certificates.is_full = False
    assert site.world.certificates.names(SET) == []
    await site.world.kill()


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("InstallCertificate", {"certificateType": CENTRAL}),
        ("InstallCertificate", {"certificateType": CENTRAL, "certificate": "x" * 5501}),
        ("DeleteCertificate", {}),
        ("GetInstalledCertificateIds", {}),
        ("CertificateSigned", {"certificateChain": "x" * 10_001}),
    ],
)
@BOTH
@in_virtual_time()
async def test_a_payload_that_does_not_fit_gets_a_callerror_r11(
    site_toml: str, action: str, payload: Json
) -> None:
    site = await a_secured_site(site_toml)
    assert (await error(site.backend, action, payload)).endswith("Violation")
    await site.world.kill()


# DeleteCertificate


@in_virtual_time()
async def test_a_backend_deletes_what_it_installed_but_not_the_last_one_r37() -> None:
    site = await a_secured_site()
    for name in ("Root", "Other"):
        await result(site.backend, "InstallCertificate", install(name))
    for status in ("Accepted", "NotFound"):
        said = await result(site.backend, "DeleteCertificate", named(hashed("Other", "SHA512")))
        assert said == {"status": status}
    said = await result(site.backend, "DeleteCertificate", named(hashed("Root")))
    assert said == {"status": "Failed"}
    assert site.world.certificates.names(SET) == ["Root"]
    assert site.wallbox.all_of("DeleteCertificate") == []
    await site.world.kill()


@in_virtual_time()
async def test_what_a_person_stored_is_not_a_backends_to_delete_r37() -> None:
    site = await a_secured_site(roots=("Root", "Other"))
    said = await result(site.backend, "DeleteCertificate", named(hashed("Other")))
    assert said == {"status": "Failed"}
    assert site.world.certificates.names(SET) == ["Root", "Other"]
    await site.world.kill()


@in_virtual_time()
async def test_a_certificate_is_known_however_its_numbers_are_written_r37() -> None:
    site = await a_secured_site(roots=("Root",))
    await result(site.backend, "InstallCertificate", install("Other"))
    there = hashed("Other")
    written = replace(
        there,
        issuer_key_hash=there.issuer_key_hash.upper(),
        serial_number="00" + there.serial_number.upper(),
    )
    assert await result(site.backend, "DeleteCertificate", named(written)) == ACCEPTED
    await site.world.kill()


# A root that does not fit


@BOTH
@in_virtual_time()
async def test_a_root_that_verifies_the_backend_stays_r37(site_toml: str) -> None:
    site = await a_secured_site(site_toml)
    await result(site.backend, "InstallCertificate", install("Root"))
    site.backend.hang_up()
    await again(site)
    assert dials(site)[-1] == ("", "Root")
    assert site.world.certificates.names(SET) == ["Root"]
    await site.world.kill()


@BOTH
@in_virtual_time()
async def test_a_root_that_does_not_is_taken_back_where_nobody_was_verified_before_r37(
    site_toml: str,
) -> None:
    """The backend has locked itself out, and could not even take it back."""
    site = await a_secured_site(site_toml)
    await result(site.backend, "InstallCertificate", install("Wrong"))
    site.backend.hang_up()
    await again(site)
    assert dials(site)[1:3] == [("", "failed"), ("", "")]
    assert site.world.certificates.names(SET) == []
    await site.world.kill()


@in_virtual_time()
async def test_where_nothing_helps_the_root_is_kept_and_tried_again_r37() -> None:
    site = await a_secured_site()
    await result(site.backend, "InstallCertificate", install("Wrong"))
    del site.world.dialer.backends["wss://backend/CP1"]
    site.backend.hang_up()
    await asyncio.sleep(300.0)
    assert dials(site)[1:5] == [("", "failed"), ("", ""), ("", "failed"), ("", "failed")]
    assert site.world.certificates.names(SET) == ["Wrong"]
    await site.world.kill()


@in_virtual_time()
async def test_a_root_beside_one_that_verifies_is_never_taken_back_r37() -> None:
    """Otherwise whoever can break a connection could make us believe in anybody."""
    site = await a_secured_site(roots=("Root",))
    await result(site.backend, "InstallCertificate", install("Other"))
    checking(site).root = "Somebody"
    site.backend.hang_up()
    await asyncio.sleep(300.0)
    assert {how for _, how in dials(site)[1:]} == {"failed"}
    assert sorted(site.world.certificates.names(SET)) == ["Other", "Root"]
    await site.world.kill()


@in_virtual_time()
async def test_a_root_that_has_held_once_is_never_taken_back_r37() -> None:
    site = await a_secured_site()
    await result(site.backend, "InstallCertificate", install("Root"))
    site.backend.hang_up()
    await again(site)
    checking(site).root = "Somebody"
    site.backend.hang_up()
    await asyncio.sleep(300.0)
    assert {how for _, how in dials(site)[2:]} == {"failed"}
    await site.world.kill()


# A certificate of our own


@BOTH
@in_virtual_time()
async def test_a_backend_has_us_ask_for_a_certificate_with_our_own_key_r36_r40(
    site_toml: str,
) -> None:
    """R35: it names the wallbox's serial number, and the operator where the backend said it."""
    site = await a_secured_site(site_toml)
    await result(site.backend, "ChangeConfiguration", {"key": "CpoName", "value": "Example Power"})
    trigger = {"requestedMessage": SIGN}
    assert await result(site.backend, "ExtendedTriggerMessage", trigger) == ACCEPTED
    csr = (await site.backend.got("SignCertificate"))["csr"]
    assert csr_of(csr) | {"key": ""} == {"name": "SN1", "organisation": "Example Power", "key": ""}
    assert site.wallbox.all_of("ExtendedTriggerMessage") == []
    await site.world.kill()


@BOTH
@in_virtual_time()
async def test_the_login_begins_anew_with_the_certificate_that_was_signed_r37(
    site_toml: str,
) -> None:
    site = await a_secured_site(site_toml)
    assert await get_certificate(site) == ACCEPTED
    assert site.world.certificates.names(SET) == ["SN1"]
    await again(site)
    assert dials(site) == [("", ""), ("SN1", "")]
    assert site.wallbox.all_of("CertificateSigned") == []
    await site.world.kill()


@BOTH
@in_virtual_time()
async def test_a_certificate_that_the_backend_refuses_gives_way_to_the_one_before_r37(
    site_toml: str,
) -> None:
    site = await a_secured_site(site_toml)
    await site.world.certificates.import_own(SET, material("Before"))
    checking(site).refused = {"SN1"}
    await get_certificate(site)
    await again(site)
    assert dials(site)[1:3] == [("SN1", ""), ("Before", "")]
    assert site.world.certificates.names(SET) == ["Before"]
    assert site.world.certificates.former == {}
    await site.world.kill()


@in_virtual_time()
async def test_where_both_are_refused_the_new_one_is_kept_r37() -> None:
    site = await a_secured_site()
    checking(site).refused = {"SN1", ""}
    await get_certificate(site)
    await asyncio.sleep(60.0)
    assert dials(site)[1:5] == [("SN1", ""), ("", ""), ("SN1", ""), ("SN1", "")]
    checking(site).refused = set()
    await asyncio.sleep(600.0)
    assert site.world.certificates.names(SET) == ["SN1"]
    await site.world.kill()


@in_virtual_time()
async def test_a_manager_killed_before_it_knew_finds_back_r37() -> None:
    site = await a_secured_site()
    checking(site).refused = {"SN1"}
    await get_certificate(site)
    await site.world.kill()
    await site.world.start()
    await come(site)
    assert dials(site)[1:] == [("SN1", ""), ("", "")]
    await site.world.kill()


@pytest.mark.parametrize(
    "chain", [signed(request("SN1")), certificate("SN1"), certificate("expired"), "x"]
)
@in_virtual_time()
async def test_what_fits_no_request_of_ours_is_rejected_and_reported_r37_r38(chain: str) -> None:
    site = await a_secured_site()
    said = await result(site.backend, "CertificateSigned", {"certificateChain": chain})
    assert said == REJECTED
    await settled()
    assert events(site)[-1] == "InvalidChargePointCertificate"
    assert site.world.certificates.names(SET) == []
    await asyncio.sleep(60.0)
    assert len(dials(site)) == 1
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_that_does_not_sign_changes_nothing_r37() -> None:
    site = await a_secured_site()
    site.backend.answers["SignCertificate"] = lambda _: REJECTED
    await result(site.backend, "ExtendedTriggerMessage", {"requestedMessage": SIGN})
    await site.backend.got("SignCertificate")
    await asyncio.sleep(60.0)
    assert len(dials(site)) == 1
    await site.world.kill()


# SecurityProfile


@BOTH
@in_virtual_time()
async def test_a_profile_is_never_lowered_nor_raised_without_what_it_takes_r32_r37(
    site_toml: str,
) -> None:
    """A05.FR.01-03; TLS with nobody to vouch for the backend is profile 1 (R34)."""
    site = await a_secured_site(site_toml)
    for profile in (0, 1, 2, 3, 4):
        assert await raise_profile(site, profile) == "Rejected"
    await asyncio.sleep(60.0)
    assert len(dials(site)) == 1
    assert site.wallbox.all_of("ChangeConfiguration") == []
    await site.world.kill()


@in_virtual_time()
async def test_a_backend_raises_its_link_from_profile_1_to_3_step_by_step_r32_r37() -> None:
    """A05.FR.04-07."""
    site = await a_secured_site()
    assert await security_keys(site) == {"SecurityProfile": "1"}
    await result(site.backend, "InstallCertificate", install("Root"))
    assert await security_keys(site) == {"SecurityProfile": "1"}
    assert await raise_profile(site, 2) == "Accepted"
    await again(site)
    assert dials(site)[-1] == ("", "Root")
    assert await security_keys(site) == {"SecurityProfile": "2"}
    assert await raise_profile(site, 3) == "Rejected"
    await get_certificate(site)
    await again(site)
    assert await security_keys(site) == {"SecurityProfile": "2"}
    assert await raise_profile(site, 3) == "Accepted"
    await again(site)
    assert await security_keys(site) == {"SecurityProfile": "3"}
    assert await raise_profile(site, 2) == "Rejected"
    await site.world.kill()
    await site.world.start()
    await come(site)
    assert await security_keys(site) == {"SecurityProfile": "3"}
    await site.world.kill()


@in_virtual_time()
async def test_a_profile_that_leads_nowhere_falls_back_once_r37() -> None:
    """A05.FR.08."""
    site = await a_secured_site()
    await result(site.backend, "InstallCertificate", install("Wrong"))
    assert await raise_profile(site, 2) == "Accepted"
    await again(site)
    assert dials(site)[1:3] == [("", "failed"), ("", "")]
    assert await security_keys(site) == {"SecurityProfile": "1"}
    await settled()
    assert "InvalidCentralSystemCertificate" in events(site)
    await site.world.kill()


@in_virtual_time()
async def test_a_raised_profile_is_taken_back_where_only_the_profile_was_new_r37() -> None:
    site = await a_secured_site(roots=("Root",))
    await get_certificate(site)
    await again(site)
    checking(site).root = "Somebody"
    assert await raise_profile(site, 3) == "Accepted"
    await asyncio.sleep(5.0)
    checking(site).root = "Root"
    await asyncio.sleep(600.0)
    assert await security_keys(site) == {"SecurityProfile": "2"}
    await site.world.kill()


# What the backend hears of it


@in_virtual_time()
async def test_a_backend_hears_of_what_it_changed_once_that_holds_r38() -> None:
    site = await a_secured_site()
    await result(site.backend, "InstallCertificate", install("Root"))
    await settled()
    assert events(site) == ["StartupOfTheDevice", "ReconfigurationOfSecurityParameters"]
    await get_certificate(site)
    await settled()
    assert len(events(site)) == 2
    await again(site)
    assert events(site)[2:] == ["ReconfigurationOfSecurityParameters"]
    await site.world.kill()
