import pytest

from wattgate.core.files.ranges import Span, span_of


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        (None, (0, 10)),
        ("", (0, 10)),
        ("bytes=0-", (0, 10)),
        ("bytes=4-", (4, 10)),
        ("bytes=4-6", (4, 7)),
        ("bytes=4-99", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
        ("bytes=6-4", (0, 10)),
        ("bytes=-", (0, 10)),
        ("bytes=0-1,4-5", (0, 10)),
        ("lines=1-2", (0, 10)),
        ("bytes=" + "9" * 30 + "-", (0, 10)),
        ("bytes=10-", None),
        ("bytes=99-100", None),
        ("bytes=-0", None),
    ],
)
def test_r87_a_wallbox_goes_on_where_its_download_broke_off(
    asked: str | None, span: tuple[int, int] | None
) -> None:
    found = span_of(asked, 10)
    assert ((found.start, found.end) if found else None) == span


def test_r87_a_part_says_which_it_is() -> None:
    assert Span(4, 7, 10).content_range == "bytes 4-6/10"
    assert not Span(4, 7, 10).is_whole
    assert Span(0, 10, 10).is_whole


def test_r87_an_empty_file_has_no_part_but_itself() -> None:
    assert span_of("bytes=0-", 0) is None
    assert span_of(None, 0) == Span(0, 0, 0)
