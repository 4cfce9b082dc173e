from http import HTTPStatus

import pytest

from wattgate.core.files.http_head import (
    Body,
    Chunks,
    Head,
    Length,
    Wrong,
    body_of,
    chunk_size,
    read_head,
)


@pytest.mark.parametrize(
    ("raw", "head"),
    [
        (b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", Head("GET", "/a", {"host": "h"})),
        (b"get /a?b=c HTTP/1.0\r\n\r\n", Head("GET", "/a", {}, is_old=True)),
        (b"PUT http://h:1/a/b?c HTTP/1.1\r\n\r\n", Head("PUT", "/a/b", {})),
        (
            b"GET /a HTTP/1.1\r\nAccept: x\r\naccept:  y \r\nX-Empty:\r\n\r\n",
            Head("GET", "/a", {"accept": "x, y", "x-empty": ""}),
        ),
    ],
)
def test_r87_a_request_for_a_file_is_read(raw: bytes, head: Head) -> None:
    assert read_head(raw) == head


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x16\x03\x01", "no request"),
        (b"GET /a b HTTP/1.1\r\n\r\n", "no request"),
        (b"GET /a HTTP/2.0\r\n\r\n", "no request"),
        (b"GET /a HTTP/1.1\r\nno header\r\n\r\n", "header"),
        (b"GET /a HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "header"),
        (b"GET /a HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "header"),
        (b"GET /a HTTP/1.1\r\nA: b\rC: d\r\n\r\n", "header"),
        (b"GET /a HTTP/1.1\r\nA: b\0\r\n\r\n", "header"),
        (b"GET /a HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\n", "twice"),
    ],
)
def test_r87_what_is_no_request_is_refused(raw: bytes, reason: str) -> None:
    found = read_head(raw)
    assert isinstance(found, Wrong)
    assert found.status == HTTPStatus.BAD_REQUEST
    assert reason in found.reason


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-length": "0"}, Length(0)),
        ({"content-length": "123"}, Length(123)),
        ({"transfer-encoding": "Chunked"}, Chunks()),
    ],
)
def test_r87_a_file_comes_with_its_length_or_in_chunks(headers: dict[str, str], body: Body) -> None:
    assert body_of(Head("PUT", "/", headers)) == body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 411),
        ({"content-length": "-1"}, 400),
        ({"content-length": "1" * 19}, 400),
        ({"content-length": "1", "transfer-encoding": "chunked"}, 400),
        ({"content-length": "1", "content-range": "bytes 5-6/7"}, 400),
        ({"transfer-encoding": "gzip, chunked"}, 501),
    ],
)
def test_r87_a_file_whose_end_is_unclear_is_not_taken(headers: dict[str, str], status: int) -> None:
    found = body_of(Head("PUT", "/", headers))
    assert isinstance(found, Wrong)
    assert found.status == status


def test_r87_http_1_0_knows_no_chunks() -> None:
    found = body_of(Head("PUT", "/", {"transfer-encoding": "chunked"}, is_old=True))
    assert isinstance(found, Wrong)


@pytest.mark.parametrize(("value", "waits"), [("100-Continue", True), ("", False), ("x", False)])
def test_r87_a_wallbox_that_waits_to_be_asked_for_the_file_is_known(
    value: str, waits: bool
) -> None:
    assert Head("PUT", "/", {"expect": value}).is_waiting() is waits


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b"0\r\n", 0),
        (b"fF\r\n", 255),
        (b"a ;name=value\r\n", 10),
        (b"\r\n", None),
        (b"-1\r\n", None),
        (b"123456789\r\n", None),
        (b"a", None),
    ],
)
def test_r87_a_chunk_says_how_long_it_is(line: bytes, size: int | None) -> None:
    assert chunk_size(line) == size
