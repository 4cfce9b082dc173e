"""A backend changes the authorities of its own link (R36, R37)."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.frames import error, result
from tests.support.secured import (
    CENTRAL,
    RELAYED,
    SECURED,
    SET,
    SIGN,
    a_secured_site,
    again,
    checking,
    dials,
    hashed,
    install,
    installed,
    named,
)
from tests.support.virtual_time import in_virtual_time
from tests.support.world import Json

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
MAKER = "ManufacturerRootCertificate"
BOTH = pytest.mark.parametrize("site_toml", [SECURED, RELAYED], ids=["hold", "drop"])


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
async def test_of_two_roots_that_wait_for_a_connection_both_are_taken_back_r37() -> None:
    """The first one vouches for nobody yet, so the second one is on trial as well."""
    site = await a_secured_site()
    for name in ("Wrong", "Wrong, too"):
        await result(site.backend, "InstallCertificate", install(name))
    site.backend.hang_up()
    await again(site)
    assert dials(site)[1:3] == [("", "failed"), ("", "")]
    assert site.world.certificates.names(SET) == []
    await site.world.kill()


@in_virtual_time()
async def test_a_root_that_could_not_be_put_on_trial_is_not_there_r37() -> None:
    """What was not accepted would otherwise end the link for good."""
    site = await a_secured_site()
    site.world.store.failing = True
    said = await error(site.backend, "InstallCertificate", install("Wrong"))
    assert said == "InternalError"
    assert site.world.certificates.names(SET) == []
    site.world.store.failing = False
    assert await result(site.backend, "InstallCertificate", install("Root")) == ACCEPTED
    site.world.store.failing = True
    assert await error(site.backend, "InstallCertificate", install("Root")) == "InternalError"
    assert site.world.certificates.names(SET) == ["Root"]  # it had been accepted before
    site.world.store.failing = False
    await site.world.kill()


@in_virtual_time()
async def test_where_nothing_helps_the_root_is_kept_and_tried_again_r37() -> None:
    site = await a_secured_site()
    await result(site.backend, "InstallCertificate", install("Wrong"))
    checking(site).refused.add("")
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
    assert site.world.certificates.removed == []
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
