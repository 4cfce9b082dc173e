import base64
import os
import re
from pathlib import Path

import pytest
import typer
from tests.support.certificates import HERE, self_signed
from tests.support.http_answers import answering

from wattgate.cli import evse_login
from wattgate.cli.evse_login import MisuseError, log_in, somebody_is_there


@pytest.mark.parametrize(
    ("option", "token", "password", "sent"),
    [
        ("option", "token", "environment", "option"),
        ("", " token\n", "environment", "token"),
        ("", "", "environment", "environment"),
        ("", "", "", "typed"),
    ],
)
def test_the_first_that_there_is_counts(
    option: str, token: str, password: str, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTGATE_TOKEN", token)
    monkeypatch.setenv("WATTGATE_ADMIN_PASSWORD", password)
    monkeypatch.setattr(evse_login, "somebody_is_there", lambda: True)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "typed")
    with answering({"GET /x": [(200, {})]}) as manager:
        log_in(manager.url, option).ask("GET", "/x")
    kind, credentials = manager.headers[0]["Authorization"].split()
    if kind == "Basic":
        credentials = base64.b64decode(credentials).decode().removeprefix("admin:")
    assert credentials == sent


@pytest.mark.parametrize(
    ("url", "token", "words"),
    [
        ("x", "", "--url x: must look like http://127.0.0.1:19521"),
        ("http://h", "", "A password is needed"),
        ("http://h", "tökén", "WATTGATE_TOKEN: is no token"),
        ("http://h", "a\x00b", "WATTGATE_TOKEN: is no token"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(
    url: str, token: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATTGATE_ADMIN_PASSWORD", raising=False)
    monkeypatch.setattr(os, "environ", {"WATTGATE_TOKEN": token})
    monkeypatch.setattr(evse_login, "somebody_is_there", lambda: False)
    with pytest.raises(MisuseError, match=words):
        log_in(url, "")


def test_nobody_types_into_a_test() -> None:
    assert not somebody_is_there()


@pytest.mark.parametrize(
    ("option", "variable", "words"),
    [
        ("missing.pem", "", "--ca missing.pem: No such file or directory"),
        ("", "missing.pem", "WATTGATE_CA missing.pem: No such file or directory"),
        ("empty.pem", "good.pem", "--ca empty.pem: holds no certificate (PEM)"),
        (".", "", "--ca .: "),
    ],
)
def test_a_file_that_holds_no_certificate_is_said_before_anything_is_sent(
    option: str, variable: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.pem").write_text("no certificate")
    Path("good.pem").write_bytes(self_signed("x", *HERE).certificate_pem)
    monkeypatch.setenv("WATTGATE_CA", variable)
    with pytest.raises(MisuseError, match=f"^{re.escape(words)}"):
        log_in("https://localhost", "x", option)
