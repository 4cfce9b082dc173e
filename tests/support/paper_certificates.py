"""Certificates on paper: texts that say what they are, for tests in virtual time.

`certificate("Root")` is one, `csr_of(...)` reads what a request asks for, `signed(...)` answers it.
A text with "expired" in its name has expired, and anything that is no such text is unreadable.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from wattgate.core.errors import ConfigError, Problem
from wattgate.core.security.certificates import (
    SERVER_SET,
    CertificateFacts,
    HashData,
    Held,
    KeyKind,
    Origin,
    Role,
)
from wattgate.ports.certificates import Issued, IssuedEntry, Material
from wattgate.ports.store import StoreFailed

_PAPER = re.compile(r"-----BEGIN (CERTIFICATE(?: REQUEST)?)-----\n(.*)\n-----END \1-----\n?")


def certificate(name: str, key: str = "") -> str:
    """A certificate for whoever has that name; `key` ties it to a request."""
    return _paper("CERTIFICATE", {"name": name, "key": key})


def csr_of(text: str) -> dict[str, str]:
    """What a request says: `name`, `organisation` and `key`."""
    found = _PAPER.fullmatch(text)
    if found is None or found[1] != "CERTIFICATE REQUEST":
        raise ConfigError([Problem("request", "is no certificate request")])
    said: dict[str, str] = json.loads(found[2])
    return said


def request(name: str, organisation: str = "", key: str = "1") -> str:
    """A request for a certificate."""
    return _paper("CERTIFICATE REQUEST", {"name": name, "organisation": organisation, "key": key})


def signed(csr: str) -> str:
    """The certificate that answers a request."""
    said = csr_of(csr)
    return certificate(said["name"], said["key"])


def facts_of(text: str) -> CertificateFacts:
    """What a certificate says; raises ConfigError where it is none, or has expired."""
    found = _PAPER.fullmatch(text)
    if found is None or found[1] != "CERTIFICATE":
        raise ConfigError([Problem("certificate", "cannot be read")])
    name = json.loads(found[2])["name"]
    if "expired" in name:
        raise ConfigError([Problem("certificate", "has expired")])
    print_ = hashlib.sha256(text.strip().encode()).hexdigest()
    return CertificateFacts(
        subject=f"CN={name}",
        common_name=name,
        issuer="CN=Paper",
        names=(),
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2036, 1, 1, tzinfo=UTC),
        serial_number=print_[:8],
        fingerprint=print_,
        key="ECDSA P-256",
        version=3,
        is_authority=False,
        is_self_signed=False,
    )


def hash_data_of(text: str, algorithm: str = "SHA256") -> HashData:
    """How OCPP names a certificate."""
    facts = facts_of(text)
    return HashData(algorithm, "0a" * 32, facts.fingerprint, facts.serial_number)


@dataclass
class PaperCertificates:
    """Implements ports.certificates.Certificates; `is_full` lets nothing more be stored.

    `refuses_names`: no name is good enough for a request.
    """

    is_full: bool = False
    refuses_names: bool = False
    sets: dict[str, list[tuple[Held, str]]] = field(default_factory=dict)
    former: dict[str, list[tuple[Held, str]]] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    count: int = 0

    def set_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((SERVER_SET, *self.sets)))

    def held(self, set_name: str) -> tuple[Held, ...]:
        found = [held for held, _ in self.sets.get(set_name, [])]
        return tuple(sorted(found, key=lambda each: each.role is Role.AUTHORITY))

    def names(self, set_name: str) -> list[str]:
        """The common names of everything that a set holds."""
        return [held.facts.common_name for held in self.held(set_name)]

    def pem(self, set_name: str, certificate_id: str) -> str | None:
        for held, text in self.sets.get(set_name, []):
            if held.facts.id == certificate_id:
                return text
        return None

    async def import_own(
        self, set_name: str, material: Material, origin: Origin = Origin.IMPORTED
    ) -> tuple[Held, ...]:
        (text,) = (part.decode() for part in material.parts)
        held = Held(Role.OWN, origin, facts_of(text))
        self._put_own(set_name, [(held, text)])
        return (held,)

    async def import_authorities(
        self, set_name: str, material: Material, origin: Origin = Origin.IMPORTED
    ) -> tuple[Held, ...]:
        self._store()
        texts = [part.decode() for part in material.parts]
        new = [(Held(Role.AUTHORITY, origin, facts_of(text)), text) for text in texts]
        there = self.sets.setdefault(set_name, [])
        ids = {held.facts.id for held, _ in there}
        there += [each for each in new if each[0].facts.id not in ids]
        return tuple(held for held, _ in new)

    async def remove(self, set_name: str, certificate_id: str) -> Held | None:
        self._store()
        there = self.sets.get(set_name, [])
        for each in there:
            if each[0].facts.id == certificate_id:
                there.remove(each)
                self.removed.append(each[0].facts.common_name)
                return each[0]
        return None

    def hash_data(self, set_name: str, algorithm: str) -> tuple[tuple[HashData, Held], ...]:
        return tuple(
            (hash_data_of(text, algorithm), held)
            for held, text in self.sets.get(set_name, [])
            if held.role is Role.AUTHORITY
        )

    async def begin_request(self, set_name: str, common_name: str, organisation: str) -> str:
        self._store()
        if self.refuses_names:
            raise ConfigError([Problem("common name", "fits no certificate")])
        self.count += 1
        self.requests[set_name] = f"key {self.count}"
        return request(common_name, organisation, self.requests[set_name])

    async def finish_request(self, set_name: str, chain_pem: str) -> Held:
        self._store()
        facts = facts_of(chain_pem)
        found = _PAPER.fullmatch(chain_pem)
        key = self.requests.get(set_name)
        if found is None or key is None or json.loads(found[2])["key"] != key:
            raise ConfigError([Problem("certificate", "fits no request of ours")])
        del self.requests[set_name]
        held = Held(Role.OWN, Origin.INSTALLED, facts)
        self.former[set_name] = self._put_own(set_name, [(held, chain_pem)])
        return held

    async def swap_former(self, set_name: str) -> None:
        self._store()
        former = self.former.get(set_name, [])
        self.former[set_name] = self._put_own(set_name, former)

    async def forget_former(self, set_name: str) -> None:
        self._store()
        self.former.pop(set_name, None)

    def _put_own(self, set_name: str, new: list[tuple[Held, str]]) -> list[tuple[Held, str]]:
        there = self.sets.get(set_name, [])
        before = [each for each in there if each[0].role is Role.OWN]
        self.sets[set_name] = [*new, *(each for each in there if each not in before)]
        return before

    def _store(self) -> None:
        if self.is_full:
            raise StoreFailed("no space left")


@dataclass
class PaperAuthority:
    """Implements ports.certificates.Authority; it exists from the start unless `name` is ""."""

    name: str = "Paper Root"
    entries: list[IssuedEntry] = field(default_factory=list)

    def certificate(self) -> CertificateFacts | None:
        return facts_of(certificate(self.name)) if self.name else None

    def certificate_pem(self) -> str | None:
        return certificate(self.name) if self.name else None

    def issued(self) -> tuple[IssuedEntry, ...]:
        return tuple(reversed(self.entries))

    async def create(
        self, common_name: str, organisation: str, days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> CertificateFacts:
        self.name = common_name
        return facts_of(certificate(common_name))

    async def issue_server(
        self, names: Sequence[str], days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> Issued:
        return self._issued("server", certificate(names[0]), "key")

    async def issue_client(
        self, common_name: str, organisation: str, days: int, kind: KeyKind = KeyKind.ECDSA
    ) -> Issued:
        return self._issued("client", certificate(common_name), "key")

    async def sign_client(
        self, request: bytes, days: int, common_names: Sequence[str] = ()
    ) -> Issued:
        await asyncio.sleep(0)  # others get their turn, as while a real one signs
        name = csr_of(request.decode())["name"]
        if common_names and name.casefold() not in map(str.casefold, common_names):
            raise ConfigError([Problem("request", f"names {name}, not {common_names[0]}")])
        return self._issued("client", signed(request.decode()))

    def as_pkcs12(self, issued: Issued, passphrase: str) -> bytes:
        return issued.certificate_pem.encode()

    async def revoke(self, certificate_id: str) -> IssuedEntry | None:
        return next((each for each in self.entries if each.facts.id == certificate_id), None)

    def _issued(self, purpose: str, text: str, key: str | None = None) -> Issued:
        facts = facts_of(text)
        self.entries.append(IssuedEntry(facts, purpose, is_revoked=False))
        return Issued(facts, text, key)


def _paper(kind: str, said: dict[str, str]) -> str:
    return f"-----BEGIN {kind}-----\n{json.dumps(said)}\n-----END {kind}-----\n"
