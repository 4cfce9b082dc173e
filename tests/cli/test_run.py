"""`wattgate run` as a process: how it starts, how it refuses, how it ends."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WATTGATE = str(Path(sys.prefix) / "bin" / "wattgate")
CURL = shutil.which("curl") or "curl"
LIMIT_S = 30
SITE = """
[site]
max_current_a = 40
house_load_a = 10
[ocpp_server]
host = "127.0.0.1"
[[evse]]
id = "stall-1"
address = "CP1"
"""
BAD_SITE = """
[site]
max_curent_a = 40
[[evse]]
id = "stall-1"
address = "CP1"
max_current_a = 5
[[evse.gateway]]
url = "http//x"
"""


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command until it ends by itself."""
    return subprocess.run(  # noqa: S603 - our own command
        [WATTGATE, "run", *words],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env={**os.environ, **environment},
    )


@contextmanager
def running(*words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the command in the background; the lines it says once it listens."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [WATTGATE, "run", "--http-port", "0", "--ocpp-port", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line.strip())
            if "API on" in line:
                break
        yield process, said
    finally:
        process.kill()
        process.wait(LIMIT_S)
        process.stdout.close()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    return path


def test_every_problem_of_the_site_is_said_at_once_and_nothing_is_left_behind(
    tmp_path: Path,
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(BAD_SITE)
    ended = run("--site", str(bad), "--data", str(tmp_path / "data"))
    assert ended.returncode == 1
    for path in ("site › max_curent_a", 'evse "stall-1" › max_current_a', "gateway 1 › url"):
        assert path in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "data").exists()


def test_definitions_that_cannot_be_used_start_nothing_and_say_all(tmp_path: Path) -> None:
    definition = tmp_path / "own.toml"
    definition.write_text('name = "own"\ntitel = "Own"\n')
    site = tmp_path / "site.toml"
    modbus = 'device_type = "modbus"\nmax_current_a = 16\naddress = "192.0.2.7"\n'
    site.write_text(
        SITE
        + f'[[evse]]\nid = "yard"\n{modbus}definition = "{definition}"\n'
        + f'[[evse]]\nid = "lane"\nconnector = 2\n{modbus}definition = "keba-p31"\n'
    )
    ended = run("--site", str(site), "--data", str(tmp_path / "data"))
    assert ended.returncode == 1
    for words in ('evse "yard" › definition', "titel", "source", 'did you mean "keba-p30"?'):
        assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "data").exists()


def test_a_site_file_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    ended = run("--site", str(tmp_path / "nowhere.toml"))
    assert ended.returncode == 2
    assert "No such file" in ended.stderr


def test_a_port_in_use_is_said_in_words(site: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("--site", str(site), "--data", str(tmp_path / "data"), "--ocpp-port", port)
    assert ended.returncode == 1
    assert "Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_manager_on_the_same_data_is_refused(site: Path, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with running("--site", str(site), "--data", data):
        ended = run("--data", data, "--http-port", "0")
    assert ended.returncode == 1
    assert "is in use by a manager that runs at http://127.0.0.1:" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals, site: Path, tmp_path: Path) -> None:
    with running("--site", str(site), "--data", str(tmp_path / "data")) as (process, _):
        process.send_signal(number)
        assert process.wait(LIMIT_S) == 0
        assert process.stdout is not None
        assert "Wattgate has stopped." in process.stdout.read()


def test_without_a_site_file_the_stored_site_goes_on(site: Path, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with running("--site", str(site), "--data", data):
        pass
    with running("--data", data, WATTGATE_ADMIN_PASSWORD="correct horse") as (_, said):
        url = said[-1].removeprefix("API on ")
        opener = urllib.request.build_opener(_basic(url))
        with opener.open(f"{url}api/v1/site", timeout=LIMIT_S) as answer:
            assert json.load(answer)["site"]["max_current_a"] == 40


def test_a_first_start_prints_a_one_time_token_and_a_password_in_the_environment_none(
    site: Path, tmp_path: Path
) -> None:
    with running("--site", str(site), "--data", str(tmp_path / "one")) as (process, said):
        assert said[0].startswith("Wallboxes connect to ws://127.0.0.1:")
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Encrypted on https://127.0.0.1:")
        assert "one-time token" in process.stdout.readline()
        assert len(process.stdout.readline().strip()) >= 20
    words = ("--site", str(site), "--data", str(tmp_path / "two"))
    with running(*words, WATTGATE_ADMIN_PASSWORD="correct horse") as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Encrypted on ")
        assert process.stdout.read().strip() == "Wattgate has stopped."


@pytest.mark.parametrize(
    ("mode", "schemes"),
    [("off", ["http"]), ("detect", ["http", "https"]), ("on", ["https"])],
)
def test_the_api_speaks_what_it_is_told_to(
    mode: str, schemes: list[str], site: Path, tmp_path: Path
) -> None:
    """P6, P21: with a certificate that is there from the first start, and names this machine."""
    words = ("--site", str(site), "--data", str(tmp_path / "data"), "--http-tls", mode)
    with running(*words, WATTGATE_ADMIN_PASSWORD="correct horse") as (_, said):
        port = int(said[-1].rpartition(":")[2].rstrip("/"))
        assert said[-1] == f"API on {schemes[0]}://127.0.0.1:{port}/"
        shown = tmp_path / "shown.pem"
        shown.write_text(_certificate_shown(port) if "https" in schemes else "")
        served = [scheme for scheme in ("http", "https") if _answers(scheme, port, shown)]
        assert served == schemes


@pytest.mark.parametrize(
    ("mode", "lines"),
    [
        ("off", ["Wallboxes connect to ws://"]),
        ("detect", ["Wallboxes connect to ws://", "or encrypted to wss://"]),
        ("on", ["Wallboxes connect to wss://"]),
    ],
)
def test_it_says_how_wallboxes_may_connect_p6(
    mode: str, lines: list[str], site: Path, tmp_path: Path
) -> None:
    tls = f'[ocpp_server]\ntls = "{mode}"'
    site.write_text(SITE.replace("[ocpp_server]", tls))
    with running("--site", str(site), "--data", str(tmp_path / "data")) as (_, said):
        places = [line.partition("127.0.0.1:")[0] for line in said[:-1]]
        ports = {line.rpartition(":")[2] for line in said[:-1]}
    assert places == lines
    assert len(ports) == 1


def _certificate_shown(port: int) -> str:
    return ssl.get_server_certificate(("127.0.0.1", port), timeout=LIMIT_S)


def _answers(scheme: str, port: int, certificate: Path) -> bool:
    """Whether curl is served, which trusts this certificate and insists on the name in it."""
    curl = subprocess.run(  # noqa: S603 - fixed words, and whichever curl there is
        [CURL, "--silent", "--fail", "--noproxy", "*", "--cacert", str(certificate),
         "--write-out", "%{http_code}", f"{scheme}://localhost:{port}/healthz"],
        capture_output=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    return curl.stdout == b'{"status":"ok"}200'


def _basic(url: str) -> urllib.request.HTTPBasicAuthHandler:
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, "admin", "correct horse")
    return urllib.request.HTTPBasicAuthHandler(passwords)
