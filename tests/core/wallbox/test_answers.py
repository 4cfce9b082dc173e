from datetime import UTC, datetime

import msgspec
import pytest

from wattgate.core.wallbox.answers import DataAnswer, TagInfoPart
from wattgate.core.wallbox.authorisation import TagInfo


@pytest.mark.parametrize(
    ("expiry", "info"),
    [
        (None, TagInfo("Accepted")),
        ("2026-05-15T12:00:00Z", TagInfo("Accepted", datetime(2026, 5, 15, 12, tzinfo=UTC))),
        ("tomorrow", TagInfo("Accepted")),
    ],
)
def test_an_unreadable_expiry_counts_as_none(expiry: str | None, info: TagInfo) -> None:
    assert TagInfoPart("Accepted", expiry).value() == info


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("", None),
        (',"data":null', None),
        (',"data":"a\\/b"', "a/b"),
        (',"data":{"a":1.10}', '{"a":1.10}'),
    ],
)
def test_vendor_data_may_be_any_json_r91(data: str, text: str | None) -> None:
    answer = msgspec.json.decode(f'{{"status":"Accepted"{data}}}', type=DataAnswer)
    assert answer.data_text() == text
