import pytest

from wattgate.core.backend.memory import Memory, StationMemory, memory_text, read_memory
from wattgate.core.backend.transactions import Stop, Transaction
from wattgate.core.errors import ConfigError

MEMORY = Memory(
    next_transaction_id=5002,
    transactions=(
        Transaction(5000, "CP1", 1, "04A1", 10, "2026-01-01T10:00:00Z"),
        Transaction(5001, "CP1", 2, "Ä", 0, "t", Stop(1, "u", "Local")),
    ),
    stations={"CP1": StationMemory("Accepted", '{ "chargePointVendor":"V"}', {"1": "Charging"})},
    tags={"04a1": "Blocked"},
)


@pytest.mark.parametrize("memory", [Memory(), MEMORY])
def test_what_was_written_is_read_again(memory: Memory) -> None:
    assert read_memory(memory_text(memory), "state.json") == memory


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a state file"),
        ("[]", "not a state file"),
        ('{"tags": {"x": "Friendly"}}', "not a state file"),
        ('{"format": 2}', "layout 2 is not known"),
    ],
)
def test_another_file_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read_memory(text, "state.json")
    assert caught.value.problems[0].path == "state.json"
