import pytest

from scripts import generate_policy_reference as reference
from wattgate.core.gateway.config_keys import KEYS, Treatment
from wattgate.core.gateway.policy import POLICY, Decision


def test_the_reference_page_is_what_the_policy_table_says() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), (
        "docs/reference/policy.md is stale: run python scripts/generate_policy_reference.py"
    )


@pytest.mark.parametrize(
    "row",
    [
        "| Authorize | wallbox | forward | forward | forward | answer | answer | - | 20 s "
        "| R51-R54, R101 |",
        "| SetChargingProfile | backend | virtualise | forward | forward | - | - "
        "| `connectorId`, `csChargingProfiles.transactionId` | 30 s | R97 |",
        "| InstallCertificate | backend | refuse | refuse | refuse | - | - | - | - | R36, R37 |",
        '| DataTransfer | `{"status":"Rejected"}` | `{"status":"UnknownVendorId"}` | - |',
        '| DeleteCertificate | - | - | `{"status":"Failed"}` |',
        "| AuthorizationKey | link | a new password for the login at that backend; never readable "
        "| R24, R37 |",
        "| ConnectionTimeOut | relay | - | R80 |",
    ],
)
def test_a_message_has_its_row(row: str) -> None:
    assert row in reference.page().splitlines()


def test_every_message_and_every_word_is_explained() -> None:
    lines = reference.page().splitlines()
    for action in POLICY:
        assert any(line.startswith(f"| {action} | ") for line in lines)
    assert set(reference.meanings(Decision)) == set(Decision)
    assert set(reference.meanings(Treatment)) == set(Treatment)
    for row in KEYS.values():
        assert any(line.startswith(f"| {row.key} | {row.treatment.value} | ") for line in lines)
