import asyncio
import shutil
import signal

import httpx
import pytest
from tests.support.raw_http import RawHttp
from tests.support.web import ADMIN, a_world, new_server, serving

from wattgate.adapters.ocpp_socket.loop import new_event_loop


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
def test_it_serves_on_any_loop(loop_factory: object) -> None:
    async def scenario() -> None:
        async with serving() as api:
            assert (await api.client.get("/api/v1/evses")).status_code == 200

    assert callable(loop_factory)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(scenario())


@pytest.mark.asyncio
async def test_a_port_in_use_is_an_error_before_anything_is_served() -> None:
    async with serving() as api:
        other = new_server(api.world, port=api.server.port)
        with pytest.raises(OSError, match="in use"):
            await other.start()
        await other.close()


@pytest.mark.asyncio
async def test_ipv6_is_served_where_it_is_asked_for() -> None:
    world = a_world()
    await world.start()
    server = new_server(world, host="::1")
    await server.start()
    assert server.url == f"http://[::1]:{server.port}/"
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/healthz")).status_code == 200
    await server.close()
    await world.kill()


@pytest.mark.asyncio
async def test_closing_ends_idle_connections_and_frees_the_port() -> None:
    async with serving() as api, RawHttp(api.server.port) as raw:
        raw.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await raw.head()).startswith("HTTP/1.1 200")
        await api.server.close()
        assert await raw.rest() == '{"status":"ok"}'
        again = new_server(api.world, port=api.server.port)
        await again.start()
        await again.close()


@pytest.mark.asyncio
async def test_the_signals_of_the_process_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with serving():
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


@pytest.mark.asyncio
async def test_the_set_up_token_is_there_until_there_is_a_password() -> None:
    async with serving(password=None) as api:
        token = api.server.setup_token
        assert token is not None
        assert len(token) >= 22, "128 bits"
        body = {"token": token, "password": ADMIN[1]}
        assert (await api.client.post("/api/v1/setup", json=body)).status_code == 204
        assert api.server.setup_token is None
        later = new_server(api.world, password=None)
        await later.start()
        assert later.setup_token is None
        await later.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.asyncio
async def test_an_independent_client_understands_us() -> None:
    """P1, with curl."""
    async with serving() as api:
        curl = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--noproxy", "*", "--user", ":".join(ADMIN),
            "--request", "PATCH", "--data", '{"max_current_a": 40}', "--write-out", " %{http_code}",
            f"{api.server.url}api/v1/site",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await curl.communicate()
        assert out.endswith(b" 200")
        assert b'"max_current_a":40.0' in out
        assert api.world.manager is not None
        assert api.world.manager.site.site.max_current_a == 40.0
