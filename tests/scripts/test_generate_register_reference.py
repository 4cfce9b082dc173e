from pathlib import Path

import pytest

from scripts import generate_register_reference as reference


@pytest.mark.parametrize("path", reference.PAGES, ids=lambda path: path.name)
def test_a_page_is_what_the_registers_say(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == reference.PAGES[path](), (
        f"{path.name} is stale: run python -m scripts.generate_register_reference"
    )


@pytest.mark.parametrize(
    "row",
    [
        "| 8000 | 2 | `vendor_id` | r |  | uint32, always 0xcf05 |  | the vendor's number |",
        "| 8085 | 1 | `fail_safe_current` | rw | stored | uint16, 0.1 A | 0, 6 to 63 "
        "| what may be drawn without a master; 0: no charging |",
        "| 8094 | 1 | `charging_enable` | rw | volatile | uint16 | 0 to 1 "
        "| whether charging is allowed |",
    ],
)
def test_a_register_has_its_row(row: str) -> None:
    assert row in reference.map_page().splitlines()


@pytest.mark.parametrize(
    "row",
    [
        "| `most_words` | whole number, words, 1 to 125 | `125` | The most it answers at once |",
        "| `energy` | [number or text](#registers-that-are-read) | Counter of imported energy, Wh; "
        "it may begin anew with a session |",
        "| `limit` | [current to be written](#current-to-be-written) "
        "| The most that may be drawn per phase |",
        "| `off` | whole number, 0 to 65535 | not said | The count that stops charging; unsaid "
        "where `enable` does that |",
    ],
)
def test_a_setting_has_its_row(row: str) -> None:
    assert row in reference.definition_page().splitlines()


def test_every_link_within_the_page_has_its_heading() -> None:
    lines = reference.definition_page().splitlines()
    headings = {line[3:].lower().replace(" ", "-") for line in lines if line.startswith("## ")}
    linked = {line.partition("(#")[2].partition(")")[0] for line in lines if "](#" in line}
    assert linked - headings == set()
