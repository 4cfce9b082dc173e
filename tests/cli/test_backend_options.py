from datetime import UTC, datetime
from pathlib import Path

import pytest

from wattgate.cli.backend_options import RawOptions, read_options
from wattgate.cli.backend_tls import ServerTls
from wattgate.core.backend.admission import Guests
from wattgate.core.backend.manners import Manners
from wattgate.core.backend.memory import Memory
from wattgate.core.errors import ConfigError
from wattgate.runtime.ends.state_file import StateFile

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


def test_without_options_everybody_is_welcome() -> None:
    options = read_options(RawOptions(), NOW)
    assert (options.host, options.port) == ("127.0.0.1", 9000)
    assert options.guests == Guests()
    assert options.manners == Manners()
    assert options.tags.status("anybody") == "Accepted"
    assert options.file is None
    assert options.memory is None


def test_every_option_counts(tmp_path: Path) -> None:
    StateFile(tmp_path / "state.json").save(Memory(next_transaction_id=7))
    options = read_options(
        RawOptions(
            port="0",
            password="common",
            id_passwords=["CP1=a=b", "CP2="],
            known=["CP3"],
            vendors=["giro-e=ok=1", "mute"],
            first_transaction_id="10",
            dedupe=False,
            require_boot=True,
            interval="60",
            state=tmp_path / "state.json",
        ),
        NOW,
    )
    assert options.guests == Guests(frozenset({"CP3"}), "common", {"CP1": "a=b", "CP2": ""})
    assert options.manners == Manners(
        interval_s=60,
        first_transaction_id=10,
        dedupe=False,
        require_boot=True,
        vendors={"giro-e": "ok=1", "mute": None},
    )
    assert options.file is not None
    assert options.memory == Memory(next_transaction_id=7)


@pytest.mark.parametrize(
    ("tags", "accept_all", "stranger"),
    [
        ((), None, "Accepted"),
        ((), False, "Invalid"),
        (("04A1",), None, "Invalid"),
        (("04A1",), True, "Accepted"),
    ],
)
def test_a_card_list_shuts_strangers_out_unless_told_otherwise(
    tags: tuple[str, ...], accept_all: bool | None, stranger: str
) -> None:
    options = read_options(RawOptions(tags=tags, accept_all=accept_all), NOW)
    assert options.tags.status("stranger") == stranger
    assert all(options.tags.status(tag) == "Accepted" for tag in tags)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("no json")
    with pytest.raises(ConfigError) as caught:
        read_options(
            RawOptions(
                port="65536",
                interval="soon",
                first_transaction_id="0",
                id_passwords=["CP1", "=x"],
                state=tmp_path / "state.json",
                tls=ServerTls("sometimes"),
            ),
            NOW,
        )
    assert [problem.path for problem in caught.value.problems] == [
        "--port",
        "--id-password",
        "--id-password",
        "--interval",
        "--first-transaction-id",
        "--state",
        "--tls sometimes",
    ]


def test_a_password_that_is_written_wrongly_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        read_options(RawOptions(id_passwords=["secret"]), NOW)
    assert "secret" not in str(caught.value)


def test_a_state_file_in_no_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no directory"):
        read_options(RawOptions(state=tmp_path / "nowhere" / "state.json"), NOW)
