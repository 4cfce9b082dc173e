import base64

import httpx
import pytest
from tests.support.raw_http import RawHttp
from tests.support.web import ADMIN, https, serving
from tests.support.world import World

from wattgate.adapters.web import guard
from wattgate.adapters.web.app import openapi_document
from wattgate.core.security.attempts import BURST

PAGES = [*openapi_document()["paths"], "/api/v1/openapi.json", "/", "/nowhere", "/healthz/x"]
CLOSED = [
    (method, path)
    for path in PAGES
    for method in ("GET", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "HEAD")
    if (method, path) not in guard.OPEN
]


@pytest.mark.asyncio
async def test_strangers_learn_nothing_but_the_health() -> None:
    async with serving() as api, httpx.AsyncClient(base_url=api.server.url) as stranger:
        for method, path in CLOSED:
            answer = await stranger.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers.get_list("www-authenticate") == [
                'Basic realm="Wattgate", charset="UTF-8"',
                'Bearer realm="Wattgate"',
            ]


@pytest.mark.parametrize("path", ["//healthz", "/healthz/", "/HEALTHZ", "/api/v1/../../healthz"])
@pytest.mark.asyncio
async def test_a_path_that_only_looks_open_is_closed(path: str) -> None:
    async with serving() as api, RawHttp(api.server.port) as raw:
        raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await raw.head()).startswith("HTTP/1.1 401")


@pytest.mark.asyncio
async def test_before_the_set_up_the_refusal_says_how_to_set_it_up() -> None:
    async with serving(password=None) as api:
        answer = await api.client.get("/api/v1/site")
        assert answer.status_code == 401
        assert "/api/v1/setup" in answer.json()["detail"]
        assert "WATTGATE_ADMIN_PASSWORD" in answer.json()["detail"]
        assert str(api.server.setup_token) not in answer.text


@pytest.mark.asyncio
async def test_guessing_is_answered_with_429_and_when_to_come_back() -> None:
    async with serving() as api:
        for number in range(BURST):
            guess = ("admin", str(number))
            assert (await api.client.get("/metrics", auth=guess)).status_code == 401
        answer = await api.client.get("/metrics")
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 6
        assert (await api.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"origin": "http://evil.example"}, 403),
        ("POST", {"origin": "null"}, 403),
        ("POST", {"origin": "http://127.0.0.1:1"}, 403),
        ("POST", {"sec-fetch-site": "same-site"}, 403),
        ("POST", {"sec-fetch-site": "same-origin"}, 404),
        ("GET", {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}, 404),
    ],
)
@pytest.mark.asyncio
async def test_pages_of_other_origins_change_nothing(
    method: str, headers: dict[str, str], status: int
) -> None:
    """A browser adds the password it knows to their requests as well."""
    async with serving() as api:
        path = "/api/v1/evses/unknown" + ("/clear-profiles" if method == "POST" else "")
        answer = await api.client.request(method, path, headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize("index", [0, 1], ids=["http", "https"])
@pytest.mark.asyncio
async def test_a_page_of_our_own_may_change_things(index: int) -> None:
    async with serving(https=https()) as api:
        url = api.server.urls[index].rstrip("/")
        answer = await api.client.patch(f"{url}/api/v1/site", json={}, headers={"origin": url})
        assert answer.status_code == 200


@pytest.mark.asyncio
async def test_a_plain_page_changes_nothing_over_https() -> None:
    """Anybody in the network may have written it."""
    async with serving(https=https()) as api:
        plain, secure = (url.rstrip("/") for url in api.server.urls)
        answer = await api.client.patch(f"{secure}/api/v1/site", json={}, headers={"origin": plain})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("mode", "challenges"),
    [
        ("cors", ['Bearer realm="Wattgate"']),
        ("navigate", ['Basic realm="Wattgate", charset="UTF-8"', 'Bearer realm="Wattgate"']),
    ],
)
@pytest.mark.asyncio
async def test_a_page_that_asks_for_the_password_itself_is_not_disturbed_by_the_browsers_dialogue(
    mode: str, challenges: list[str]
) -> None:
    async with serving() as api, httpx.AsyncClient(base_url=api.server.url) as stranger:
        answer = await stranger.get("/api/v1/site", headers={"sec-fetch-mode": mode})
        assert answer.headers.get_list("www-authenticate") == challenges


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/api/v1", "/"])
@pytest.mark.asyncio
async def test_what_is_nowhere_is_told_as_problem_details(path: str) -> None:
    async with serving() as api:
        answer = await api.client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/site", "/metrics", "/nowhere"])
@pytest.mark.asyncio
async def test_every_answer_has_the_headers_that_keep_browsers_careful(path: str) -> None:
    async with serving() as api:
        headers = (await api.client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["date"] == "Fri, 15 May 2026" + headers["date"][16:]
        assert "server" not in headers


@pytest.mark.asyncio
async def test_head_is_get_without_its_body() -> None:
    async with serving() as api:
        whole = await api.client.get("/api/v1/site")
        head = await api.client.head("/api/v1/site")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]


@pytest.mark.asyncio
async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_S", 0.0)
    async with serving() as api, RawHttp(api.server.port) as raw:
        login = base64.b64encode(":".join(ADMIN).encode()).decode()
        raw.send(
            "PATCH /api/v1/site HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            f'Authorization: Basic {login}\r\n\r\n{{"title": '
        )
        assert (await raw.head()).startswith("HTTP/1.1 408")


SECRETS = ("sesame", "hush")
SECRET_SITE = """
[site]
max_current_a = 32
house_load_a = 0
[ocpp_server]
password = "sesame-for-all"
[[wallbox]]
id = "CP1"
password = "sesame-for-one"
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "ws://backend.example/ocpp?key=hush"
password = "sesame-backend"
"""


@pytest.mark.asyncio
async def test_no_password_appears_in_any_answer() -> None:
    async with serving(World(SECRET_SITE), password="sesame-admin") as api:
        login = ("admin", "sesame-admin")
        pages = [path.replace("{evse_id}", "stall-1") for path in PAGES]
        answers = [await api.client.get(path, auth=login) for path in pages]
        patches: list[object] = [{"title": 1}, {"wallbox": []}, {"ocpp_server": {"password": 1}}]
        for body in patches:
            answers.append(await api.client.patch("/api/v1/site", json=body, auth=login))
        answers.append(await api.client.get("/metrics", auth=("admin", "sesame-wrong")))
        answers.append(await api.client.post("/api/v1/setup", json={"password": "sesame"}))
        for answer in answers:
            text = answer.text.replace("?key=hush", "") if _is_site(answer) else answer.text
            assert not [secret for secret in SECRETS if secret in text], answer.url


def _is_site(answer: httpx.Response) -> bool:
    """The settings show a backend's URL as it was written: it is there to be edited."""
    return answer.url.path in {"/api/v1/site", "/api/v1/evses/stall-1/gateways"}
