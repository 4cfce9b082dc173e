from dataclasses import replace

import pytest

from wattgate.core.gateway.commands.rights import Rights
from wattgate.core.site.backends import GatewaySettings
from wattgate.core.site.choices import GatewayRole, PasswordForm


def test_p4_the_backend_sees_the_client_id() -> None:
    assert GatewaySettings(url="ws://b/", client_id="DE1").identity("CP1") == "DE1"


def test_r26_without_a_client_id_the_backend_sees_the_charge_box_id() -> None:
    assert GatewaySettings(url="ws://b/").identity("CP1") == "CP1"


def test_a_password_is_not_shown() -> None:
    assert "geheim" not in repr(GatewaySettings(url="ws://b/", password="geheim"))


def test_p22_a_gateway_has_certificates_of_its_own_unless_it_shares_others() -> None:
    own = GatewaySettings(url="wss://b/")
    assert own.certificate_set("stall-1") == "stall-1"
    shared = GatewaySettings(url="wss://b/", certificates="employer")
    assert shared.certificate_set("stall-1") == "employer"


@pytest.mark.parametrize(
    ("gateway", "name"),
    [
        (GatewaySettings(url="wss://Central.example:9000/x"), "stall-1-central.example:9000"),
        (
            GatewaySettings(url="wss://central.example/", client_id="DE1"),
            "stall-1-DE1@central.example",
        ),
        (GatewaySettings(url="wss://[::1]/"), "stall-1-::1"),
        (GatewaySettings(url="wss://["), "stall-1-"),
        (GatewaySettings(url="wss://b:x/", client_id="DE1"), "stall-1-DE1@"),
        (GatewaySettings(url="nonsense"), "stall-1-"),
        (GatewaySettings(url="wss://b/", certificates="employer"), "employer"),
    ],
)
def test_p22_a_backend_that_reports_has_certificates_of_its_own(
    gateway: GatewaySettings, name: str
) -> None:
    report = replace(gateway, role=GatewayRole.REPORT)
    assert report.certificate_set("stall-1") == name


def test_the_name_of_a_set_is_never_too_long_and_still_its_own() -> None:
    first, second = (
        GatewaySettings(url=f"wss://{'x' * 95}.{ending}/", role=GatewayRole.REPORT)
        for ending in ("a", "b")
    )
    names = [each.certificate_set("stall-1") for each in (first, second)]
    assert [len(each) for each in names] == [100, 100]
    assert names[0] != names[1]
    assert names[0].startswith("stall-1-xxx")


@pytest.mark.parametrize(
    ("role", "commands", "rights"),
    [
        (GatewayRole.PRIMARY, None, Rights.ALL),
        (GatewayRole.REPORT, None, Rights.READ),
        (GatewayRole.PRIMARY, Rights.NONE, Rights.NONE),
        (GatewayRole.REPORT, Rights.ALL, Rights.ALL),
    ],
)
def test_rights_go_with_the_role_unless_they_are_said(
    role: GatewayRole, commands: Rights | None, rights: Rights
) -> None:
    assert GatewaySettings(url="ws://b/", role=role, commands=commands).rights == rights


def test_a_password_is_sent_as_it_is_written_or_as_the_bytes_it_stands_for_r24() -> None:
    text = GatewaySettings(url="ws://b/", password="00FF" * 8)
    assert text.secret == "00FF" * 8
    assert replace(text, key_form=PasswordForm.HEX).secret == b"\x00\xff" * 8
    assert GatewaySettings(url="ws://b/", key_form=PasswordForm.HEX).secret == b""
