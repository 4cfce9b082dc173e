import pytest

from wattgate.core.backend.tags import Tags, TagStatus

LISTED = Tags(accept_all=False).listing("04A1", "Accepted").listing("04B2", "Blocked")


@pytest.mark.parametrize(
    ("tags", "id_tag", "status"),
    [
        (Tags(), "anybody", "Accepted"),
        (Tags(accept_all=False), "anybody", "Invalid"),
        (LISTED, "04A1", "Accepted"),
        (LISTED, "04a1", "Accepted"),
        (LISTED, "04b2", "Blocked"),
        (LISTED, "04C3", "Invalid"),
        (LISTED.without("04a1"), "04A1", "Invalid"),
        (LISTED.without("04C3"), "04A1", "Accepted"),
        (Tags().listing("04B2", "Blocked"), "04B2", "Blocked"),
    ],
)
def test_a_card_is_judged_by_the_list_without_regard_to_case_r54(
    tags: Tags, id_tag: str, status: TagStatus
) -> None:
    assert tags.status(id_tag) == status
