"""Whatever a stranger sends to the HTTP port opens nothing and breaks nothing (S6)."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.raw_http import RawHttp
from tests.support.web import serving

HEADER_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
BASE64ISH = st.text("ABCabc019+/=_- ", max_size=40)
VALUES = st.one_of(
    HEADER_TEXT,
    st.builds("{} {}".format, st.sampled_from(["Basic", "bearer", "BASIC", "Digest"]), BASE64ISH),
    st.builds("wattgate={}".format, HEADER_TEXT),
    st.builds("__Host-wattgate={}; wattgate={}".format, BASE64ISH, BASE64ISH),
    st.sampled_from(["same-origin", "none", "null", "http://127.0.0.1", "http://[", "*"]),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["Authorization", "Cookie", "Origin", "X-CSRF-Token", "Sec-Fetch-Site",
             "Sec-Fetch-Mode", "X-Forwarded-For", "Upgrade", "Content-Length"]
        ),
        VALUES,
    ),
    max_size=6,
)  # fmt: skip
PATHS = st.one_of(
    st.sampled_from(["/api/v1/site", "/api/v1/tokens", "/metrics", "/api/v1/session", "/"]),
    st.builds("/healthz{}".format, st.sampled_from(["/", "%00", "/..", ";x", "/../api/v1/site"])),
    st.builds("/{}".format, st.text("abc/.%20?;:@", max_size=30)),
)
METHODS = st.sampled_from(["GET", "HEAD", "OPTIONS", "DELETE", "PATCH", "PUT", "TRACE", "get"])


REQUESTS = st.lists(st.tuples(METHODS, PATHS, HEADERS), min_size=20, max_size=40)
REFUSED = {400, 401, 403, 429}


@settings(max_examples=10)
@given(REQUESTS)
def test_no_stranger_is_served_and_who_has_a_token_still_is(
    requests: list[tuple[str, str, list[tuple[str, str]]]],
) -> None:
    async def scenario() -> None:
        async with serving() as api:
            made = await api.client.post("/api/v1/tokens", json={"name": "n"})
            for method, path, headers in requests:
                lines = [f"{method} {path} HTTP/1.1", "Host: x"]
                lines += [f"{name}: {value}" for name, value in headers]
                assert await _status(api.server.port, lines) in REFUSED, lines
            bearer = {"authorization": f"Bearer {made.json()['token']}"}
            answer = await api.client.get("/api/v1/evses", headers=bearer, auth=None)
            assert answer.status_code == 200

    asyncio.run(scenario())


async def _status(port: int, lines: list[str]) -> int:
    async with RawHttp(port) as raw:
        raw.send("\r\n".join([*lines, "Connection: close", "", ""]))
        return int((await raw.head()).split()[1])
