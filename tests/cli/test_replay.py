from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from tests.support.recordings import a_session
from tests.support.tls_ends import Office, alerting_server, serving
from typer.testing import CliRunner, Result

from wattgate.cli.main import app
from wattgate.cli.replay_run import summary
from wattgate.core.replay.player import Difference, Outcome

NOWHERE = "ws://127.0.0.1:1/"


@pytest.fixture(autouse=True)
def unchanged_log() -> Iterator[None]:
    """The command sends its log to a stderr that is gone after it."""
    yield
    structlog.reset_defaults()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["replay", *words])


@pytest.fixture
def recording(tmp_path: Path) -> str:
    file = tmp_path / "session.jsonl"
    file.write_text(a_session().text)
    return str(file)


def test_nobody_at_the_other_end_means_that_it_did_not_work(recording: str) -> None:
    result = run(recording, "--id", "CP1", "--to", NOWHERE)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("It did not work: ")


def test_a_manager_that_the_named_authority_does_not_vouch_for_is_not_played_against(
    recording: str, tmp_path: Path
) -> None:
    """S10; without an authority it is not verified (P23), and nobody answers here."""
    office = Office(tmp_path)
    server = serving(office.issue("server", hosts=["localhost"]))
    elsewhere = str(office.root("elsewhere").certificate)
    with alerting_server(server) as port:
        to = ("--id", "CP1", "--to", f"wss://localhost:{port}/")
        refused, unanswered = run(recording, *to, "--ca", elsewhere), run(recording, *to)
    assert (refused.exit_code, unanswered.exit_code) == (1, 1)
    assert "the backend's certificate is not accepted" in refused.stderr
    assert "hung up right after the TLS handshake" in unanswered.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--id", "", "--to", NOWHERE], "--id: must not be empty"),
        (["--id", "..", "--to", NOWHERE], "--id: "),
        (["--id", "CP1", "--to", "http://x/"], "--to: "),
        (["--id", "CP1", "--to", NOWHERE, "--speed", "0"], "--speed 0: must be within"),
        (["--id", "CP1"], "--to"),
        (["--id", "CP1", "--to", "wss://h/", "--ca", "/nowhere"], "--ca: /nowhere cannot be read"),
        (["--id", "CP1", "--to", NOWHERE, "--ca", "/nowhere"], "--ca: /nowhere cannot be read"),
    ],
)
def test_options_that_cannot_be_are_misuse(recording: str, words: list[str], said: str) -> None:
    result = run(recording, *words)
    assert result.exit_code == 2, result.output
    assert said in result.output


def test_every_problem_of_a_bad_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("no header\nno frame\n")
    result = run(str(file), "--id", "CP1", "--to", NOWHERE)
    assert result.exit_code == 2
    assert [line.strip()[:7] for line in result.stderr.splitlines()[1:]] == ["line 1:", "line 2:"]


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe", "codec"), (None, "No such file")])
def test_a_file_that_cannot_be_read_is_misuse(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    result = run(str(file), "--id", "CP1", "--to", NOWHERE)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_summary_says_what_could_not_be_played_as_it_was() -> None:
    difference = Difference(1, "Authorize", "Accepted", "Invalid")
    outcome = Outcome(9, 8, masked=2, cut=1, strange={7, 5}, differences=[difference])
    assert list(summary(outcome)) == [
        "9 messages sent; 7 answers as recorded, 1 different",
        "2 of them with masked fields, sent as they stand in the recording",
        "1 not sent: too long to be in the recording",
        "transactions from before the recording, their ids sent as recorded: 5, 7",
    ]
    assert len(list(summary(Outcome()))) == 1
