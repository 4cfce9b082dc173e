import pytest

from scripts import generate_api_reference as reference


def test_the_reference_page_is_what_the_routes_say() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), (
        "docs/reference/api.md is stale: run python scripts/generate_api_reference.py"
    )


@pytest.mark.parametrize(
    "row",
    [
        "## `PATCH /api/v1/site`",
        "| `limit` | whole number, 1 to 1000 | How many at most |",
        "| `password` | text, 8 to 1024 characters |  |",
        "- 200: list of [Evse](#evse)",
    ],
)
def test_a_contract_is_told_with_its_parameters_and_answers(row: str) -> None:
    assert row in reference.page().splitlines()
