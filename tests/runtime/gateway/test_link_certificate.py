"""A backend changes the certificate and the security profile of its own link (R32, R37, R40)."""

import asyncio

import pytest
from tests.support.frames import error, result, settled
from tests.support.paper_certificates import (
    certificate,
    csr_of,
    request,
    signed,
)
from tests.support.secured import (
    RELAYED,
    SECURED,
    SET,
    SIGN,
    a_secured_site,
    again,
    checking,
    come,
    dials,
    events,
    get_certificate,
    hashed,
    install,
    material,
    named,
    raise_profile,
    security_keys,
)
from tests.support.virtual_time import in_virtual_time

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
BOTH = pytest.mark.parametrize("site_toml", [SECURED, RELAYED], ids=["hold", "drop"])


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


@in_virtual_time()
async def test_a_certificate_that_cannot_be_noted_is_not_taken_r37() -> None:
    """Else there would be no way back."""
    site = await a_secured_site()
    await site.world.certificates.import_own(SET, material("Before"))
    await result(site.backend, "ExtendedTriggerMessage", {"requestedMessage": SIGN})
    csr = (await site.backend.got("SignCertificate"))["csr"]
    site.world.store.failing = True
    chain = {"certificateChain": signed(csr)}
    assert await error(site.backend, "CertificateSigned", chain) == "InternalError"
    site.world.store.failing = False
    assert site.world.certificates.names(SET) == ["Before"]
    await site.world.kill()


@in_virtual_time()
async def test_a_name_that_fits_no_certificate_asks_for_none_r37() -> None:
    site = await a_secured_site()
    site.world.certificates.refuses_names = True
    trigger = {"requestedMessage": SIGN}
    assert await result(site.backend, "ExtendedTriggerMessage", trigger) == REJECTED
    assert site.backend.all_of("SignCertificate") == []
    await site.world.kill()


@in_virtual_time()
async def test_what_cannot_be_removed_is_not_said_to_be_r37() -> None:
    site = await a_secured_site(roots=("Root",))
    await result(site.backend, "InstallCertificate", install("Other"))
    site.world.certificates.is_full = True
    said = await result(site.backend, "DeleteCertificate", named(hashed("Other")))
    assert said == {"status": "Failed"}
    assert sorted(site.world.certificates.names(SET)) == ["Other", "Root"]
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
