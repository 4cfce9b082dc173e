"""Certificates and keys as somebody has them in files (P22, P25, P26)."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from tests.support.processes import WATTGATE
from tests.support.terminal import run_on_terminal
from tests.support.tls_ends import Office, Paper

from wattgate.cli.passphrases import VARIABLE
from wattgate.cli.tls_files import authorities_from, own_from
from wattgate.core.errors import Problem

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def paper(office: Office) -> Paper:
    return office.issue("own", office.root("root"))


def read(certificate: Path, key: Path | None = None) -> tuple[list[str], list[str]]:
    """Common names of what was found, and the problems."""
    problems: list[Problem] = []
    entries = own_from("--certificate", certificate, key, problems)
    return [entry.held.facts.common_name for entry in entries], list(map(str, problems))


def encrypted(paper: Paper) -> Path:
    _, key = paper.load()
    file = paper.key.with_suffix(".enc")
    encryption = BestAvailableEncryption("Schlüssel".encode())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return file


def test_a_certificate_and_its_key_may_be_in_two_files_or_in_one(paper: Paper) -> None:
    both = paper.key.with_suffix(".both")
    both.write_bytes(paper.key.read_bytes() + paper.certificate.read_bytes())
    assert read(paper.certificate, paper.key) == (["own"], [])
    assert read(both) == (["own"], [])


def test_pkcs12_with_a_passphrase_is_read(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = paper.load()
    file = paper.key.with_suffix(".p12")
    file.write_bytes(
        serialize_key_and_certificates(
            b"own", key, certificate, None, BestAvailableEncryption("Schlüssel".encode())
        )
    )
    monkeypatch.setenv(VARIABLE, "Schlüssel")
    assert read(file) == (["own"], [])


def test_an_expired_one_is_taken_since_it_is_worth_a_try(office: Office) -> None:
    old = office.issue("old", valid_for=timedelta(days=1))
    assert read(old.certificate, old.key) == (["old"], [])


def test_an_encrypted_key_opens_with_the_passphrase_in_the_environment(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "Schlüssel")
    assert read(paper.certificate, encrypted(paper)) == (["own"], [])
    monkeypatch.setenv(VARIABLE, "hush")
    _, (problem,) = read(paper.certificate, encrypted(paper))
    assert problem.endswith(f"is encrypted, and {VARIABLE} is not its passphrase")
    assert "hush" not in problem


def test_an_encrypted_key_without_anybody_to_ask_is_a_problem(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("wattgate.cli.passphrases.somebody_is_there", lambda: False)
    _, (problem,) = read(paper.certificate, encrypted(paper))
    assert problem.startswith("--certificate: ")
    assert f"is encrypted: {VARIABLE} has to say its passphrase" in problem


def test_a_passphrase_is_asked_for_at_the_terminal_and_not_shown(paper: Paper) -> None:
    status, shown = run_on_terminal(
        WATTGATE,
        *("wallbox", "--id", "CP1", "--backend", "wss://127.0.0.1:1/"),
        *("--certificate", paper.certificate, "--private-key", encrypted(paper)),
        folder=paper.key.parent,
        prompt="Passphrase of [^:]*: ",  # the blank comes when it no longer shows what is typed
        answer="not this one",
        **{VARIABLE: ""},
    )
    assert status == 2
    assert shown.count("That passphrase is wrong.") == 2
    assert "none of 3 passphrases was right" in shown
    assert "not this one" not in shown


def test_a_key_that_does_not_belong_to_the_certificate_is_a_problem(
    office: Office, paper: Paper
) -> None:
    other = office.issue("other")
    found, (problem,) = read(paper.certificate, other.key)
    assert found == []
    assert problem == (
        f"--certificate: {paper.certificate}, {other.key}: private key: does not match: none of "
        "the certificates was made for this key"
    )


def test_a_certificate_alone_is_a_problem(paper: Paper) -> None:
    _, (problem,) = read(paper.certificate)
    assert problem.endswith("private key: is missing: there is none in what was given")


def test_files_that_are_not_there_are_all_named(tmp_path: Path) -> None:
    _, problems = read(tmp_path / "a", tmp_path / "b")
    assert problems == [
        f"--certificate: {tmp_path / name} cannot be read: No such file or directory"
        for name in ("a", "b")
    ]


def test_several_authorities_are_read_and_what_is_wrong_with_any_is_said(
    office: Office, tmp_path: Path
) -> None:
    one, two = office.root("one"), office.root("two")
    old = office.issue("old", valid_for=timedelta(days=1))
    problems: list[Problem] = []
    files = [one.certificate, old.certificate, two.certificate, Path(os.devnull)]
    entries = authorities_from("--ca", files, NOW, problems)
    assert [entry.held.facts.common_name for entry in entries] == ["one", "two"]
    assert list(map(str, problems)) == [
        f'--ca: {old.certificate}: certificate "old": has expired: it was valid until '
        "2020-01-03 03:04 UTC",
        f"--ca: {os.devnull}: file: is empty",
    ]
