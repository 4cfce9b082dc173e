"""`wattgate transactions evidence`, against answers of the API."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.http_answers import answering
from typer.testing import CliRunner, Result

from wattgate.cli.main import app

KEYLESS = "no public key of the meter is known"


def evidence(verdict: str = "yellow", **facts: Any) -> dict[str, Any]:  # noqa: ANN401 - as in JSON
    """What the API says, with what the command does not show."""
    return {
        "transaction": {
            "id": 17,
            "evse": "stall-1",
            "id_tag": "04A1",
            "started_at": "2026-05-15T14:25:12Z",
            "stopped_at": None,
            "connector": 1,
        },
        "verdict": verdict,
        "frames": [
            {
                "way": "received",
                "end": "CP1",
                "action": "StartTransaction",
                "at": "2026-05-15T14:25:13Z",
                "text": "[]",
                "text_sha256": "0123456789abcdef" * 4,
            }
        ],
        "signed": [
            {"text": "OCMF|" + "x" * 80, "was_sent": False, "verdict": verdict, "reason": KEYLESS}
        ],
        "contradictions": ["The wallbox sent the card \x1b[31m."],
        **facts,
    }


def run(found: object, *words: str, status: int = 200) -> Result:
    script = {"GET /api/v1/transactions/17/evidence": [(status, found)]}
    with answering(script) as manager:
        options = ["--url", manager.url, "--password", "x"]
        return CliRunner().invoke(app, ["transactions", "evidence", "17", *words, *options])


def test_evidence_is_shown_in_lines() -> None:
    result = run(evidence())
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == (
        "Transaction 17 at stall-1, card 04A1: from 2026-05-15T14:25:12Z and still open"
    )
    assert "received  CP1  StartTransaction  sha256 0123456789abcdef" in lines[1]
    assert lines[2] == f"  yellow: {KEYLESS}; the backend has not taken these characters"
    assert lines[3] == "      OCMF|" + "x" * 55 + "..."
    assert lines[4:] == [
        "  contradiction: The wallbox sent the card ?[31m.",
        "  signed data: yellow",
    ]


def test_a_short_text_that_arrived_is_shown_whole() -> None:
    signed = {"text": "AP;0;", "was_sent": True, "verdict": "green", "reason": "verified"}
    stopped = evidence()["transaction"] | {"stopped_at": "2026-05-15T15:00:00Z"}
    result = run(evidence("green", signed=[signed], transaction=stopped, contradictions=[]))
    assert result.stdout.splitlines()[2:] == [
        "  green: verified",
        "      AP;0;",
        "  signed data: green",
    ]
    assert "to 2026-05-15T15:00:00Z" in result.stdout


def test_where_nothing_is_kept_nothing_is_said_about_signatures() -> None:
    result = run(evidence("none", frames=[], signed=[], contradictions=[]))
    lines = result.stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("  no message of it is kept: see evidence_frames")


@pytest.mark.parametrize(("verdict", "status"), [("green", 0), ("none", 0), ("red", 1)])
def test_a_wrong_signature_is_an_exit_status(verdict: str, status: int) -> None:
    assert run(evidence(verdict)).exit_code == status
    assert run(evidence(verdict), "--json").exit_code == status


def test_what_the_api_said_is_printed_or_saved_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "dispute.json"
    result = run(evidence(), "--save", str(file), "--json")
    assert json.loads(result.stdout) == json.loads(file.read_bytes()) == evidence()
    assert f"Saved: {file}" in result.stderr


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "dispute.json"
    file.write_text("older evidence")
    result = run(evidence(), "--save", str(file))
    assert result.exit_code == 2
    assert "File exists" in result.stderr
    assert file.read_text() == "older evidence"


def test_an_unknown_transaction_is_told_in_the_apis_words() -> None:
    result = run({"detail": "There is no transaction 17."}, status=404)
    assert result.exit_code == 1
    assert "There is no transaction 17." in result.output


@pytest.mark.parametrize("words", [[], ["0"], ["x"]])
def test_a_transaction_without_a_number_is_misuse(words: list[str]) -> None:
    assert CliRunner().invoke(app, ["transactions", "evidence", *words]).exit_code == 2
