import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import generate_policy_reference as reference
from wattgate.core.gateway.commands.shared_answers import Combining
from wattgate.core.gateway.commands.sharing import Whom
from wattgate.core.gateway.commands.wallbox_wide import Course
from wattgate.core.gateway.configuration.config_keys import KEYS, Treatment
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
        "| InstallCertificate | backend | virtualise | virtualise | virtualise | - | - | - | - "
        "| R36, R37 |",
        '| DataTransfer | `{"status":"Rejected"}` | `{"status":"UnknownVendorId"}` |',
        "| AuthorizationKey | link | a new password for the login at that backend; never readable "
        "| R24, R37 |",
        "| ConnectionTimeOut | relay | - | R80 |",
        "| Reset | all wallboxes that are here | - | the worst |",
        "| GetCompositeSchedule | first | all | the sum |",
        "| RemoteStopTransaction | the transaction's | - | - |",
        "| Reset | - | virtual reset | virtual reset |",
        "| GetConfiguration | yes | - | - |",
        "| ChangeConfiguration (of keys that are relayed) | - | reject | reject |",
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
    assert set(reference.meanings(Whom)) == set(Whom)
    assert set(reference.meanings(Combining)) == set(Combining)
    assert set(reference.meanings(Course)) == set(Course)
    for row in KEYS.values():
        assert any(line.startswith(f"| {row.key} | {row.treatment.value} | ") for line in lines)


def test_what_is_said_beyond_the_rows_is_said_of_messages_of_the_table() -> None:
    noted = [action for action, _ in reference.NOTES]
    assert set(noted) <= set(POLICY)
    assert len(set(noted)) == len(noted)


def test_every_rule_that_the_page_names_is_named_by_a_test() -> None:
    """The page promises it."""
    texts = [row.rules for row in POLICY.values()] + [row.rules for row in KEYS.values()]
    named = {number for text in texts for number in _numbers(text)}
    tested = {
        int(number)
        for path in Path(__file__).parent.rglob("test_*.py")
        for name in _test_names(path)
        for number in re.findall(r"_r(\d+)(?=_|$)", name)
    }
    assert named - tested == set()


def _numbers(rules: str) -> Iterator[int]:
    for first, last in re.findall(r"R(\d+)(?:-R(\d+))?", rules):
        yield from range(int(first), int(last or first) + 1)


def _test_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("test_"):
            yield node.name
