"""The API as a person uses it from the first start on: curl, a browser's cookies, our commands."""

import asyncio
import json
import shutil
import ssl
from pathlib import Path

import pytest
from tests.support.processes import Stage
from tests.support.site_processes import PASSWORD, ManagerProcess, run_manager

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]
SITE = """
[site]
max_current_a = 32
house_load_a = 0
[ocpp_server]
host = "127.0.0.1"
[[evse]]
id = "stall-1"
address = "CP1"
"""


class Curl:
    """curl with a jar for cookies, which trusts the one certificate that the manager shows."""

    def __init__(self, manager: ManagerProcess, folder: Path) -> None:
        port = int(manager.http_url.rstrip("/").rpartition(":")[2])
        self.plain, self.secure = f"http://localhost:{port}", f"https://localhost:{port}"
        self.certificate = folder / "wattgate.pem"
        self.certificate.write_text(ssl.get_server_certificate(("127.0.0.1", port)))
        self._jar = folder / "cookies"

    async def ask(self, url: str, *words: str) -> tuple[int, bytes]:
        """Status and body."""
        curl = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--noproxy", "*", "--write-out", "\\n%{http_code}",
            "--cacert", self.certificate, "--cookie", self._jar, "--cookie-jar", self._jar,
            *words, url, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await curl.communicate()
        body, _, status = out.rpartition(b"\n")
        return int(status), body


@pytest.mark.asyncio
async def test_a_person_logs_in_changes_a_setting_and_logs_out_over_https(tmp_path: Path) -> None:
    """P21: with the certificate of the first start. Meanwhile programs ask in plain."""
    async with Stage(tmp_path) as stage:
        curl = Curl(manager := await run_manager(stage, SITE), tmp_path)
        site = f"{curl.secure}/api/v1/site"
        change = ("--request", "PATCH", "--data", '{"title": "Ours"}')
        assert (await curl.ask(site))[0] == 401
        login = json.dumps({"password": PASSWORD})
        status, told = await curl.ask(f"{curl.secure}/api/v1/session", "--data", login)
        assert status == 201
        ours = ("--header", f"X-CSRF-Token: {json.loads(told)['csrf_token']}")
        assert (await curl.ask(site))[0] == 200
        assert (await curl.ask(site, *change))[0] == 403
        assert (await curl.ask(site, *change, *ours))[0] == 200
        assert (await manager.ask("GET", "/api/v1/site"))["site"]["title"] == "Ours"
        plain, _ = await curl.ask(f"{curl.plain}/api/v1/site")
        assert plain == 401, "the cookie does not travel in plain"
        out, _ = await curl.ask(f"{curl.secure}/api/v1/session", "--request", "DELETE", *ours)
        assert out == 204
        assert (await curl.ask(site))[0] == 401


@pytest.mark.asyncio
async def test_a_command_asks_over_https_with_a_token_that_only_looks(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        curl = Curl(await run_manager(stage, SITE), tmp_path)
        wish = ("--user", f"admin:{PASSWORD}", "--data", '{"name": "screen"}')
        _, told = await curl.ask(f"{curl.secure}/api/v1/tokens", *wish)
        token = {"WATTGATE_TOKEN": json.loads(told)["token"]}
        trust = ("--url", curl.secure, "--ca", curl.certificate)
        for words, status, said in (
            (("list", *trust), 0, "stall-1"),
            (("activate", "stall-1", *trust), 1, "has the scope `read`; this needs `operate`"),
            (("list", "--url", curl.secure), 1, "nobody whom this machine trusts"),
        ):
            command = await stage.start("command", "evse", *words, **token)
            command.may_fail = True
            assert await command.end() == status, words
            assert any(said in line for line in command.lines), command.story()
