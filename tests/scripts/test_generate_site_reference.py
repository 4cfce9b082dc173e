import pytest

from scripts import generate_site_reference as reference


def test_the_reference_page_is_what_the_definitions_say() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), (
        "docs/reference/site-file.md is stale: run python scripts/generate_site_reference.py"
    )


@pytest.mark.parametrize(
    "row",
    [
        "| `port` | whole number, 0 to 65535 | `19520` | TCP port; 0 takes any free one |",
        '| `name` | text, at most 100 characters | `""` | Whose card it is |',
    ],
)
def test_a_setting_has_its_range_default_and_meaning(row: str) -> None:
    assert row in reference.page().splitlines()
