from pathlib import Path
from typing import Any

import pytest

from wattgate.cli.tls_options import ClientTls, client_problems

WS = "ws://host/"
WSS = "wss://host/"
FILE = Path("a.pem")
VERIFIED: dict[str, Any] = {"authorities": (FILE,)}
SHOWN: dict[str, Any] = {**VERIFIED, "certificate": FILE}


@pytest.mark.parametrize(
    ("tls", "url", "password"),
    [
        ({}, WS, ""),
        ({}, WSS, ""),
        ({"system_roots": True, "check_name": True}, WSS, ""),
        ({"certificate": FILE, "key": FILE}, WSS, ""),
        ({"newest": "1.1", "ciphers": "ALL"}, WSS, ""),
        ({"profile": 0}, WS, ""),
        ({"profile": 0}, WSS, ""),
        ({"profile": 1}, WS, "p"),
        ({"profile": 1}, WSS, "p"),
        ({**VERIFIED, "profile": 2}, WSS, "p"),
        ({"system_roots": True, "profile": 2}, WSS, "p"),
        ({**SHOWN, "profile": 3}, WSS, ""),
        ({**SHOWN, "profile": 3}, WSS, "p"),
    ],
)
def test_what_goes_together_is_taken(tls: dict[str, Any], url: str, password: str) -> None:
    assert list(client_problems(ClientTls(**tls), url, password)) == []


@pytest.mark.parametrize(
    ("tls", "url", "problems"),
    [
        (
            {"authorities": (FILE,), "check_name": True, "newest": "1.2", "ciphers": "ALL"},
            WS,
            [
                "--ca: counts for a wss:// address only",
                "--check-name: counts for a wss:// address only",
                "--tls-max-version: counts for a wss:// address only",
                "--ciphers: counts for a wss:// address only",
            ],
        ),
        (
            {"system_roots": True, "certificate": FILE, "key": FILE},
            WS,
            [
                "--system-roots: counts for a wss:// address only",
                "--certificate: counts for a wss:// address only",
                "--private-key: counts for a wss:// address only",
            ],
        ),
        ({"key": FILE}, WSS, ["--private-key: needs --certificate as well"]),
        (
            {"check_name": True},
            WSS,
            ["--check-name: needs --ca or --system-roots, or else nobody vouches for the name"],
        ),
        ({"newest": "1.4"}, WSS, ["--tls-max-version 1.4: is none of 1.0, 1.1, 1.2, 1.3"]),
        ({"profile": 4}, WSS, ["--security-profile 4: is none of 0, 1, 2, 3"]),
    ],
)
def test_what_does_not_go_together_is_said_all_at_once(
    tls: dict[str, Any], url: str, problems: list[str]
) -> None:
    assert list(client_problems(ClientTls(**tls), url, "")) == problems


@pytest.mark.parametrize(
    ("profile", "url", "needs"),
    [
        (1, WS, ["--password"]),
        (1, WSS, ["--password"]),
        (2, WS, ["a wss:// address", "--ca or --system-roots, to verify the server", "--password"]),
        (2, WSS, ["--ca or --system-roots, to verify the server", "--password"]),
        (3, WSS, ["--ca or --system-roots, to verify the server", "--certificate"]),
    ],
)
def test_a_wallbox_does_not_connect_with_less_than_its_profile_r32(
    profile: int, url: str, needs: list[str]
) -> None:
    said = list(client_problems(ClientTls(profile=profile), url, ""))
    assert said == [f"--security-profile {profile}: needs {need}" for need in needs]


@pytest.mark.parametrize(
    ("tls", "url", "password", "profile"),
    [
        (ClientTls(), "ws://host/", "", 0),
        (ClientTls(), "ws://host/", "secret", 1),
        (ClientTls(), "wss://host/", "secret", 1),
        (ClientTls(authorities=(Path("ca.pem"),)), "wss://host/", "secret", 2),
        (ClientTls(certificate=Path("own.pem")), "wss://host/", "", 0),
        (ClientTls(system_roots=True, certificate=Path("own.pem")), "wss://host/", "", 3),
    ],
)
def test_the_security_profile_is_what_the_options_bring_about_r32(
    tls: ClientTls, url: str, password: str, profile: int
) -> None:
    assert tls.reached(url, password) == profile
