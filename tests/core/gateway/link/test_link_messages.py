import pytest

from wattgate.core.gateway.configuration.config_keys import rule_of
from wattgate.core.gateway.link.link_messages import (
    CertificateMatter,
    LinkKeyChange,
    certificate_matter,
    link_key_change,
    names_several_keys,
)
from wattgate.core.ocpp.frames import Call

KEY = "00112233445566778899aabbccddeeff"
OURS, THEIRS = CertificateMatter.LINK, CertificateMatter.WALLBOX
CENTRAL = '"certificateType":"CentralSystemRootCertificate"'
MAKER = '"certificateType":"ManufacturerRootCertificate"'


def call(action: str, payload_text: str) -> Call:
    return Call("1", action, payload_text)


@pytest.mark.parametrize(
    ("action", "payload_text", "whose"),
    [
        ("CertificateSigned", "{}", OURS),
        ("DeleteCertificate", "{}", OURS),
        ("InstallCertificate", f"{{{CENTRAL}}}", OURS),
        ("InstallCertificate", f"{{{MAKER}}}", THEIRS),
        ("InstallCertificate", "{}", OURS),
        ("InstallCertificate", f"{{{MAKER},{CENTRAL}}}", OURS),
        ("InstallCertificate", f"{{{CENTRAL},{MAKER}}}", OURS),
        ("InstallCertificate", f"{{{MAKER},{MAKER}}}", THEIRS),
        ("GetInstalledCertificateIds", f"{{{CENTRAL}}}", OURS),
        ("GetInstalledCertificateIds", f"{{{MAKER}}}", THEIRS),
        ("ExtendedTriggerMessage", '{"requestedMessage":"SignChargePointCertificate"}', OURS),
        ("ExtendedTriggerMessage", '{"requestedMessage":"Heartbeat"}', None),
        ("TriggerMessage", '{"requestedMessage":"SignChargePointCertificate"}', None),
        ("SignedUpdateFirmware", "{}", None),
    ],
)
def test_certificates_of_the_link_are_ours_and_the_makers_the_wallboxs_r36_r37(
    action: str, payload_text: str, whose: CertificateMatter | None
) -> None:
    assert certificate_matter(call(action, payload_text)) is whose


@pytest.mark.parametrize(
    ("action", "payload_text", "change"),
    [
        ("ChangeConfiguration", f'{{"key":"AuthorizationKey","value":"{KEY}"}}', KEY),
        ("ChangeConfiguration", f'{{"key":"authorizationKEY","value":"{KEY}"}}', KEY),
        ("ChangeConfiguration", f'{{"key":" AuthorizationKey\\u0000x","value":"{KEY}"}}', KEY),
        ("ChangeConfiguration", '{"key":"AuthorizationKey","value":7}', ""),
        ("ChangeConfiguration", '{"key":"AuthorizationKey"}', ""),
        ("ChangeConfiguration", '{"key":"HeartbeatInterval","value":"9"}', None),
        ("ChangeConfiguration", f'{{"key":"AuthorizationKey","key":"X","value":"{KEY}"}}', None),
        ("ChangeConfiguration", "{}", None),
        ("DataTransfer", f'{{"key":"AuthorizationKey","value":"{KEY}"}}', None),
    ],
)
def test_a_key_of_the_link_is_known_however_it_is_written_r37(
    action: str, payload_text: str, change: str | None
) -> None:
    wanted = None if change is None else LinkKeyChange(rule_of("AuthorizationKey"), change)
    assert link_key_change(call(action, payload_text)) == wanted


@pytest.mark.parametrize(
    ("action", "payload_text", "several"),
    [
        ("ChangeConfiguration", '{"key":"A","key":"B"}', True),
        ("ChangeConfiguration", '{"key":"A"}', False),
        ("DataTransfer", '{"key":"A","key":"B"}', False),
    ],
)
def test_nobody_is_trusted_to_read_one_of_several_keys_as_we_do_r37(
    action: str, payload_text: str, several: bool
) -> None:
    assert names_several_keys(call(action, payload_text)) is several
