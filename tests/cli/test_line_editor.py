import pytest

from wattgate.cli.line_editor import LineEditor


@pytest.mark.parametrize(
    ("keys", "lines", "text"),
    [
        ("plug\r", ["plug"], ""),
        ("plug\nrfid A\nst", ["plug", "rfid A"], "st"),
        ("plugx\x7f\x08g\r", ["plug"], ""),
        ("\x7f", [], ""),
        ("nonsense\x15plug", [], "plug"),
        ("\r", [""], ""),
        ("plug\r\x1b[A", ["plug"], "plug"),
        ("plug\r\r\x1b[A\r", ["plug", "", "plug"], ""),
        ("pl\x1b[Dug\x1b[15~\x1bOP\x1b[1;5C!", [], "plug!"),
        ("p\x07l\tug", [], "plug"),
        ("schön", [], "schön"),
        ("a" * 2000, [], "a" * 1000),
    ],
)
def test_keys_become_lines(keys: str, lines: list[str], text: str) -> None:
    at_once, one_by_one = LineEditor(), LineEditor()
    assert at_once.feed(keys) == lines
    assert at_once.text == text
    assert [line for key in keys for line in one_by_one.feed(key)] == lines


@pytest.mark.parametrize(("keys", "has_ended"), [("\x04", True), ("pl\x04", False), ("x\r", False)])
def test_the_end_of_the_input_is_typed_on_an_empty_line(keys: str, has_ended: bool) -> None:
    editor = LineEditor()
    editor.feed(keys)
    assert editor.has_ended is has_ended
