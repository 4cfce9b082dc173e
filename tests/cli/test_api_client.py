import socket
import threading

import pytest
from tests.support.http_answers import answering

from wattgate.cli.api_client import ApiClient, ApiError, with_password, with_token, wrong_url


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("http://127.0.0.1:19521", True),
        ("http://127.0.0.1:19521/", True),
        ("https://garage.example/wattgate", True),
        ("http://[::1]:19521", True),
        ("", False),
        ("127.0.0.1:19521", False),
        ("ws://127.0.0.1:19521", False),
        ("http://:19521", False),
        ("http://h:0", False),
        ("http://h:99999", False),
        ("http://[::1", False),
        ("http://h/a b", False),
        ("http://h/ä", False),
        ("http://admin:secret@h", False),
    ],
)
def test_a_wrong_url_is_found_before_it_is_used(url: str, is_right: bool) -> None:
    assert (wrong_url(url) is None) == is_right


def test_a_password_that_stands_in_a_url_is_not_repeated() -> None:
    problem = wrong_url("http://admin:secret@h")
    assert problem is not None
    assert "secret" not in problem


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        (with_password("pä:ss"), "Basic YWRtaW46cMOkOnNz"),
        (with_token("wattgate_x"), "Bearer wattgate_x"),
    ],
)
def test_each_request_proves_who_asks(header: str, sent: str) -> None:
    with answering({"PUT /api/v1/meter": [(204, b"")]}) as manager:
        client = ApiClient(f"{manager.url}/", header)
        assert client.ask("PUT", "/api/v1/meter", {"currents_a": [1, 2, 3]}) == b""
    assert manager.requests == ["PUT /api/v1/meter"]
    assert manager.headers[0]["Authorization"] == sent
    assert manager.headers[0]["Content-Type"] == "application/json"
    assert manager.bodies == [b'{"currents_a":[1,2,3]}']


def test_a_path_before_the_api_is_kept() -> None:
    with answering({"GET /garage/healthz": [(200, {})]}) as manager:
        assert ApiClient(f"{manager.url}/garage", "x").ask("GET", "/healthz") == b"{}"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"detail": "Use HTTP Basic."}, "the password or token is wrong"),
        (401, {"detail": "POST /api/v1/setup"}, "POST /api/v1/setup"),
        (409, {"detail": "It cannot begin."}, "It cannot begin."),
        (
            422,
            {"detail": "Nothing.", "problems": [{"path": "a", "message": "must be b"}]},
            "Nothing.\n  a: must be b",
        ),
        (404, {}, "/x answers 404 Not Found"),
        (302, b"<html>", "/x answers 302 Found"),
        (500, [], "/x answers 500 Internal Server Error"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_manager(
    status: int, body: object, words: str
) -> None:
    with answering({"GET /x": [(status, body)]}) as manager, pytest.raises(ApiError) as refused:
        ApiClient(manager.url, "x").ask("GET", "/x")
    assert str(refused.value) == words


def test_where_nobody_listens_that_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(ApiError, match=f"no manager answers at {url}: Connection refused"):
        ApiClient(url, "x").ask("GET", "/x")


def test_who_does_not_answer_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ApiError, match="has not answered"):
            ApiClient(url, "x").ask("GET", "/x", patience_s=0.05)


def test_a_host_that_is_not_known_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    with pytest.raises(ApiError, match="its host name is not known"):
        ApiClient("http://nowhere.example", "x").ask("GET", "/x")


def test_what_speaks_no_http_is_no_manager() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        client = ApiClient(url, "x")

        def mumble() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                line.sendall(b"SSH-2.0-x\r\n\r\n")

        thread = threading.Thread(target=mumble)
        thread.start()
        with pytest.raises(ApiError, match="no manager answers at"):
            client.ask("GET", "/x")
        thread.join()
