import pytest

from wattgate.core.backend.lines import split_words


@pytest.mark.parametrize(
    ("text", "at_most", "words"),
    [
        ("", None, []),
        ("   ", None, []),
        ("CP1 16", None, ["CP1", "16"]),
        ('"RDAM 123"   16', None, ["RDAM 123", "16"]),
        ("CP1", 3, ["CP1"]),
        ("CP1 key value", 3, ["CP1", "key", "value"]),
        (
            'CP1 DataTransfer {"vendorId":  "x y"}',
            3,
            ["CP1", "DataTransfer", '{"vendorId":  "x y"}'],
        ),
        ('CP1 key "a b" c', 3, ["CP1", "key", '"a b" c']),
        ('"open CP1', None, ['"open', "CP1"]),
    ],
)
def test_words_are_split_and_the_rest_stays_verbatim(
    text: str, at_most: int | None, words: list[str]
) -> None:
    assert split_words(text, at_most) == words
