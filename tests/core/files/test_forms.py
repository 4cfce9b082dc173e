import pytest

from wattgate.core.files.forms import file_in

FORM = "multipart/form-data; boundary=xyz"
FIELD = b'--xyz\r\nContent-Disposition: form-data; name="id"\r\n\r\nCP1\r\n'
FILE = (
    b'--xyz\r\nContent-Disposition: form-data; name="f"; filename="d.zip"\r\n'
    b"Content-Type: application/zip\r\n\r\n\r\n--xy, a file\r\n\r\n"
)
END = b"--xyz--\r\n"


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        (FORM, FILE + END),
        (FORM, b"preamble\r\n" + FIELD + FILE + FIELD + END),
        ('Multipart/Form-Data; charset=x; boundary="xyz"', FILE + END),
        (FORM, FILE.replace(b"filename=", b"filename*=") + END),
    ],
)
def test_r87_the_file_of_a_form_is_found_to_the_byte(content_type: str, content: bytes) -> None:
    found = file_in(content, content_type)
    assert found is not None
    begin, end = found
    assert content[begin:end] == b"\r\n--xy, a file\r\n"


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/zip", FILE + END),
        ("multipart/form-data", FILE + END),
        (FORM, b""),
        (FORM, FIELD + END),
        (FORM, FILE),
        (FORM, b"--xyz\r\n" + END),
        (FORM, b"--xyz\r\nX: " + b"x" * 9000 + b"\r\n\r\nfilename=\r\n" + END),
    ],
)
def test_r87_what_is_no_form_with_a_file_is_left_as_it_is(
    content_type: str, content: bytes
) -> None:
    assert file_in(content, content_type) is None
